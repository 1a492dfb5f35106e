// What an app can give wrongly: each has a code, a step and help, and nothing is a bare `TypeError`.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { installPacked } from './packed.mjs'

const { folder } = installPacked()

// Node's fetch reads no files; the rest is offline.
const { fetch } = globalThis
after(() => { globalThis.fetch = fetch })
globalThis.fetch = async (input) => {
  const url = String(input.url ?? input)
  if (!url.startsWith('file:')) throw new TypeError('offline')
  return new Response(fs.readFileSync(fileURLToPath(url)), { headers: { 'content-type': 'application/wasm' } })
}
const api = await import(path.join(folder, 'index.js'))

const clientMetadata = {
  client_id: 'https://app.example.com/client.json', redirect_uris: ['https://app.example.com/cb'], scope: 'atproto',
  token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true,
}
const options = { clientMetadata, handleResolver: 'https://pds.example.com' }
const client = (change) => new api.BrowserOAuthClient({ ...options, ...change })

/** Where the class, and so the code, is the official client's. */
const OFFICIAL = { 'did-invalid': true }

async function assertTyped(call, code) {
  const error = await Promise.resolve().then(call).then((value) => assert.fail(`it gave ${JSON.stringify(value)}`), (error) => error)
  const { message, step, help, retryable } = error
  const shown = `${error.stack}\n${JSON.stringify({ code: error.code, step, help, retryable })}`
  assert.ok(error instanceof Error, shown)
  assert.equal(error.code, code, shown)
  assert.ok(OFFICIAL[code] || /^[A-Z][A-Z0-9_]+$/.test(error.code), shown)
  assert.ok(message && !/undefined \(|is not a function|Cannot (read|destructure)|not iterable/.test(message), shown)
  assert.equal(typeof step, 'string', shown)
  assert.ok(help?.length > 10, shown)
  assert.equal(retryable, false, shown)
}

const NOT_TEXTS = [undefined, null, 42, {}, ['x'], Symbol('x')]

const OPTIONS = {
  'no options': [() => new api.BrowserOAuthClient().restore('did:plc:x'), 'NO_HANDLE_RESOLVER'],
  'options that are null': [() => new api.BrowserOAuthClient(null).accounts(), 'NO_HANDLE_RESOLVER'],
  'options that are a text': [() => new api.BrowserOAuthClient('https://app.example.com/client.json').init(), 'NO_HANDLE_RESOLVER'],
  'handleResolver: null': [() => client({ handleResolver: null }).init(), 'NO_HANDLE_RESOLVER'],
  'handleResolver: {}': [() => client({ handleResolver: {} }).init(), 'OPTION_INVALID'],
  'handleResolver: 42': [() => client({ handleResolver: 42 }).init(), 'OPTION_INVALID'],
  'a handleResolver without a method': [() => client({ handleResolver: { resolve: 42 } }).init(), 'OPTION_INVALID'],
  'a didResolver without a method': [() => client({ didResolver: {} }).init(), 'OPTION_INVALID'],
  'an identityResolver that is a text': [() => client({ identityResolver: 'https://pds.example.com' }).init(), 'OPTION_INVALID'],
  'a fetch that is none': [() => client({ fetch: 'fetch' }).init(), 'OPTION_INVALID'],
  'a hook that is none': [() => client({ onSessionDeleted: true }).init(), 'OPTION_INVALID'],
  'no metadata where there is no page': [() => client({ clientMetadata: undefined }).init(), 'NOT_LOOPBACK'],
  'metadata that are null where there is no page': [() => client({ clientMetadata: null }).init(), 'NOT_LOOPBACK'],
  'metadata that are a text': [() => client({ clientMetadata: 'x' }).init(), 'CLIENT_METADATA_INVALID'],
  'metadata without anything': [() => client({ clientMetadata: {} }).init(), 'CLIENT_ID_INVALID'],
  'load without options': [() => api.BrowserOAuthClient.load(), 'CLIENT_ID_INVALID'],
  'load of null': [() => api.BrowserOAuthClient.load(null), 'CLIENT_ID_INVALID'],
  'load without a client id': [() => api.BrowserOAuthClient.load({}), 'CLIENT_ID_INVALID'],
  'load of a loopback id without a resolver': [async () => (await api.BrowserOAuthClient.load({ clientId: 'http://localhost' })).init(), 'NO_HANDLE_RESOLVER'],
  'fetchMetadata without options': [() => api.BrowserOAuthClient.fetchMetadata(), 'CLIENT_ID_INVALID'],
  'fetchMetadata with a fetch that is none': [() => api.BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost', fetch: {} }), 'OPTION_INVALID'],
  'fetchMetadata with a signal that is none': [() => api.BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost', signal: {} }), 'OPTION_INVALID'],
  'the metadata of a client without a page': [() => client({ clientMetadata: undefined }).clientMetadata, 'NOT_LOOPBACK'],
  'a loopback id of no page': [() => api.buildLoopbackClientId(), 'NOT_LOOPBACK'],
  'a loopback id of another page': [() => api.buildLoopbackClientId(new URL('https://app.example.com/')), 'NOT_LOOPBACK'],
  'a loopback id that is none': [() => api.parseAtprotoLoopbackClientId(null), 'LOOPBACK_CLIENT_ID_INVALID'],
  'metadata of a loopback id that is none': [() => api.atprotoLoopbackClientMetadata(), 'LOOPBACK_CLIENT_ID_INVALID'],
  'a loopback scope that is no text': [() => api.buildAtprotoLoopbackClientId({ scope: 42 }), 'CLIENT_LACKS_ATPROTO_SCOPE'],
  'loopback redirect URIs that are no list': [() => api.buildAtprotoLoopbackClientId({ redirect_uris: 42 }), 'LOOPBACK_CLIENT_ID_INVALID'],
  'a loopback redirect URI that is none': [() => api.buildAtprotoLoopbackClientMetadata({ redirect_uris: [null] }), 'LOOPBACK_CLIENT_ID_INVALID'],
  'a resolver of no server': [() => new api.XrpcHandleResolver(), 'OPTION_INVALID'],
  'a resolver over DNS of no server': [() => new api.AtprotoDohHandleResolver(null), 'OPTION_INVALID'],
  'a resolver over DNS of what is no URL': [() => new api.AtprotoDohHandleResolver('dns'), 'OPTION_INVALID'],
}
for (const [what, [call, code]] of Object.entries(OPTIONS)) test(`${what}: ${code}`, () => assertTyped(call, code))

for (const name of ['signIn', 'signInRedirect', 'signInPopup']) {
  test(`${name} where there is no page: PAGE_ONLY`, () => assertTyped(() => client()[name]('alice.test', { display: name === 'signInPopup' ? 'popup' : undefined }), 'PAGE_ONLY'))
}
test('signIn in a popup where there is no page: PAGE_ONLY', () => assertTyped(() => client().signIn('alice.test', { display: 'popup' }), 'PAGE_ONLY'))

for (const value of NOT_TEXTS) {
  const shown = String(value?.toString?.() ?? value)
  test(`authorize(${shown}): ARGUMENT_INVALID`, () => assertTyped(() => client().authorize(value), 'ARGUMENT_INVALID'))
  for (const name of ['restore', 'switchTo', 'revoke', 'forget']) {
    test(`${name}(${shown}): did-invalid`, () => assertTyped(() => client()[name](value), 'did-invalid'))
  }
}
for (const value of [undefined, null]) {
  test(`callback(${value}): ARGUMENT_INVALID`, () => assertTyped(() => client().callback(value), 'ARGUMENT_INVALID'))
  test(`initCallback(${value}): CALLBACK_NO_PARAMETERS`, () => assertTyped(() => client().initCallback(value), 'CALLBACK_NO_PARAMETERS'))
}
for (const value of ['', 42, {}]) {
  test(`callback(${JSON.stringify(value)}): CALLBACK_NO_STATE`, () => assertTyped(() => client().callback(value), 'CALLBACK_NO_STATE'))
}
test('authorize with a signal that is none: OPTION_INVALID', () => assertTyped(() => client().authorize('alice.test', { signal: true }), 'OPTION_INVALID'))
test('authorize with a parameter that has no JSON: OPTION_INVALID', () => {
  const itself = {}
  itself.itself = itself
  return assertTyped(() => client().authorize('alice.test', { authorization_details: [itself] }), 'OPTION_INVALID')
})

for (const value of [undefined, null, 42, {}]) {
  test(`fetchHandler(${JSON.stringify(value)}): ARGUMENT_INVALID, before anything is sent`, () => {
    const session = new api.OAuthSession({ did: 'did:plc:z72i7hdynmk6r22z27h6tvur', restore: () => Promise.reject(new Error('not needed')) })
    return assertTyped(() => session.fetchHandler(value), 'ARGUMENT_INVALID')
  })
}

test('authorize with null for options asks for what was meant', async () => {
  const error = await client().authorize('alice.example.com', null).catch((error) => error)
  assert.equal(error.code, 'NETWORK_UNREACHABLE', error.stack)
})

test('getters answer where there is no page', () => {
  const someone = client({ clientMetadata: undefined })
  assert.equal(someone.findRedirectUrl(), undefined)
  assert.equal(someone.readCallbackParams(), null)
  assert.equal(someone.responseMode, 'fragment')
  assert.equal(someone.persistence, 'durable')
  assert.equal(someone.active, undefined)
  assert.deepEqual(someone.jwks, { keys: [] })
  assert.equal(typeof someone.identityResolver.resolve, 'function')
})

test('metadata that are malformed have no redirect URI of the page, and nothing is thrown', () => {
  globalThis.location = new URL('https://app.example.com/cb')
  for (const redirect_uris of [undefined, [], ['x', null, 42]]) {
    assert.equal(client({ clientMetadata: { redirect_uris } }).findRedirectUrl(), undefined)
  }
  assert.equal(client().findRedirectUrl(), 'https://app.example.com/cb')
  delete globalThis.location
})

test('identityResolver.resolve of what is no text: INVALID_HANDLE', () => assertTyped(() => client().identityResolver.resolve(null), 'INVALID_HANDLE'))
