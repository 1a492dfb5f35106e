// What apps use of the client beside the flow itself: resolvers of their own, facts
// about the client and its sessions, and errors to the letter.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { CAROL, startFaultyNetwork } from './support/faulty-network.mjs'
import { errorOf, valueOf } from './support/page.mjs'
import { signIn, startSignIn, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, origin } = world
const faulty = await startFaultyNetwork()
after(() => faulty.stop())

const toFaulty = { handleResolver: faulty.origin, plcDirectoryUrl: faulty.origin }

/** The requests to the faulty network, by the last part of their paths. */
const asked = () => faulty.requests.map((request) => request.split('/').at(-1))

test('A handle resolver of the app\'s own is asked, once a minute, and tells the account', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  const calls = await valueOf(page, async ({ carol, toFaulty }) => {
    const calls = []
    const handleResolver = {
      async resolve(handle, options) {
        calls.push([this === handleResolver, handle, options.noCache, options.signal instanceof AbortSignal, options.signal.aborted])
        return carol.did
      },
    }
    const client = makeClient({ ...toFaulty, handleResolver })
    await client.authorize(carol.handle.toUpperCase())
    await client.authorize(carol.handle)
    return calls
  }, { carol: CAROL, toFaulty })
  assert.deepEqual(calls, [[true, CAROL.handle, false, true, false]])
  assert.ok(!asked().includes('com.atproto.identity.resolveHandle'))
})

test('What a handle resolver answers is judged as a server\'s answer is', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  const authorize = (answer) => errorOf(page, async ({ answer, handle, toFaulty }) => {
    await makeClient({ ...toFaulty, handleResolver: { resolve: async () => answer } }).authorize(handle)
  }, { answer, handle: CAROL.handle, toFaulty })

  const nobody = await authorize(null)
  assertIsA(nobody, 'OAuthResolverError')
  assertTyped(nobody, { code: 'HANDLE_NOT_FOUND', step: 'handle' })
  assert.equal(nobody.message, `Failed to resolve identity: ${CAROL.handle}`)
  assert.equal(nobody.cause.message, `Handle "${CAROL.handle}" does not resolve to a DID`)
  assert.equal(nobody.url, undefined)
  for (const nonsense of ['did:key:zabc', 42, { did: CAROL.did }, 'did:plc:short']) {
    assertTyped(await authorize(nonsense), { code: 'HANDLE_RESOLUTION_INVALID', step: 'handle' })
  }
  faulty.set('did', (good) => ({ ...good, alsoKnownAs: ['at://dave.test'] }))
  assertTyped(await authorize(CAROL.did), { code: 'HANDLE_MISMATCH', step: 'did' })
})

test('What a resolver throws is the cause of the error, itself', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  const found = await valueOf(page, async ({ carol, toFaulty }) => {
    const mine = Object.assign(new RangeError('my own trouble'), { mine: true })
    const throwing = { resolve: async () => { throw mine } }
    const throwingAtOnce = { resolve: () => { throw mine } }
    const found = []
    for (const [input, options] of [
      [carol.handle, { handleResolver: throwing }],
      [carol.handle, { handleResolver: throwingAtOnce }],
      [carol.did, { didResolver: throwing }],
      ['whoever', { identityResolver: throwing }],
    ]) {
      const error = await makeClient({ ...toFaulty, ...options }).authorize(input).catch((error) => error)
      found.push([error instanceof lib.OAuthResolverError, error.cause === mine, error.message, error.code, error.retryable])
    }
    return found
  }, { carol: CAROL, toFaulty })
  const thrown = (input) => [true, true, `Failed to resolve identity: ${input}`, 'RESOLVER_FAILED', true]
  assert.deepEqual(found, [thrown(CAROL.handle), thrown(CAROL.handle), thrown(CAROL.did), thrown('whoever')])
})

test('A DID resolver of the app\'s own is asked in the directory\'s place', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  const calls = await valueOf(page, async ({ carol, toFaulty }) => {
    const calls = []
    const didResolver = {
      async resolve(did, { noCache }) {
        calls.push([did, noCache])
        const pds = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: toFaulty.handleResolver }
        return { id: did, alsoKnownAs: [`at://${carol.handle}`], service: [pds] }
      },
    }
    await makeClient({ ...toFaulty, didResolver }).authorize(carol.handle)
    return calls
  }, { carol: CAROL, toFaulty })
  assert.deepEqual(calls, [[CAROL.did, false]])
  // The server that resolves the handle is the account's own here, so that its metadata and nonce are had at once.
  assert.deepEqual([...new Set(asked())].sort(), ['com.atproto.identity.resolveHandle', 'oauth-authorization-server', 'oauth-protected-resource', 'par'])
})

