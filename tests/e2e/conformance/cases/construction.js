// Section "Construction": options, client metadata, loopback clients.
import { equal, isError, match, rejected } from '../expect.js'
import { HTML, REDIRECT, RESOLVER, json } from '../network.js'

const loopbackError = (w, id) => rejected(() => w.lib.parseAtprotoLoopbackClientId(id), id)
const CLIENT_ID = 'https://app.example.com/client-metadata.json'

const published = (change) => ({
  client_id: CLIENT_ID, redirect_uris: ['https://app.example.com/'], scope: 'atproto', response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true, ...change,
})

async function load(w, clientId, answer) {
  if (answer) w.network.on('other', answer)
  return w.lib.BrowserOAuthClient.load({ ...w.options({ clientMetadata: undefined }), clientId })
}

/** The client id under which a client without metadata presents itself, and where it wants to be sent back to. */
async function defaultIdentity(w) {
  const client = w.client({ clientMetadata: undefined })
  await client.authorize('alice.example.com')
  const { client_id: id, redirect_uri: redirectUri } = w.network.to('par')[0].form
  return { id, redirectUri }
}

export const cases = {
  'F1 no handle resolver and no identity resolver is a TypeError': async (w) => {
    isError(await w.configurationError({ handleResolver: undefined }), TypeError, 'identityResolver or handleResolver option is required')
  },
  'F2 response mode form_post is a TypeError': async (w) => {
    isError(await w.configurationError({ responseMode: 'form_post' }), TypeError, 'Invalid response mode: form_post')
  },
  'F3 client metadata given as a string is refused': async (w) => {
    isError(await w.configurationError({ clientMetadata: CLIENT_ID }), Error)
  },
  'F4 a scope without atproto, or none, is a TypeError': async (w) => {
    for (const scope of ['transition:generic', undefined]) {
      isError(await w.metadataError({ scope }), TypeError, 'Client metadata must include the "atproto" scope')
    }
  },
  'F5 a scope that only contains the letters of atproto is a TypeError': async (w) => {
    isError(await w.metadataError({ scope: 'notatproto' }), TypeError, 'Client metadata must include the "atproto" scope')
  },
  'F6 an omitted authentication method is client_secret_basic, which is unsupported': async (w) => {
    isError(await w.metadataError({ token_endpoint_auth_method: undefined }), TypeError,
      'Unsupported "token_endpoint_auth_method" value: client_secret_basic')
  },
  'F7 a signing algorithm for a client without authentication is a TypeError': async (w) => {
    isError(await w.metadataError({ token_endpoint_auth_signing_alg: 'ES256' }), TypeError,
      '"token_endpoint_auth_signing_alg" must not be provided when "token_endpoint_auth_method" is "none"')
  },
  'F8 private_key_jwt requires a keyset': async (w) => {
    const error = await w.metadataError({ token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' })
    isError(error, TypeError, 'Client authentication method "private_key_jwt" requires a keyset')
  },
  'F9 response types without code are a TypeError': async (w) => {
    isError(await w.metadataError({ response_types: ['none'] }), TypeError, '"response_types" must include "code"')
  },
  'F10 grant types without authorization_code are a TypeError': async (w) => {
    isError(await w.metadataError({ grant_types: ['refresh_token'] }), TypeError, '"grant_types" must include "authorization_code"')
  },
  // Stricter than the official client: the specification demands it, and no server takes such a document.
  'F11 metadata that does not ask for bound tokens is refused': async (w) => {
    for (const bound of [false, undefined]) isError(await w.metadataError({ dpop_bound_access_tokens: bound }), TypeError)
  },
  'F12 malformed client ids are refused': async (w) => {
    for (const id of ['https://192.0.2.7/client.json', 'https://app.example.com/', 'https://app.example.com/client/',
      'https://app.example.com/a/../client.json', 'https://app/client.json']) {
      const error = await w.configurationError({ clientMetadata: published({ client_id: id }) })
      isError(error, Error)
    }
  },
  'F13 localhost as redirect URI is refused': async (w) => {
    isError(await w.configurationError({ clientMetadata: published({ redirect_uris: ['http://localhost/cb'] }) }), Error)
  },
  'F14 a private-use redirect URI has one slash': async (w) => {
    const native = (uri) => ({ clientMetadata: published({ application_type: 'native', redirect_uris: [uri] }) })
    await w.client(native('com.example.app:/cb')).authorize('alice.example.com')
    equal(w.network.to('par')[0].form.redirect_uri, 'com.example.app:/cb')
    isError(await w.configurationError(native('com.example.app://cb')), Error)
  },
  'F15 without metadata, the client is the loopback client of its page': async (w) => {
    equal(await defaultIdentity(w), {
      id: `http://localhost?redirect_uri=${encodeURIComponent(w.redirectUri)}`, redirectUri: w.redirectUri,
    })
  },
  // Section I, "Fix": a page at another path than the root has an id without a path, and the path in its redirect URI.
  'F17 without metadata, a page at a path has an id without one': async (w) => {
    history.replaceState(null, '', '/app')
    const page = `${location.origin}/app`
    equal(await defaultIdentity(w), { id: `http://localhost?redirect_uri=${encodeURIComponent(page)}`, redirectUri: page })
  },
  'F18 buildLoopbackClientId names the loopback address, with the port in either form': async ({ lib }) => {
    const build = (hostname, port) => lib.buildLoopbackClientId({ hostname, port, pathname: '/' })
    const id = (host) => `http://localhost?redirect_uri=${encodeURIComponent(`http://${host}/`)}`
    equal(build('localhost', '99'), id('127.0.0.1:99'))
    equal(build('[::1]', ''), id('[::1]'))
    equal(build('127.0.0.1', ':99'), build('127.0.0.1', '99'))
  },
  'F19 malformed loopback ids are refused, each for its reason': async (w) => {
    for (const [id, reason] of [
      ['http://localhost:8080/', /Invalid loopback client ID/], ['http://localhost/app', /must not contain a path component/],
      ['http://localhost/#top', /must not contain a hash component/], ['http://localhost?color=red', /Unexpected query parameter "color"/],
      ['http://localhost?scope=atproto&scope=atproto', /Duplicate "scope" query parameter/],
      ['http://localhost?scope=openid', /must include "atproto" scope/],
      ['http://localhost?redirect_uri=http%3A%2F%2Flocalhost%2F', /Invalid loopback client ID|localhost/],
    ]) match((await loopbackError(w, id)).message, reason, id)
  },
  'F20 a loopback id that says nothing has the defaults': async ({ lib }) => {
    for (const id of ['http://localhost', 'http://localhost/', 'http://localhost?', 'http://localhost/?']) {
      const { scope, redirect_uris: uris } = lib.parseAtprotoLoopbackClientId(id)
      equal([scope, [...uris]], ['atproto', ['http://127.0.0.1/', 'http://[::1]/']], id)
    }
  },
  'F21 a loopback id omits the defaults, in whatever order': async ({ lib }) => {
    equal(lib.buildAtprotoLoopbackClientId({ scope: 'atproto', redirect_uris: ['http://[::1]/', 'http://127.0.0.1/'] }), 'http://localhost')
    equal(lib.buildAtprotoLoopbackClientId({ redirect_uris: ['http://127.0.0.1/'] }),
      'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2F')
    isError(await rejected(() => lib.buildAtprotoLoopbackClientId({ redirect_uris: [] })), TypeError)
  },
  'F22 the key set of a browser client is empty': async (w) => {
    equal(w.client().jwks, { keys: [] })
  },
  'F23 load refuses an id of another scheme': async (w) => {
    isError(await rejected(load(w, 'ftp://app.example.com/client.json')), TypeError, 'Invalid client id: ftp://app.example.com/client.json')
    equal(w.network.path, [])
  },
  'F24 load of a loopback id asks nobody': async (w) => {
    const client = await load(w, 'http://localhost')
    equal(w.network.path, [])
    await client.authorize('alice.example.com')
    equal(w.network.to('par')[0].form.client_id, 'http://localhost')
    await client.dispose()
  },
  'F25 load takes published metadata as it has to be served': async (w) => {
    for (const [answer, message] of [
      [{ status: 404, type: 'application/json', body: '{}' }, 'Failed to fetch client metadata: 404'],
      [HTML, 'Invalid client metadata content type: text/html'], [REDIRECT, undefined],
    ]) isError(await rejected(load(w, CLIENT_ID, answer)), Error, message)
    const client = await load(w, CLIENT_ID, { ...json(published()), type: 'application/json; charset=utf-8' })
    const last = w.network.log.at(-1)
    equal([last.method, last.url], ['GET', CLIENT_ID])
    await client.authorize('alice.example.com')
    equal(w.network.to('handle')[0].url.split('/xrpc')[0], RESOLVER)
    equal(w.network.to('par')[0].form.client_id, CLIENT_ID)
    await client.dispose()
  },
}
