// What an app may do, as scripts that both clients follow.
import { ALICE, AS, BOB, DOH, HTML, INVALID_TOKEN, OTHER_AS, OTHER_PDS, PDS, RESOLVER, UNREACHABLE, didDocument, json, oauthError,
  unauthorized, wantsNonce } from './network.js'
import { POINTER, POPUP_CHANNEL, POPUP_STATE } from './world.js'

const NONCE = (nonce) => unauthorized('DPoP error="use_dpop_nonce"', { 'dpop-nonce': nonce })
const signIn = (w) => w.signIn({ options: { state: 'mine' } })
const metadata = (change) => (w) => w.network.change('issuer', (good) => ({ ...good, ...change }))

/** Signing in with an input, up to the page of the server. */
const authorize = (input, { prepare, options } = {}) => async (w, step) => {
  await prepare?.(w)
  await step('authorize', () => w.client().authorize(input, options))
}

/** Signing in with a client that resolves in another way. */
const withResolver = (prepare) => async (w, step) => {
  const asked = []
  const options = prepare(w, asked)
  await step('authorize', () => w.client(options).authorize(ALICE.handle))
  await step('asked', () => asked)
}

/** A started sign-in, and its answer. */
const callback = (change, { prepare, input = ALICE.handle, options } = {}) => async (w, step) => {
  const client = w.client()
  await step('authorize', () => client.authorize(input, { state: 'mine' }))
  await prepare?.(w)
  await step('callback', () => client.callback(w.answer(change), options))
}

/** Restoring a session that another page load has stored. */
const restore = (refresh, { prepare, sub = ALICE.did, change } = {}) => async (w, step) => {
  const { client } = await w.signedIn()
  await client.dispose()
  if (change) await w.changeSession(ALICE.did, (row) => { change(row.value.tokenSet); return row })
  await prepare?.(w)
  await step('restore', () => w.client().restore(sub, refresh))
}

/** Requests with a session. */
const requests = (answers, ...calls) => async (w, step) => {
  const { session } = await w.signedIn()
  w.network.once('xrpc', ...answers)
  let number = 0
  for (const [path = '/xrpc/x', init] of calls.length ? calls : [[]]) {
    number += 1
    await step(`request ${number}`, () => session.fetchHandler(path, init?.()))
  }
}

/** The page as the server's redirect leaves it. */
const init = (hash, { prepare, method = 'init' } = {}) => async (w, step) => {
  const client = w.client()
  if (hash) {
    await step('authorize', () => client.authorize(ALICE.handle, { state: 'mine' }))
    history.replaceState(null, '', `/?keep=1#${w.answer(hash)}`)
  }
  await prepare?.(w)
  await step(method, () => client[method]())
  await step('address', () => location.search + location.hash)
}

const options = (change) => async (w, step) => {
  await step('construct and restore', () => w.client(change(w)).initRestore())
}
const clientMetadata = (change) => options((w) => ({ clientMetadata: w.metadata(change) }))

const load = (clientId, answer) => async (w, step) => {
  w.network.on('other', answer)
  const client = await step('load', () => w.lib.BrowserOAuthClient.load({ ...w.options({ clientMetadata: undefined }), clientId }))
  await client?.dispose()
}

const expired = (tokens) => { tokens.expires_at = new Date(Date.now() - 60_000).toISOString() }
const published = { client_id: 'https://app.example.com/client.json', redirect_uris: ['https://app.example.com/'], scope: 'atproto',
  response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true }

const popupPage = (result) => async (w, step) => {
  const { client } = await w.signedIn()
  const popup = { closed: false, location: { href: 'about:blank' }, focus() {}, close() { this.closed = true } }
  popup.window = popup
  const { post } = w.hear(POPUP_CHANNEL)
  w.replace(window, 'open', () => popup)
  await step('signIn', async () => {
    const outcome = client.signIn(ALICE.handle, { display: 'popup' })
    await w.until(() => popup.location.href.includes('/authorize'), 'the popup shows the page of the server')
    const [row] = Object.values(await w.rows('state'))
    post({ key: row.value.appState.slice(POPUP_STATE.length), result })
    return outcome
  })
}

