// Wrong input, servers that are away, and servers that break the rules: each is told as
// what it is, where it happened, and leaves nothing behind.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { CAROL, PATHS, startFaultyNetwork } from './support/faulty-network.mjs'
import { activeAccount, rowsOf, storedSessions } from './support/indexed-db.mjs'
import { errorOf, valueOf } from './support/page.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const faulty = await startFaultyNetwork()
after(() => faulty.stop())

/** The options of a client that lives in the faulty network. */
const client = { handleResolver: faulty.origin, plcDirectoryUrl: faulty.origin }

/** `authorize` is `signIn` without leaving the page, so that there is a page left to ask. */
function authorize(page, input, options = {}) {
  return errorOf(page, async ({ input, options }) => String(await makeClient(options).authorize(input)), { input, options })
}

async function assertNothingKept(page) {
  assert.deepEqual(await rowsOf(page, 'state'), [], 'no started sign-in')
  assert.deepEqual(await storedSessions(page), [], 'no session')
  assert.equal(await activeAccount(page), null, 'no active account')
}

test('The network with no fault leads to its authorization page', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  for (const input of [CAROL.handle, CAROL.did, faulty.origin]) {
    const url = await valueOf(page, async ({ input, client }) => String(await makeClient(client).authorize(input)), { input, client })
    const { origin, pathname, searchParams } = new URL(url)
    assert.deepEqual([origin, pathname, [...searchParams.keys()].sort()], [faulty.origin, '/authorize', ['client_id', 'request_uri']])
  }
  assert.equal((await rowsOf(page, 'state')).length, 3, 'a started sign-in is what the other tests find none of')
})

for (const [what, input, code] of [
  ['An empty input', '', 'INVALID_HANDLE'],
  ['A name with spaces', 'al ice.test', 'INVALID_HANDLE'],
  ['An at sign alone', '@', 'INVALID_HANDLE'],
  ['A handle under a reserved domain', 'alice.local', 'RESERVED_NAME'],
  ['The handle of those who have none', ' @Handle.invalid', 'RESERVED_NAME'],
  ['A word that is no handle', 'alice', 'INVALID_HANDLE'],
  ['A DID of an unknown method', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme', undefined],
  ['A URL of nothing', 'https://', undefined],
  ['Markup', '<script>alert(1)</script>', 'INVALID_HANDLE'],
]) {
  test(`${what} is refused before anything is sent`, async (t) => {
    const { page, outgoing } = await world.visitor(t)
    const error = await authorize(page, input)
    assertTyped(error, { retryable: false, ...(code && { code, step: 'input' }) })
    assert.ok(error.help, 'and what to type instead')
    assert.deepEqual(outgoing(), [])
    await assertNothingKept(page)
  })
}

test('What people paste is what they mean', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  for (const input of [`\u202a@${CAROL.handle.toUpperCase()}\u202c\n`, `at://${CAROL.handle}/`, `\u200b${CAROL.did} `, ` ${faulty.origin.replace('http', 'Http')}/`]) {
    const url = await valueOf(page, async ({ input, client }) => String(await makeClient(client).authorize(input)), { input, client })
    assert.equal(new URL(url).origin, faulty.origin, input)
  }
  const error = await authorize(page, 'al\u202eice')
  assert.equal(error.message, 'Failed to resolve identity: alice', 'the mark is left out')
  const shown = await authorize(page, 'al\u0000ice')
  assert.equal(shown.message, 'Failed to resolve identity: al\\u{0}ice')
})

test('An input that is no string is refused as a programmer\'s error', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  for (const input of [null, 42, { handle: 'alice.test' }]) {
    assertIsA(await authorize(page, input), 'TypeError')
  }
  assert.deepEqual(outgoing(), [])
})