test('An identity resolver takes precedence, needs no other, and may know names that are no handles', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  const calls = await valueOf(page, async ({ carol, pds }) => {
    const calls = []
    const identityResolver = {
      async resolve(input, { noCache }) {
        calls.push([input, noCache])
        const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }]
        return { did: carol.did, didDoc: { id: carol.did, service }, handle: 'handle.invalid' }
      },
    }
    const client = makeClient({ handleResolver: undefined, identityResolver })
    await client.authorize('Carol from work')
    await client.authorize(carol.did)
    return [...calls, client.identityResolver === identityResolver]
  }, { carol: CAROL, pds: faulty.origin })
  assert.deepEqual(calls, [['Carol from work', false], [CAROL.did, false], true])
})

test('A resolver that is no longer waited for is told so by its signal', async (t) => {
  const { page } = await world.visitor(t)
  const aborted = await valueOf(page, async (handle) => {
    const controller = new AbortController()
    let signal
    const handleResolver = {
      resolve: (_handle, options) => new Promise(() => {
        signal = options.signal
        setTimeout(() => controller.abort(), 10)
      }),
    }
    await makeClient({ handleResolver }).authorize(handle, { signal: controller.signal }).catch(() => {})
    return signal.aborted
  }, alice.handle)
  assert.equal(aborted, true)
})

test('Without any resolver there is no client', async (t) => {
  const { page } = await world.visitor(t)
  const error = await errorOf(page, () => makeClient({ handleResolver: undefined }).authorize('alice.test'))
  assertIsA(error, 'TypeError')
  assert.equal(error.message, 'identityResolver or handleResolver option is required')
})

test('XrpcHandleResolver asks a server, alone and for a client', async (t) => {
  const { page } = await world.visitor(t)
  const { found, none, url } = await valueOf(page, async ({ pdsUrl, handle }) => {
    const resolver = new lib.XrpcHandleResolver(pdsUrl)
    const client = makeClient({ handleResolver: new lib.XrpcHandleResolver(new URL(pdsUrl)) })
    return {
      found: await resolver.resolve(handle),
      none: await resolver.resolve('nobody.test'),
      url: String(await client.authorize(handle)),
    }
  }, { pdsUrl: world.info.pdsUrl, handle: alice.handle })
  assert.equal(found, alice.did)
  assert.equal(none, null)
  assert.match(url, /\/oauth\/authorize\?/)
})

test('XrpcHandleResolver says what it cannot read', async (t) => {
  const { page } = await world.visitor(t)
  const messages = await valueOf(page, async () => {
    const answers = [
      [500, { error: 'InternalServerError' }], [400, {}], [400, { error: 'InvalidRequest', message: 'Another' }], [200, { did: 'nobody' }],
    ]
    const messages = []
    for (const [status, body] of answers) {
      const fetch = async () => Response.json(body, { status })
      const error = await new lib.XrpcHandleResolver('https://pds.example.com', { fetch }).resolve('a.test').catch((error) => error)
      messages.push([error instanceof lib.HandleResolverError, error.name, error.message.split(':')[0]])
    }
    return messages
  })
  const failed = (message) => [true, 'HandleResolverError', message]
  assert.deepEqual(messages, [
    failed('Invalid status code from resolveHandle method'), failed('Invalid response from resolveHandle method'),
    failed('Invalid status code from resolveHandle method'), failed('Invalid DID returned from resolveHandle method'),
  ])
})

