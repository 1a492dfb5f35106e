// Section "Resolution": from what the user typed to the metadata of the authorization server.
import { chain, equal, isError, match, ok, rejected } from '../expect.js'
import { ALICE, AS, BOB, DOH, HTML, OTHER_AS, PDS, PLC, REDIRECT, didDocument, json } from '../network.js'

const typed = (w, input, change) => rejected(w.client(change).authorize(input), `signing in with ${input}`)
const hint = (w) => w.network.to('par').at(-1).form.login_hint
const says = (error, pattern) => ok(chain(error).some(({ message }) => pattern.test(message)),
  `${pattern} in ${chain(error).map(({ message }) => message).join(' ← ')}`)

/** A fault of one answer, and what its error says, anywhere in the chain of causes. */
async function refuses(w, part, faults, input = ALICE.handle) {
  for (const [fault, pattern] of faults) {
    w.network = new w.network.constructor()
    if (typeof fault === 'function') w.network.change(part, fault)
    else w.network.on(part, fault)
    const error = isError(await typed(w, input), Error)
    if (pattern) says(error, pattern)
    equal(w.network.to('par'), [], 'requests to the authorization server')
    await w.forgetDocuments()
  }
}

const having = (change) => (good) => ({ ...good, ...change })
const without = (name) => ({ [name]: _, ...rest }) => rest
const status = (code) => ({ status: code, type: 'application/json', body: '{}' })