test('A handle nobody has is told as not found, by the resolver asked', async (t) => {
  const { page } = await world.visitor(t)
  const error = await authorize(page, 'nobody.test')
  assertIsA(error, 'OAuthResolverError')
  assertTyped(error, { code: 'HANDLE_NOT_FOUND', step: 'handle', retryable: false })
  assert.ok(error.url.startsWith(`${world.info.pdsUrl}${PATHS.handle}`), error.url)
  assert.ok(error.help)
  await assertNothingKept(page)
})

test('A DID nobody has is told as not found, by the directory asked', async (t) => {
  const { page } = await world.visitor(t)
  const error = await authorize(page, 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')
  assertIsA(error, 'OAuthResolverError')
  assertTyped(error, { code: 'DID_NOT_FOUND', step: 'did', retryable: false })
  assert.ok(error.url.startsWith(`${world.info.plcUrl}/did`), error.url)
  await assertNothingKept(page)
})

test('A server that is away is worth another try', async (t) => {
  const { page } = await world.visitor(t)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const away = `http://127.0.0.1:${server.address().port}`
  await new Promise((done) => server.close(done))

  const asPds = await authorize(page, away)
  assertTyped(asPds, { code: 'NETWORK_UNREACHABLE', step: 'resource', retryable: true, url: `${away}${PATHS.resource}` })
  const asResolver = await authorize(page, 'alice.test', { handleResolver: away })
  assertTyped(asResolver, { code: 'NETWORK_UNREACHABLE', step: 'handle', retryable: true })
  assert.ok(asResolver.url.startsWith(away))
  const asDirectory = await authorize(page, 'alice.test', { plcDirectoryUrl: away })
  assertTyped(asDirectory, { code: 'NETWORK_UNREACHABLE', step: 'did', retryable: true })
  assert.ok(asDirectory.url.startsWith(away))
  await assertNothingKept(page)
})

test('A server that says nothing is waited for as long as the app says', async (t) => {
  const { page } = await world.visitor(t)
  const sockets = new Set()
  const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  await once(silent, 'listening')
  const handleResolver = `http://localhost:${silent.address().port}`
  const error = await authorize(page, 'alice.test', { handleResolver, timeouts: { metadata: 300 } })
  assertTyped(error, { code: 'NETWORK_TIMEOUT', step: 'handle', retryable: true })
  await assertNothingKept(page)
})

for (const options of [{ timeouts: { metadata: 0 } }, { timeouts: { token: 'long' } }, { timeouts: { token: 2 ** 31 } },
  { refreshIn: 'the cloud' }, { refreshIn: 7 }, { responseMode: 'form_post' }]) {
  test(`The option ${JSON.stringify(options)} is refused before anything is sent`, async (t) => {
    const { page, outgoing } = await world.visitor(t)
    assertTyped(await authorize(page, 'alice.test', options), { code: 'OPTION_INVALID', step: 'configure', retryable: false })
    assert.deepEqual(outgoing(), [])
  })
}

test('Without allowHttp, a server on plain http is refused', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  const byUrl = await authorize(page, world.info.pdsUrl, { allowHttp: false })
  assertTyped(byUrl, { code: 'HTTP_NOT_ALLOWED', retryable: false })
  assert.deepEqual(outgoing(), [], 'nothing is sent to it')
  const byHandle = await authorize(page, 'alice.test', { allowHttp: false })
  assertTyped(byHandle, { code: 'HTTP_NOT_ALLOWED', step: 'resource', retryable: false })
  await assertNothingKept(page)
})

const html = { type: 'text/html', body: '<!doctype html><title>A site</title>' }
const huge = { type: 'application/json', body: JSON.stringify({ padding: 'x'.repeat(300 * 1024) }) }
const brokenJson = { type: 'application/json', body: '{"issuer": ' }
const down = { status: 503, type: 'text/plain', body: 'Down for maintenance' }
const elsewhere = (part) => ({ status: 302, headers: { location: `${faulty.origin}${PATHS[part]}?moved` } })
const without = (...members) => (good) => Object.fromEntries(Object.entries(good).filter(([name]) => !members.includes(name)))
const having = (changed) => (good) => ({ ...good, ...changed })