test('AtprotoDohHandleResolver asks DNS and the handle\'s host together, and DNS wins', async (t) => {
  const { page } = await world.visitor(t)
  const [dns, dns2, host] = ['did:web:dns.example.com', 'did:web:other.example.com', 'did:web:host.example.com']
  const found = await valueOf(page, async ({ dns, dns2, host }) => {
    const txt = (...records) => ({ Status: 0, Answer: records.map((data) => ({ name: 'x', type: 16, TTL: 1, data })) })
    const cases = {
      both: [txt(`"did=${dns}"`), host],
      onlyDns: [txt(`did=${dns}`, 'v=spf1'), undefined],
      onlyHost: [{ Status: 3 }, `  ${host}  \nsomething else`],
      twoRecords: [txt(`did=${dns}`, `did=${dns2}`), host],
      twoRecordsNoHost: [txt(`did=${dns}`, `did=${dns2}`), undefined],
      badDid: [txt('did=nonsense'), undefined],
      otherType: [{ Status: 0, Answer: [{ name: 'x', type: 5, TTL: 1, data: `did=${dns}` }] }, undefined],
      dnsFails: ['503', host],
      dnsIsNone: [{ hello: 1 }, host],
      bothFail: ['503', undefined],
    }
    const found = {}
    for (const [name, [answer, line]] of Object.entries(cases)) {
      const asked = []
      const errors = []
      const fetch = async (url, init) => {
        asked.push(String(url))
        if (url.hostname === 'alice.example.com') {
          if (line === undefined) throw new TypeError('no such host')
          return new Response(line)
        }
        if (answer === '503') return new Response('overloaded', { status: 503, headers: { 'content-type': 'text/plain' } })
        return new Response(JSON.stringify(answer), { headers: { 'content-type': init.headers.accept } })
      }
      const onError = (error, context) => errors.push([error.message, context.resolver, context.handle])
      const resolver = new lib.AtprotoDohHandleResolver({ dohEndpoint: 'https://dns.example/resolve?x=1', fetch, onError })
      const outcome = await resolver.resolve('alice.example.com').catch((error) => `${error.name}: ${error.message}`)
      found[name] = { outcome, asked: asked.sort(), errors }
    }
    return found
  }, { dns, dns2, host })
  const outcomes = Object.fromEntries(Object.entries(found).map(([name, { outcome }]) => [name, outcome]))
  assert.deepEqual(outcomes, {
    both: dns, onlyDns: dns, onlyHost: host, badDid: null, otherType: null, dnsFails: host, dnsIsNone: host,
    twoRecords: 'HandleResolverError: DNS names several accounts for this handle',
    twoRecordsNoHost: 'HandleResolverError: DNS names several accounts for this handle', bothFail: 'HandleResolverError: overloaded',
  })
  for (const { asked } of Object.values(found)) {
    assert.deepEqual(asked, [
      'https://alice.example.com/.well-known/atproto-did', 'https://dns.example/resolve?x=1&type=TXT&name=_atproto.alice.example.com',
    ])
  }
  assert.deepEqual(found.badDid.errors, [['no such host', 'well-known', 'alice.example.com']])
})

test('AtprotoDohHandleResolver takes the bare address of its server, too', async (t) => {
  const { page } = await world.visitor(t)
  const asked = await valueOf(page, async () => {
    const asked = []
    const real = globalThis.fetch
    globalThis.fetch = async (url) => {
      asked.push(new URL(url).hostname)
      throw new TypeError('offline')
    }
    await new lib.AtprotoDohHandleResolver('https://dns.example/').resolve('alice.example.com').catch(() => {})
    globalThis.fetch = real
    return asked
  })
  assert.deepEqual(asked.sort(), ['alice.example.com', 'dns.example'])
})

test('The client\'s own identity resolver finds accounts, and tells of handles that lead nowhere', async (t) => {
  const { page } = await world.visitor(t)
  const found = await valueOf(page, async ({ alice, carol, toFaulty }) => {
    const { identityResolver } = makeClient()
    const byHandle = await identityResolver.resolve(alice.handle)
    const byDid = await identityResolver.resolve(alice.did, { noCache: true })
    const handleResolver = { resolve: async () => null }
    const unproven = await makeClient({ ...toFaulty, handleResolver }).identityResolver.resolve(carol.did)
    const error = await identityResolver.resolve('no handle').catch((error) => error)
    return [...[byHandle, byDid, unproven].map(({ did, handle, didDoc }) => [did, handle, didDoc.id]), [error.code, error.message]]
  }, { alice, carol: CAROL, toFaulty })
  assert.deepEqual(found, [
    [alice.did, alice.handle, alice.did], [alice.did, alice.handle, alice.did], [CAROL.did, 'handle.invalid', CAROL.did],
    ['INVALID_HANDLE', 'Invalid handle "no handle" provided.'],
  ])
})

