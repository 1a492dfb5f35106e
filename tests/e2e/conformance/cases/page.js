// Section "URL/init": the address of the page, and what a page starts with.
import { equal, isError, rejected } from '../expect.js'
import { ALICE, UNREACHABLE, oauthError } from '../network.js'

/** Puts an answer to a started sign-in into the address. */
async function answered(w, { responseMode, change, address = (params) => `/?keep=1#${params}` } = {}) {
  const client = w.client({ responseMode })
  await client.authorize(ALICE.handle)
  history.replaceState({ of: 'the app' }, '', address(w.answer(change)))
  return client
}

const address = () => location.pathname + location.search + location.hash

export const cases = {
  'F87 the answer is gone from the address before the first request': async (w) => {
    const client = await answered(w)
    const seen = []
    w.network.on('token', () => { seen.push(address()); return oauthError('invalid_grant') })
    await rejected(client.init())
    equal([seen, address()], [['/?keep=1'], '/?keep=1'], 'the search stays')
    const inQuery = await answered(w, { responseMode: 'query', address: (params) => `/?keep=1&${params}#top` })
    await rejected(inQuery.init())
    equal([seen[1], address()], ['/', '/'], 'query and hash are cleaned away')
  },
  'F88 an answer on a page that is no redirect URI is left alone': async (w) => {
    const client = await answered(w, { address: (params) => `/elsewhere#${params}` })
    const before = address()
    equal([await client.init(), address(), w.network.to('token')], [undefined, before, []])
  },
  'F89 init throws the error that is in the address': async (w) => {
    const client = await answered(w, { change: { code: undefined, error: 'access_denied' } })
    const error = isError(await rejected(client.init()), w.lib.OAuthCallbackError)
    equal([error.params.get('error'), address()], ['access_denied', '/?keep=1'])
  },
  'F90 initCallback without an answer in the address is a TypeError': async (w) => {
    isError(await rejected(w.client().initCallback()), TypeError, 'No OAuth callback parameters found in the URL')
  },
  'F91 a loopback redirect URI without a port is not the page of a port': async (w) => {
    const client = w.client({ clientMetadata: w.metadata({
      client_id: 'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2F&scope=atproto', scope: 'atproto', redirect_uris: ['http://127.0.0.1/'] }) })
    equal(await client.findRedirectUrl?.(), undefined)
    history.replaceState(null, '', '/#state=x&code=y')
    equal([await client.init(), address()], [undefined, '/#state=x&code=y'])
  },
  'F91a findRedirectUrl and readCallbackParams read the page': async (w) => {
    const client = w.client()
    history.replaceState(null, '', '/?any=1')
    equal([client.findRedirectUrl(), client.readCallbackParams()], [w.redirectUri, null])
    history.replaceState(null, '', '/#state=x')
    equal(client.readCallbackParams(), null, 'neither code nor error')
    history.replaceState(null, '', '/#state=x&code=y')
    equal([...client.readCallbackParams()], [['state', 'x'], ['code', 'y']])
    equal(w.client({ responseMode: 'query' }).readCallbackParams(), null, 'in the query mode')
  },
  'F93 init with nothing stored gives nothing and asks nobody': async (w) => {
    equal([await w.client().init(), w.network.path], [undefined, []])
  },
  // Section I, "Safer": the pointer stays on network trouble, and goes when the session is really gone.
  'F94 a session that is gone takes the pointer with it; one out of reach does not': async (w) => {
    const { client } = await w.signedIn()
    await w.expireIn(-60)
    await client.dispose()
    const later = w.client()
    localStorage.setItem('@@atproto/oauth-client-browser(sub)', ALICE.did)
    w.network.once('token', UNREACHABLE)
    isError(await rejected(later.initRestore()), Error)
    equal(w.pointer, ALICE.did)
    w.network.once('token', oauthError('invalid_grant', 'Revoked'))
    isError(await rejected(later.initRestore()), w.lib.TokenRefreshError, 'Revoked')
    equal([w.pointer, await later.initRestore()], [null, undefined])
  },
}