/** What is wrong, in which answer, the code it has to have, and whether trying again may help. */
const FAULTS = [
  ['is an HTML page', 'handle', html, 'RESPONSE_CONTENT_TYPE'],
  ['is an HTML page', 'did', html, 'RESPONSE_CONTENT_TYPE'],
  ['is an HTML page', 'resource', html, 'SERVER_WITHOUT_OAUTH'],
  ['is an HTML page', 'issuer', html, 'SERVER_WITHOUT_OAUTH'],
  ['is an HTML page', 'par', html, 'RESPONSE_CONTENT_TYPE'],
  ['is over 256 KiB', 'did', huge, 'RESPONSE_TOO_LARGE'],
  ['is over 256 KiB', 'resource', huge, 'RESPONSE_TOO_LARGE'],
  ['is over 256 KiB', 'issuer', huge, 'RESPONSE_TOO_LARGE'],
  ['is broken JSON', 'issuer', brokenJson, 'RESPONSE_NOT_JSON'],
  ['redirects elsewhere', 'did', elsewhere('did'), 'RESPONSE_REDIRECTED'],
  ['redirects elsewhere', 'resource', elsewhere('resource'), 'SERVER_WITHOUT_OAUTH'],
  ['redirects elsewhere', 'issuer', elsewhere('issuer'), 'SERVER_WITHOUT_OAUTH'],
  ['is missing', 'issuer', { status: 404, type: 'text/plain' }, 'SERVER_WITHOUT_OAUTH'],
  ['is not implemented', 'resource', { status: 501, type: 'application/json', body: '{"error":"MethodNotImplemented"}' }, 'SERVER_WITHOUT_OAUTH'],
  ['is another document', 'issuer', { type: 'application/json', body: '{"status":"ok"}' }, 'SERVER_WITHOUT_OAUTH'],
  ['says "maintenance"', 'resource', down, 'RESPONSE_STATUS', true],
  ['names no account', 'handle', () => ({ did: 'nobody' }), 'HANDLE_RESOLUTION_INVALID'],
  ['has another handle', 'did', having({ alsoKnownAs: ['at://dave.test'] }), 'HANDLE_MISMATCH'],
  ['is of another account', 'did', having({ id: 'did:plc:daaaaaaaaaaaaaaaaaaaaaaa' }), 'DID_DOCUMENT_MISMATCH'],
  ['is of another server', 'resource', having({ resource: 'https://example.com' }), 'RESOURCE_METADATA_MISMATCH'],
  ['names no authorization server', 'resource', having({ authorization_servers: [] }), 'NO_AUTHORIZATION_SERVER'],
  ['names two authorization servers', 'resource', having({ authorization_servers: [faulty.origin, 'https://example.com'] }),
    'SEVERAL_AUTHORIZATION_SERVERS'],
  ['is of another issuer', 'issuer', having({ issuer: 'https://example.com' }), 'ISSUER_METADATA_MISMATCH'],
  ['lacks the atproto scope', 'issuer', having({ scopes_supported: ['openid'] }), 'SERVER_LACKS_ATPROTO_SCOPE'],
  ['lists no scopes', 'issuer', without('scopes_supported'), 'SERVER_LACKS_ATPROTO_SCOPE'],
  ['lacks S256', 'issuer', having({ code_challenge_methods_supported: ['plain'] }), 'SERVER_LACKS_S256'],
  ['lacks ES256 for DPoP', 'issuer', having({ dpop_signing_alg_values_supported: ['RS256'] }), 'SERVER_LACKS_ES256'],
  ['lacks the iss parameter', 'issuer', without('authorization_response_iss_parameter_supported'), 'SERVER_LACKS_ISS_PARAMETER'],
  ['lacks client metadata documents', 'issuer', without('client_id_metadata_document_supported'), 'SERVER_LACKS_CLIENT_ID_METADATA'],
  ['lacks a PAR endpoint', 'issuer', without('pushed_authorization_request_endpoint'), 'NO_PAR_ENDPOINT'],
  ['lacks public clients', 'issuer', having({ token_endpoint_auth_methods_supported: ['private_key_jwt'] }), 'SERVER_LACKS_PUBLIC_CLIENTS'],
  ['does not protect the server', 'issuer', having({ protected_resources: ['https://example.com'] }), 'RESOURCE_NOT_PROTECTED'],
  ['is a refusal', 'par', { status: 400, type: 'application/json', body: '{"error":"invalid_scope","error_description":"Not that"}' },
    'OAUTH_REFUSED'],
  ['is a refusal for now', 'par', { status: 503, type: 'application/json', body: '{"error":"temporarily_unavailable"}' },
    'OAUTH_REFUSED', true],
  ['has no request_uri', 'par', without('request_uri'), 'PAR_RESPONSE_INVALID'],
]