test('A client tells at once how it was set up', async (t) => {
  const { page } = await world.visitor(t)
  const facts = await valueOf(page, async () => {
    const clientMetadata = lib.buildAtprotoLoopbackClientMetadata({ redirect_uris: ['http://127.0.0.1/elsewhere', `${location.origin}/`] })
    const client = makeClient({ clientMetadata })
    const query = makeClient({ responseMode: 'query' })
    const implied = makeClient({ clientMetadata: undefined })
    history.replaceState(null, '', '/?x=1#y')
    const here = client.findRedirectUrl()
    history.replaceState(null, '', '/elsewhere')
    return {
      same: client.clientMetadata === clientMetadata,
      modes: [client.responseMode, query.responseMode],
      jwks: client.jwks,
      redirects: [here, client.findRedirectUrl() ?? null],
      impliedId: implied.clientMetadata.client_id,
      aborted: (await client.abortRequest(new URL('https://example.com'))) ?? null,
    }
  })
  assert.deepEqual(facts, {
    same: true, modes: ['fragment', 'query'], jwks: { keys: [] }, redirects: [`${origin}/`, null],
    impliedId: `http://localhost?redirect_uri=${encodeURIComponent(`${origin}/elsewhere`)}`, aborted: null,
  })
})

test('fetchMetadata reads, judges and gives up', async (t) => {
  const { page } = await world.visitor(t)
  const clientId = 'https://app.example.com/client-metadata.json'
  const outcomes = await valueOf(page, async (clientId) => {
    const metadata = {
      client_id: clientId, redirect_uris: ['https://app.example.com/cb'], scope: 'atproto', token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true,
    }
    const answering = (status, type, body) => async (request) => {
      if (!(request instanceof Request)) throw new Error('not one Request')
      return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
    }
    const outcome = (options) => lib.BrowserOAuthClient.fetchMetadata({ clientId, ...options })
      .then(({ client_id }) => client_id, ({ name, message }) => `${name}: ${message}`)
    return [
      await outcome({ fetch: answering(200, 'application/json; charset=utf-8', metadata) }),
      await outcome({ fetch: answering(404, 'application/json', {}) }),
      await outcome({ fetch: answering(200, 'text/html', metadata) }),
      await outcome({ fetch: () => new Promise(() => {}), signal: AbortSignal.timeout(20) }),
    ]
  }, clientId)
  assert.deepEqual(outcomes.slice(0, 3), [
    clientId, 'TypeError: Failed to fetch client metadata: 404', 'TypeError: Invalid client metadata content type: text/html',
  ])
  assert.match(outcomes[3], /^TimeoutError: /)
})

test('A session tells of its server', async (t) => {
  const { page } = await world.signedIn(t)
  const server = await valueOf(page, () => ({ issuer: session.server.issuer, known: session.server.serverMetadata.token_endpoint }))
  assert.deepEqual(server, { issuer: world.info.pdsUrl, known: `${world.info.pdsUrl}/oauth/token` })
})

test('Its own tab tells the app the tokens, the other tabs never do', async (t) => {
  const { page, tab } = await world.visitor(t)
  const other = await tab()
  await other.evaluate(() => {
    window.heard = []
    makeClient({ onSessionUpdated: (sub, session) => void window.heard.push([sub, session]) })
  })
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  const [sub, own] = await valueOf(page, async () => {
    let heard
    await makeClient({ onSessionUpdated: (...args) => void (heard = args) }).init()
    return heard
  })
  assert.equal(sub, alice.did)
  assert.deepEqual(own.authMethod, { method: 'none' })
  const { access_token, refresh_token, expires_at, ...facts } = own.tokenSet
  assert.deepEqual(facts, {
    iss: world.info.pdsUrl, sub: alice.did, aud: `${world.info.pdsUrl}/`, scope: 'atproto transition:generic', token_type: 'DPoP',
  })
  assert.ok(access_token.length > 20 && refresh_token.length > 20)
  assert.ok(Date.parse(expires_at) > Date.now())
  await other.waitForFunction(() => window.heard.length === 1)
  const [[, elsewhere]] = await other.evaluate(() => window.heard)
  assert.deepEqual(elsewhere.tokenSet, { ...facts, expires_at })
})

test('An account without a server is told by a DidError of its own', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  faulty.set('did', (good) => ({ ...good, service: [] }))
  const error = await valueOf(page, async ({ input, options }) => {
    const error = await makeClient(options).authorize(input).catch((error) => error)
    return [error instanceof lib.DidError, error.name, error.code, error.did, error.message, error.step, typeof error.help]
  }, { input: CAROL.handle, options: toFaulty })
  assert.deepEqual(error, [true, 'DidError', 'did-service-not-found', CAROL.did,
    `Document ${CAROL.did} does not contain a (valid) #atproto_pds service URL`, 'did', 'string'])
})