/** The names of an object's members, its classes' included. */
function members(object) {
  const names = new Set()
  for (let at = object; at && at !== Object.prototype && at !== EventTarget.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (!/^[_#]|^constructor$/.test(name)) names.add(name)
  }
  return Object.fromEntries([...names].sort().map((name) => [name, 'is a member']))
}

export const flows = {
  'members of a client and a session': async (w, step) => {
    const { client, session } = await w.signedIn()
    await step('client', () => members(client))
    await step('session', () => members(session))
    await step('class', () => members(w.lib.BrowserOAuthClient))
  },
  'authorize by handle': authorize(ALICE.handle),
  'authorize by DID': authorize(ALICE.did),
  'authorize by the URL of the PDS': authorize(PDS),
  'authorize by the URL of the PDS with a path': authorize(`${PDS}/some/path?query`),
  'authorize by the URL of the authorization server':
    authorize(AS, { prepare: (w) => w.network.on('resource', { status: 404, type: 'text/plain' }) }),
  'authorize by a handle in capitals': authorize('ALICE.example.com'),
  'authorize by DID without a working handle': authorize(ALICE.did, { prepare: (w) => w.network.on('handle', json({}, 500)) }),
  'authorize by a handle that nobody has': authorize('nobody.example.com'),
  'authorize by no handle': authorize('@alice'),
  'authorize by a handle as it was pasted': authorize(`\u202a@${ALICE.handle}\u202c `),
  'authorize by a reserved handle': authorize('alice.local'),
  'authorize by DID, with broken services beside the PDS': authorize(ALICE.did, { prepare: (w) => w.network.change('did', (good) => ({ ...good,
    service: [{ id: '#x', type: 'X', serviceEndpoint: 'https://x.example.com' }, ...good.service, ...good.service] })) }),
  'authorize at a server without OAuth': authorize(PDS, { prepare: (w) => {
    w.network.on('resource', { status: 404, type: 'text/plain' })
    w.network.on('issuer', { status: 404, type: 'text/plain' })
  } }),
  'authorize by a handle of another account': authorize(ALICE.handle, { prepare: (w) => w.network.on('handle', json({ did: BOB.did })) }),
  'authorize while the resolver is away': authorize(ALICE.handle, { prepare: (w) => w.network.on('handle', UNREACHABLE) }),
  'authorize while the directory has an HTML page': authorize(ALICE.handle, { prepare: (w) => w.network.on('did', HTML) }),
  'authorize by a DID that nobody has': authorize('did:plc:zzzzzzzzzzzzzzzzzzzzzzzz'),
  'authorize at a PDS without resource metadata':
    authorize(ALICE.handle, { prepare: (w) => w.network.on('resource', { status: 404, type: 'text/plain' }) }),
  'authorize at a PDS of two servers': authorize(ALICE.handle, { prepare: (w) => w.network.change('resource', (good) => ({ ...good,
    authorization_servers: [AS, OTHER_AS] })) }),
  'authorize at a server of another issuer': authorize(ALICE.handle, { prepare: metadata({ issuer: OTHER_AS }) }),
  'authorize at a server without client metadata':
    authorize(ALICE.handle, { prepare: metadata({ client_id_metadata_document_supported: false }) }),
  'authorize at a server without iss':
    authorize(ALICE.handle, { prepare: metadata({ authorization_response_iss_parameter_supported: undefined }) }),
  'authorize at a server without the atproto scope': authorize(ALICE.handle, { prepare: metadata({ scopes_supported: ['openid'] }) }),
  'authorize with options':
    authorize(ALICE.handle, { options: { state: 'mine', prompt: 'login', ui_locales: 'de', display: 'page', max_age: 0,
    claims: { userinfo: {} }, scope: 'atproto', nonce: 'n' } }),
  'authorize with an unknown option': authorize(ALICE.handle, { options: { color: 'red' } }),
  'authorize with an unknown redirect URI': authorize(ALICE.handle, { options: { redirect_uri: 'https://elsewhere.example.com/' } }),
  'authorize with an aborted signal':
    authorize(ALICE.handle, { options: { signal: AbortSignal.abort(new DOMException('Enough', 'AbortError')) } }),
  'authorize with a nonce to learn': authorize(ALICE.handle, { prepare: (w) => w.network.once('par', wantsNonce('n-1')) }),
  'authorize with a nonce that never fits':
    authorize(ALICE.handle, { prepare: (w) => w.network.once('par', wantsNonce('n-1'), wantsNonce('n-2')) }),
  'authorize refused': authorize(ALICE.handle, { prepare: (w) => w.network.on('par', oauthError('invalid_request', 'No such scope')) }),
  'authorize answered by an HTML page': authorize(ALICE.handle, { prepare: (w) => w.network.on('par', { ...HTML, status: 500 }) }),
  'authorize unanswered': authorize(ALICE.handle, { prepare: (w) => w.network.on('par', UNREACHABLE) }),
  'authorize twice within a minute': async (w, step) => {
    const client = w.client()
    await step('first', () => client.authorize(ALICE.handle))
    await step('second', () => client.authorize(ALICE.handle))
  },

  'authorize with a resolver of the app': withResolver((w, asked) => ({ handleResolver: { resolve: async (handle) => {
    asked.push(handle)
    return ALICE.did
  } } })),
  'authorize with a resolver of the app that finds nobody': withResolver(() => ({ handleResolver: { resolve: async () => null } })),
  'authorize with a resolver of the app that fails': withResolver(() => ({ handleResolver: { resolve: async () => {
    throw new RangeError('The resolver of the app')
  } } })),
  'authorize with an identity resolver of the app': withResolver((w, asked) => ({ identityResolver: { resolve: async (input) => {
    asked.push(input)
    return { did: ALICE.did, didDoc: didDocument(ALICE), handle: ALICE.handle }
  } } })),
  'authorize with an identity resolver of the app that fails': withResolver(() => ({ identityResolver: { resolve: async () => {
    throw new RangeError('The resolver of the app')
  } } })),
  'authorize with the DNS resolver': withResolver((w) => {
    const record = { name: `_atproto.${ALICE.handle}`, type: 16, TTL: 60, data: `"did=${ALICE.did}"` }
    w.network.on('dns', json({ Status: 0, Answer: [record] }))
    return { handleResolver: new w.lib.AtprotoDohHandleResolver({ dohEndpoint: DOH, fetch: w.network.fetch }) }
  }),
  'authorize with the well-known place of the handle': withResolver((w) => {
    w.network.on('dns', json({ Status: 3, Answer: [] }))
    w.network.on('wellKnown', { status: 200, type: 'text/plain', body: `${ALICE.did}\n` })
    return { handleResolver: new w.lib.AtprotoDohHandleResolver({ dohEndpoint: DOH, fetch: w.network.fetch }) }
  }),
  'authorize with the DNS resolver while DNS is overloaded': withResolver((w) => {
    w.network.on('dns', { status: 503, type: 'text/plain', body: 'overloaded' })
    w.network.on('wellKnown', { status: 200, type: 'text/plain', body: ALICE.did })
    return { handleResolver: new w.lib.AtprotoDohHandleResolver({ dohEndpoint: DOH, fetch: w.network.fetch }) }
  }),
  'authorize with the DNS resolver and records that disagree': withResolver((w) => {
    const record = ({ did }) => ({ name: `_atproto.${ALICE.handle}`, type: 16, TTL: 60, data: `did=${did}` })
    w.network.on('dns', json({ Status: 0, Answer: [ALICE, BOB].map(record) }))
    return { handleResolver: new w.lib.AtprotoDohHandleResolver({ dohEndpoint: DOH, fetch: w.network.fetch }) }
  }),
  'authorize with the resolver over XRPC': withResolver((w) => ({
    handleResolver: new w.lib.XrpcHandleResolver(RESOLVER, { fetch: w.network.fetch }) })),

  'callback granted': callback(),
  'callback granted, begun with a URL': callback({}, { input: PDS }),
  'callback granted, with a nonce from the pushed request': async (w, step) => {
    w.network.on('par', json({ request_uri: 'urn:x', expires_in: 60 }, 201, { 'dpop-nonce': 'n-1' }))
    await callback()(w, step)
  },
  'callback with its own redirect URI': callback({}, { options: { redirect_uri: 'https://elsewhere.example.com/' } }),
  'callback denied': callback({ code: undefined, error: 'access_denied', error_description: 'Not today' }),
  'callback denied without words': callback({ code: undefined, error: 'access_denied' }),
  'callback of an unknown state': callback({ state: 'made-up' }),
  'callback denied by another issuer': callback({ code: undefined, error: 'access_denied', iss: OTHER_AS }),
  'callback denied by nobody': callback({ code: undefined, error: 'access_denied', iss: undefined }),
  'callback without a state': callback({ state: undefined }),
  'callback without a code': callback({ code: undefined }),
  'callback of another issuer': callback({ iss: OTHER_AS }),
  'callback without an issuer': callback({ iss: undefined }),
  'callback in a token': callback({ response: 'eyJ.eyJ.sig' }),
  'callback twice': async (w, step) => {
    const { client } = await w.signIn()
    await step('again', () => client.callback(w.answer()))
  },
  'callback with a refused code': callback({}, { prepare: (w) => w.network.on('token', oauthError('invalid_grant', 'The code is spent')) }),
  'callback with no answer to the code': callback({}, { prepare: (w) => w.network.on('token', UNREACHABLE) }),
  'callback with a bearer token':
    callback({}, { prepare: (w) => w.network.on('token', json({ ...w.network.grant(), token_type: 'Bearer' })) }),
  'callback with another account': callback({}, { prepare: (w) => w.network.on('token', json(w.network.grant({ sub: BOB.did }))) }),
  'callback with an account of another server':
    callback({}, { input: PDS, prepare: (w) => w.network.on('did', json(didDocument(ALICE, OTHER_PDS))) }),
  'callback of an account that is signed in already': async (w, step) => {
    const { client } = await w.signedIn()
    await step('authorize', () => client.authorize(ALICE.handle))
    await step('callback', () => client.callback(w.answer()))
  },
  'callback with a hook that throws': async (w, step) => {
    const client = w.client({ onSessionUpdated: () => { throw new RangeError('The hook of the app') } })
    await client.authorize(ALICE.handle)
    await step('callback', () => client.callback(w.answer()))
  },

  'init finishes a sign-in': init({}),
  'init with a denied sign-in': init({ code: undefined, error: 'access_denied' }),
  'init with an answer of no sign-in':
    init(undefined, { prepare: async (w) => {
      await w.signedIn()
      localStorage.setItem(POINTER, ALICE.did)
      history.replaceState(null, '', '/#state=unknown&code=x')
    } }),
  'init with nothing stored': init(undefined),
  'initCallback with nothing in the address': init(undefined, { method: 'initCallback' }),
  'init restores':
    init(undefined, { prepare: async (w) => {
      await w.signedIn()
      localStorage.setItem(POINTER, ALICE.did)
    } }),
  'init while the server is away, with an expired token': init(undefined, { prepare: async (w) => {
    const { client } = await w.signedIn()
    await client.dispose()
    localStorage.setItem(POINTER, ALICE.did)
    await w.expireIn(-60)
    w.network.on('token', UNREACHABLE)
  } }),

  'restore with time left': restore(),
  'restore with no time left': restore(undefined, { change: expired }),
  'restore without refreshing': restore(false, { change: expired }),
  'restore with a refresh': restore(true),
  'restore of an account that is not here': restore(undefined, { sub: 'did:plc:zzzzzzzzzzzzzzzzzzzzzzzz' }),
  'restore of a handle': restore(undefined, { sub: ALICE.handle }),
  'restore after the session was revoked':
    restore(true, { prepare: (w) => w.network.on('token', oauthError('invalid_grant', 'Revoked by its owner')) }),
  'restore while the server is in trouble':
    restore(true, { prepare: (w) => w.network.on('token', oauthError('server_error', 'Later', 500)) }),
  'restore while the server is away': restore(true, { prepare: (w) => w.network.on('token', UNREACHABLE) }),
  'restore without a refresh token': restore(undefined, { change: (tokens) => { expired(tokens); delete tokens.refresh_token } }),
  'restore of an account that moved': async (w, step) => {
    await restore(true, { prepare: async () => {
      await w.forgetDocuments()
      w.network.on('did', json(didDocument(ALICE, OTHER_PDS)))
    } })(w, step)
  },
  'restore with a nonce to learn': restore(true, { prepare: (w) => w.network.once('token', wantsNonce('n-1')) }),

  'request': requests([]),
  'request with a body and headers':
    requests([], ['/xrpc/x?y=1#z', () => ({ method: 'POST', body: '{}', headers: { 'content-type': 'application/json',
    'x-mine': 'kept', authorization: 'Bearer mine' } })]),
  'request with a nonce to learn': requests([NONCE('n-1')], [], []),
  'request with a nonce that never fits': requests([NONCE('n-1'), NONCE('n-2')]),
  'request with a stream and a nonce to learn':
    requests([NONCE('n-1')], ['/xrpc/x', () => ({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' })]),
  'request with a refused token': requests([INVALID_TOKEN]),
  'request with tokens that are always refused': requests([INVALID_TOKEN, INVALID_TOKEN], [], []),
  'request with a refused token that cannot be refreshed': async (w, step) => {
    const { session } = await w.signedIn()
    w.network.once('xrpc', INVALID_TOKEN)
    w.network.on('token', oauthError('invalid_grant'))
    await step('request', () => session.fetchHandler('/xrpc/x'))
  },
  'request that is not found': requests([json({ error: 'NotFound' }, 404)]),
  'request that is not answered': requests([UNREACHABLE]),
  'request to another server': requests([], [`${OTHER_PDS}/xrpc/x`]),
  'request with an expired token': async (w, step) => {
    const { client } = await w.signedIn()
    await w.expireIn(-60)
    const session = await client.restore(ALICE.did, false)
    w.forget()
    await step('request', () => session.fetchHandler('/xrpc/x'))
  },

  'token info': async (w, step) => {
    const { session } = await w.signedIn()
    await step('info', async () => {
      const { expiresAt, ...info } = await session.getTokenInfo()
      return { ...info, expired: info.expired, expiresAt: expiresAt instanceof Date }
    })
  },
  'sign out': async (w, step) => {
    const { session } = await w.signedIn()
    await step('signOut', () => session.signOut())
    await step('request', () => session.fetchHandler('/xrpc/x'))
    await step('signOut again', () => session.signOut())
  },
  'sign out while the server is away': async (w, step) => {
    const { session } = await w.signedIn()
    w.network.on('revoke', UNREACHABLE)
    await step('signOut', () => session.signOut())
  },
  'revoke': async (w, step) => {
    const { client } = await w.signedIn()
    await client.restore(ALICE.did)
    await step('revoke', () => client.revoke(ALICE.did))
  },
  'revoke an account that is not here': async (w, step) => {
    await step('revoke', () => w.client().revoke('did:plc:zzzzzzzzzzzzzzzzzzzzzzzz'))
  },
  'revoke one of two accounts': async (w, step) => {
    const { client } = await signIn(w)
    w.network.on('token', () => json(w.network.grant({ sub: BOB.did })))
    await w.signIn({ client, input: BOB.handle })
    await client.restore(ALICE.did)
    w.forget()
    await step('revoke', () => client.revoke(BOB.did))
  },
  'dispose': async (w, step) => {
    const { client } = await w.signedIn()
    await client.dispose()
    await step('restore', () => client.restore(ALICE.did))
  },

  'popup that succeeds': popupPage({ status: 'fulfilled', value: ALICE.did }),
  'popup that is denied': popupPage({ status: 'rejected', reason: { message: 'Not today', params: [['error', 'access_denied']] } }),

  'options without a resolver': options(() => ({ handleResolver: undefined })),
  'options with a wrong response mode': options(() => ({ responseMode: 'form_post' })),
  'options with metadata as text': options(() => ({ clientMetadata: 'https://app.example.com/client.json' })),
  'metadata without atproto': clientMetadata({ scope: 'openid' }),
  'metadata without a method': clientMetadata({ token_endpoint_auth_method: undefined }),
  'metadata with a signing algorithm': clientMetadata({ token_endpoint_auth_signing_alg: 'ES256' }),
  'metadata without code': clientMetadata({ response_types: ['none'] }),
  'metadata without bound tokens': clientMetadata({ dpop_bound_access_tokens: false }),
  'metadata with localhost': clientMetadata({ redirect_uris: ['http://localhost/'] }),
  'load': load('https://app.example.com/client.json', json(published)),
  'load of what is not there': load('https://app.example.com/client.json', json({}, 404)),
  'load of an HTML page': load('https://app.example.com/client.json', HTML),
  'load of another scheme': load('ftp://app.example.com/client.json', json(published)),
}