export const cases = {
  'F27 a handle in capitals is asked for in lower case': async (w) => {
    await w.client().authorize('ALICE.Example.COM')
    equal(new URL(w.network.to('handle')[0].url).searchParams.get('handle'), ALICE.handle)
  },
  'F28 what is no handle is refused before anything is sent': async (w) => {
    for (const input of ['al ice.example.com', 'alice', '@alice', 'alice@example.com']) {
      says(isError(await typed(w, input), w.lib.OAuthResolverError), /^Invalid handle ".*" provided\.$/)
    }
    equal(w.network.path, [])
  },
  // What is around a handle that was pasted does not count.
  'F28a a handle may have an at sign before it, space around it and marks in it': async (w) => {
    for (const input of [`@${ALICE.handle}`, ` ${ALICE.handle}\n`, `\u202a${ALICE.handle}\u202c`, `at://${ALICE.handle}/`]) {
      await w.client().authorize(input)
      equal(new URL(w.network.to('handle').at(-1).url).searchParams.get('handle'), ALICE.handle)
      equal(hint(w), ALICE.handle)
      await w.forgetDocuments()
    }
  },
  'F29 a handle that nobody has does not resolve to a DID': async (w) => {
    says(isError(await typed(w, 'nobody.example.com'), w.lib.OAuthResolverError), /^Handle "nobody.example.com" does not resolve to a DID$/)
  },
  'F30 a handle resolver in trouble is a HandleResolverError': async (w) => {
    w.network.on('handle', status(500))
    const error = isError(await typed(w, ALICE.handle), w.lib.OAuthResolverError)
    ok(w.lib.HandleResolverError && chain(error).some((cause) => cause instanceof w.lib.HandleResolverError), 'a HandleResolverError behind it')
  },
  'F31 a document that names another handle is refused': async (w) => {
    w.network.change('did', having({ alsoKnownAs: ['at://someone.example.com'] }))
    says(isError(await typed(w, ALICE.handle), w.lib.OAuthResolverError),
      new RegExp(`^Did document for "${ALICE.did}" does not include the handle "${ALICE.handle}"$`))
  },
  'F32 an alias in capitals is the same handle': async (w) => {
    w.network.change('did', having({ alsoKnownAs: ['at://Alice.Example.COM'] }))
    await w.client().authorize(ALICE.handle)
    equal(w.network.to('par').length, 1, 'pushed requests')
  },
  'F33 a DID whose handle leads nowhere is suggested as it is': async (w) => {
    w.network.on('handle', status(500))
    await w.client().authorize(ALICE.did)
    equal(hint(w), ALICE.did)
  },
  'F34 a did:web with a path or a port is no atproto DID': async (w) => {
    for (const input of ['did:web:example.com:users:alice', 'did:web:example.com%3A8443']) {
      says(isError(await typed(w, input), w.lib.OAuthResolverError), /^Invalid handle ".*" provided\.$/)
    }
    equal(w.network.path, [])
  },
  'F35 the colons of a did:plc are encoded in its address': async (w) => {
    await w.client().authorize(ALICE.did)
    equal(w.network.to('did')[0].url, `${PLC}/${encodeURIComponent(ALICE.did)}`)
  },
  'F36 a did:web is at the well-known place of its host': async (w) => {
    w.network.on('didWeb', json(didDocument({ did: 'did:web:user.example.com', handle: 'user.example.com' })))
    await w.client().authorize('did:web:user.example.com')
    equal(w.network.to('didWeb')[0].url, 'https://user.example.com/.well-known/did.json')
  },
  'F37 a did:web of localhost is asked over http, unless that is forbidden': async (w) => {
    const did = 'did:web:localhost%3A3000'
    w.network.on('didWeb', json(didDocument({ did, handle: 'user.example.com' })))
    await w.client().authorize(did)
    equal(w.network.to('didWeb')[0].url, 'http://localhost:3000/.well-known/did.json')
    await w.forgetDocuments()
    w.forget()
    isError(await typed(w, did, { allowHttp: false }), w.lib.OAuthResolverError)
    equal(w.network.path, [])
  },
  'F38 a document of another account or of another type is refused': async (w) => {
    await refuses(w, 'did', [[having({ id: BOB.did })], [HTML]], ALICE.did)
  },
  // The specification: the first matching service counts, and any others are ignored.
  'F38a a document with one service twice, or with broken ones, leads to its PDS': async (w) => {
    const [service] = didDocument(ALICE).service
    w.network.change('did', having({ service: [{ id: 7 }, { id: '#x' }, { id: '#x' }, service, { ...service, serviceEndpoint: 'x' }] }))
    await w.client().authorize(ALICE.did)
    equal(w.network.to('resource')[0].url, `${PDS}/.well-known/oauth-protected-resource`)
  },
  'F39 a document without a PDS is refused as such': async (w) => {
    await refuses(w, 'did', [[having({ service: [] })], [without('service')],
      [having({ service: [{ id: '#atproto_pds', type: 'SomethingElse', serviceEndpoint: PDS }] })]], ALICE.did)
  },
  'F40 a DID that nobody has is an OAuthResolverError': async (w) => {
    w.network.on('did', status(404))
    const error = isError(await typed(w, ALICE.did), w.lib.OAuthResolverError)
    const causes = chain(error).slice(1)
    ok(causes.length > 0, 'a cause')
    if (w.lib.DidError) isError(causes[0], w.lib.DidError)
  },
  'F41 a second sign-in within a minute resolves nothing again': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    w.forget()
    await client.authorize(ALICE.handle)
    equal(w.network.path, ['par'])
    w.later(61_000)
    w.forget()
    await client.authorize(ALICE.handle)
    equal([...w.network.path].sort(), ['did', 'handle', 'issuer', 'par', 'resource'])
  },
  'F42 a handle is resolved by DNS over HTTPS': async (w) => {
    const { AtprotoDohHandleResolver } = w.lib
    ok(AtprotoDohHandleResolver, 'AtprotoDohHandleResolver')
    const record = (data) => ({ name: `_atproto.${ALICE.handle}`, type: 16, TTL: 60, data })
    const records = (...data) => json({ Status: 0, Answer: data.map(record) })
    const resolve = (dohEndpoint = { dohEndpoint: DOH }) => new AtprotoDohHandleResolver(
      typeof dohEndpoint === 'string' ? dohEndpoint : { ...dohEndpoint, fetch: w.network.fetch }).resolve(ALICE.handle)
    w.network.on('dns', records(`"did=${ALICE.did}"`))
    equal(await resolve(), ALICE.did)
    const asked = new URL(w.network.to('dns')[0].url)
    equal([asked.searchParams.get('type'), asked.searchParams.get('name')], ['TXT', `_atproto.${ALICE.handle}`])
    equal(w.network.to('dns')[0].headers.accept, 'application/dns-json')
    w.network.on('dns', records(`did=${ALICE.did}`, '"something else"'))
    equal(await resolve(), ALICE.did, 'without quotes, beside another record')
    w.network.on('dns', records(`did=${ALICE.did}`, `did=${BOB.did}`))
    // The specification: resolution fails. The official client finds nobody.
    isError(await rejected(resolve(), 'two records'), w.lib.HandleResolverError)
    w.network.on('dns', HTML)
    isError(await rejected(resolve(), 'an answer that is no DNS'), Error)
  },
  // Ours remembers documents in memory, which does not fail: the options that tell of failures are taken, and never called.
  'F43 a database that fails is no matter to what is remembered of documents': async (w) => {
    const { get } = IDBObjectStore.prototype
    w.replace(IDBObjectStore.prototype, 'get', function (key) {
      if (/Cache$/.test(this.name)) throw new DOMException('Broken', 'UnknownError')
      return get.call(this, key)
    })
    let told = 0
    const client = w.client({ onDidCacheError: () => { told += 1 }, onHandleCacheError: () => { told += 1 } })
    await client.authorize(ALICE.handle)
    await client.authorize(ALICE.handle)
    equal([w.network.path, told], [['handle', 'did', 'resource', 'issuer', 'par', 'par'], 0])
  },
  'F44 the URL of a PDS suggests no account': async (w) => {
    await w.client().authorize(PDS)
    equal(hint(w), undefined)
    equal(w.network.path, ['resource', 'issuer', 'par'])
  },
  'F45 the URL of an authorization server is taken as it is': async (w) => {
    for (const answer of [status(404), status(500), { unreachable: true }]) {
      w.network.on('resource', answer)
      await w.client().authorize(AS)
      ok(w.network.to('par').at(-1).url.startsWith(AS), 'the pushed request')
      await w.forgetDocuments()
    }
    equal(w.network.to('par').length, 3, 'pushed requests')
  },
  // Section I, "Fix": the fallback to the PDS as its own issuer compares origins, so a slash behind them is no obstacle.
  'F46 the URL of an authorization server may end in a slash': async (w) => {
    w.network.on('resource', status(404))
    await w.client().authorize(`${AS}/`)
    ok(w.network.to('par')[0].url.startsWith(AS), 'the pushed request')
  },
  'F47 an http address is refused unless it is allowed': async (w) => {
    const address = 'http://localhost:2583'
    isError(await typed(w, address), w.lib.OAuthResolverError)
    equal(w.network.path, [])
    await w.client({ allowHttp: true }).authorize(address)
    equal(w.network.to('par').length, 1, 'pushed requests')
  },
  'F48 faulty resource metadata is refused, each fault for its reason': async (w) => {
    await refuses(w, 'resource', [
      [having({ authorization_servers: [AS, OTHER_AS] }), /^Unable to determine authorization server for PDS: /],
      [having({ authorization_servers: [] }), /^No authorization servers found for PDS: /],
      [without('authorization_servers'), /^No authorization servers found for PDS: /],
      [having({ resource: 'https://other.example.com' }), /^Invalid issuer https:\/\/other.example.com$/],
      [having({ resource: `${PDS}/` }), undefined], [HTML, /content.type/i], [status(500), /500/], [REDIRECT, undefined],
    ])
  },
  'F49 faulty server metadata is refused, each fault for its reason': async (w) => {
    await refuses(w, 'issuer', [
      [having({ issuer: 'https://other.example.com' }), /^Invalid issuer https:\/\/other.example.com$/],
      [without('client_id_metadata_document_supported'), /does not support client_id_metadata_document$/],
      [without('pushed_authorization_request_endpoint'), undefined],
      [having({ response_types_supported: ['token'] }), undefined],
      [having({ token_endpoint_auth_signing_alg_values_supported: ['ES256', 'none'] }), undefined],
      [having({ authorization_endpoint: 'ftp://as.example.com/authorize' }), undefined],
      [HTML, /content.type/i], [status(404), /404/], [REDIRECT, undefined],
    ])
  },
  // Section I, "Stricter": what the specification demands of the metadata is checked.
  'F49a server metadata that lacks what the profile demands is refused': async (w) => {
    await refuses(w, 'issuer', [
      [having({ scopes_supported: ['openid'] })], [without('scopes_supported')], [having({ code_challenge_methods_supported: ['plain'] })],
      [having({ dpop_signing_alg_values_supported: ['RS256'] })], [having({ authorization_response_iss_parameter_supported: false })],
      [having({ require_pushed_authorization_requests: false })],
    ])
  },
  'F50 a server that lists its resources has to list the PDS': async (w) => {
    await refuses(w, 'issuer', [[having({ protected_resources: ['https://other.example.com'] }),
      new RegExp(`^PDS "${PDS}/?" not protected by issuer "${AS}"$`)]])
    w.network = new w.network.constructor()
    w.network.change('issuer', having({ protected_resources: [PDS] }))
    await w.client().authorize(ALICE.handle)
    equal(w.network.to('par').length, 1, 'pushed requests')
  },
  'F51 a signal that was aborted before sends nothing': async (w) => {
    const reason = new DOMException('Enough', 'AbortError')
    const error = isError(await rejected(w.client().authorize(ALICE.handle, { signal: AbortSignal.abort(reason) })), w.lib.OAuthResolverError)
    equal(error.cause.name, 'AbortError')
    equal(w.network.path, [])
    match(error.message, /^Failed to resolve identity/)
  },
}