test('Each trouble with a DID document is a DidError behind the resolver\'s error', async (t) => {
  const { page } = await world.visitor(t)
  for (const [fault, code, cause] of [
    [{ status: 404, type: 'text/plain' }, 'did-fetch-error', 'FetchResponseError'],
    [{ status: 500, type: 'text/plain' }, 'did-fetch-error', 'FetchResponseError'],
    [(good) => ({ ...good, id: 'did:plc:daaaaaaaaaaaaaaaaaaaaaaa' }), 'did-document-id-mismatch'],
    [(good) => ({ ...good, alsoKnownAs: 'carol' }), 'did-document-format-error'],
  ]) {
    faulty.restore()
    faulty.set('did', fault)
    const error = await errorOf(page, async ({ input, options }) => void await makeClient(options).authorize(input),
      { input: CAROL.did, options: toFaulty })
    assertIsA(error, 'OAuthResolverError')
    assert.equal(error.message, `Failed to resolve identity: ${CAROL.did}`)
    assertIsA(error.cause, 'DidError')
    assert.equal(error.cause.code, code)
    if (cause) assertIsA(error.cause.cause, cause)
  }
})

test('A resolver of handles that is down is told by a HandleResolverError', async (t) => {
  const { page } = await world.visitor(t)
  faulty.restore()
  faulty.set('handle', { status: 500, type: 'application/json', body: '{"error":"InternalServerError"}' })
  const error = await errorOf(page, async ({ input, options }) => void await makeClient(options).authorize(input),
    { input: CAROL.handle, options: toFaulty })
  assertIsA(error, 'OAuthResolverError')
  assertIsA(error.cause, 'HandleResolverError')
  assert.equal(error.cause.message, 'Invalid status code from resolveHandle method')
})

test('What is wrong between a PDS and its authorization server is said in the official client\'s words', async (t) => {
  const { page } = await world.visitor(t)
  for (const [part, fault, message] of [
    ['resource', (good) => ({ ...good, authorization_servers: [] }), `No authorization servers found for PDS: ${faulty.origin}`],
    ['issuer', (good) => ({ ...good, protected_resources: ['https://example.com'] }),
      `PDS "${faulty.origin}" not protected by issuer "${faulty.origin}"`],
    ['issuer', { status: 404, type: 'text/plain' }, `Failed to resolve OAuth server metadata for issuer: ${faulty.origin}`],
    ['resource', { status: 500, type: 'text/plain' }, `Failed to resolve OAuth server metadata for resource: ${faulty.origin}/`],
  ]) {
    faulty.restore()
    faulty.set(part, fault)
    const error = await errorOf(page, async ({ input, options }) => void await makeClient(options).authorize(input),
      { input: CAROL.handle, options: toFaulty })
    assertIsA(error, 'OAuthResolverError')
    assert.equal(error.message, message)
  }
})

test('A text that is no DID is told as such before anything is read', async (t) => {
  const { page } = await world.visitor(t)
  const error = await errorOf(page, () => makeClient().restore('alice.example'))
  assertIsA(error, 'InvalidDidError')
  assertIsA(error, 'DidError')
  assert.equal(error.code, 'did-invalid')
})

test('A session that cannot be stored is an AggregateError behind the callback\'s, and its tokens are revoked', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  const error = await valueOf(page, async () => {
    const put = IDBObjectStore.prototype.put
    IDBObjectStore.prototype.put = function (...args) {
      if (this.name === 'session') throw new DOMException('full', 'QuotaExceededError')
      return put.apply(this, args)
    }
    const error = await makeClient().init().catch((error) => error)
    const { cause } = error
    return {
      isCallback: error instanceof lib.OAuthCallbackError, message: error.message, code: error.code,
      isAggregate: cause instanceof AggregateError, inner: cause.errors?.map(({ code }) => code),
    }
  })
  assert.deepEqual(error, {
    isCallback: true, message: `Failed to store session for ${alice.did}`, code: 'STORAGE_FULL', isAggregate: true, inner: ['STORAGE_FULL'],
  })
  assert.deepEqual(await world.control.tokens(alice.did), [])
})

test('isExpectedSessionError tells the end of a session from trouble', async (t) => {
  const { page } = await world.visitor(t)
  const told = await valueOf(page, async (did) => {
    const gone = await makeClient().restore(did).catch((error) => error)
    return [gone, new lib.TokenRevokedError(did), new TypeError('x'), new Error('x'), new lib.OAuthResolverError('x'), undefined]
      .map((error) => lib.isExpectedSessionError(error))
  }, alice.did)
  assert.deepEqual(told, [true, true, true, false, false, false])
})