const DOCUMENTS = { handle: 'answer about a handle', did: 'DID document', resource: 'resource metadata', issuer: 'server metadata',
  par: 'answer to the pushed request' }

for (const [part, document] of Object.entries(DOCUMENTS)) {
  test(`Each fault in the ${document} has its own code, and names its step and address`, async (t) => {
    const { page } = await world.visitor(t)
    for (const [what, where, fault, code, retryable = false] of FAULTS) {
      if (where !== part) continue
      await t.test(`the ${document} ${what}: ${code}`, async () => {
        faulty.restore()
        faulty.set(part, fault)
        await forgetDocuments(page)
        const error = await authorize(page, CAROL.handle, client)
        assertTyped(error, { code, step: part, retryable })
        assert.ok(sameAddress(error.url, faulty.origin + PATHS[part]), error.url)
        assert.ok(error.help)
        await assertNothingKept(page)
      })
    }
  })
}

test('An endless demand for a nonce ends after one more try', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  faulty.set('par', { status: 400, type: 'application/json', headers: { 'dpop-nonce': 'never-enough' }, body: '{"error":"use_dpop_nonce"}' })
  const error = await authorize(page, CAROL.handle, client)
  assertIsA(error, 'OAuthResponseError')
  assertTyped(error, { step: 'par', error: 'use_dpop_nonce' })
  // One ahead, for the nonce; and one more try, where that nonce came too late for the first.
  const tries = faulty.requests.filter((request) => request === 'POST /par').length
  assert.ok(tries === 2 || tries === 3, `and not ${tries}`)
  await assertNothingKept(page)
})

test('A server without resource metadata is taken for its own issuer', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  faulty.set('resource', { status: 404, type: 'text/plain' })
  for (const input of [CAROL.handle, faulty.origin]) {
    const url = await valueOf(page, async ({ input, client }) => String(await makeClient(client).authorize(input)), { input, client })
    assert.ok(url.startsWith(`${faulty.origin}/authorize?`))
  }
})

test('An aborted sign-in stops asking', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  const error = await errorOf(page, async () => {
    await makeClient().authorize('alice.test', { signal: AbortSignal.abort(new Error('changed my mind')) })
  })
  assert.match(JSON.stringify(error), /changed my mind/)
  assert.deepEqual(outgoing(), [])
  await assertNothingKept(page)
})

/** Whether two addresses are the same but for the query and the spelling of escapes. */
function sameAddress(one, other) {
  const [a, b] = [new URL(one), new URL(other)]
  return a.origin === b.origin && decodeURIComponent(a.pathname) === decodeURIComponent(b.pathname)
}

/** Empties the caches, so that the next sign-in asks the faulty network again. */
function forgetDocuments(page) {
  return page.evaluate(async () => {
    await window.client?.dispose()
    window.client = undefined
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = resolve
        request.onerror = request.onblocked = () => reject(new Error(`${name} is still open after dispose`))
      })
    }
  })
}
