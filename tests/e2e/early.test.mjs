// A returning user's session before the WebAssembly core is loaded: what it does without the core, and what it leaves to the core.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { DATABASE, activeAccount, expireToken, storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { initPage, signIn, signInWithoutPages } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

const CORE = '**/core_bg.wasm'
const GET_SESSION = '/xrpc/com.atproto.server.getSession'
const NONCES = `atproto-oauth-wasm:nonces:${alice.did}`

/** The pages whose request for the core is held back. */
const asking = new Set()

/** Holds the core back from a page; the returned function releases it. */
async function holdCore(page) {
  let release
  const held = new Promise((resolve) => { release = resolve })
  await page.route(CORE, async (route) => {
    asking.add(page)
    await held
    asking.delete(page)
    // The page may have been closed.
    await route.continue().catch(() => undefined)
  })
  return release
}

/** A returning user: signed in, with stored nonces, on a page whose core is held back. */
async function returning(t) {
  const visitor = await world.signedIn(t)
  const { page } = visitor
  await request(page)
  await eventually(() => page.evaluate((name) => localStorage.getItem(name)?.includes(' '), NONCES), 'the nonce is kept')
  await page.reload()
  await harnessReady(page)
  return { ...visitor, release: await holdCore(page) }
}

const request = (page) => valueOf(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION)

/** Starts something in the page that waits for the core, and comes back when that is seen to wait. */
async function waiting(page, step, argument) {
  await page.evaluate(`void (window.outcome = undefined, attempt(${step}, ${JSON.stringify(argument)}).then((outcome) => { window.outcome = outcome }))`)
  await eventually(() => asking.has(page), 'the core is asked for')
  // Longer than anything takes from there that needs no core.
  await page.waitForTimeout(300)
  assert.equal(await page.evaluate(() => window.outcome), undefined, 'it waits')
  return async () => {
    await eventually(() => page.evaluate(() => window.outcome !== undefined), 'it ends')
    return page.evaluate(() => JSON.parse(JSON.stringify(window.outcome)))
  }
}

/** Changes the stored session as `change(row)` says. */
function changeRow(page, change) {
  return page.evaluate(`(async () => {
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const database = await settle(indexedDB.open('${DATABASE}'))
    const rows = database.transaction('session', 'readwrite').objectStore('session')
    const row = await settle(rows.get('${alice.did}'))
    ;(${change})(row.value)
    await settle(rows.put(row, '${alice.did}'))
    database.close()
  })()`)
}

test('A session is restored and makes requests before the core is loaded', async (t) => {
  const { page, outgoing, release } = await returning(t)
  const before = outgoing().length
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.equal(await request(page), 200)
  assert.deepEqual(outgoing().slice(before).filter(({ method }) => method === 'GET').map(({ url }) => url),
    [`${world.info.pdsUrl}${GET_SESSION}`], 'one request, and nothing before it')
  const facts = await valueOf(page, () => [session.did, session.serverMetadata.issuer, session.server.issuer, client.active])
  assert.deepEqual(facts, [alice.did, world.info.pdsUrl, world.info.pdsUrl, alice.did])

  const info = await waiting(page, async () => (await session.getTokenInfo(false)).sub)
  release()
  assert.deepEqual(await info(), { value: alice.did })
  assert.equal(await request(page), 200)
  assert.deepEqual(await hookCalls(page), [])
})

test('`restore` gives an early session too, any number of times', async (t) => {
  const { page, release } = await returning(t)
  const statuses = await valueOf(page, async ({ did, path }) => {
    makeClient()
    const sessions = await Promise.all([client.restore(did), client.restore(did, false), client.initRestore().then((found) => found.session)])
    const answers = await Promise.all(sessions.map((session) => session.fetchHandler(path)))
    window.session = sessions[0]
    return answers.map(({ status }) => status)
  }, { did: alice.did, path: GET_SESSION })
  assert.deepEqual(statuses, [200, 200, 200])
  release()
  // One account, one session in the core: what one of them does, all see.
  await valueOf(page, () => session.signOut())
  assert.deepEqual(await storedSessions(page), [])
})

test('A request for which the server wants another nonce is sent again once the core is loaded', async (t) => {
  const { page, outgoing, release } = await returning(t)
  await initPage(page)
  await control.rotateNonce()
  const before = outgoing().length
  const answer = await waiting(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION)
  release()
  assert.deepEqual(await answer(), { value: 200 })
  assert.equal(outgoing().slice(before).filter(({ method }) => method === 'GET').length, 2, 'refused once')
})

test('A nonce of a response is stored for the next page', async (t) => {
  const { page, release } = await returning(t)
  release()
  await initPage(page)
  await page.evaluate((name) => localStorage.removeItem(name), NONCES)
  await control.rotateNonce()
  assert.equal(await request(page), 200)
  await eventually(() => page.evaluate((name) => localStorage.getItem(name) !== null, NONCES), 'the nonce is kept')
})

test('If the core cannot be loaded, a valid token still works, and loading is tried again', async (t) => {
  const { page } = await world.signedIn(t)
  assert.equal(await request(page), 200)
  await page.reload()
  await harnessReady(page)
  await page.route(CORE, (route) => route.abort())
  assert.deepEqual(await initPage(page), { sub: alice.did })
  const fact = () => errorOf(page, async () => (await session.getTokenInfo(false)).sub)
  assertTyped(await fact(), { code: 'WASM_UNAVAILABLE', retryable: true })
  assert.equal(await request(page), 200)
  assertTyped(await fact(), { code: 'WASM_UNAVAILABLE', retryable: true })
  await page.unroute(CORE)
  assert.equal(await valueOf(page, async () => (await session.getTokenInfo(false)).sub), alice.did)
  assert.equal(await request(page), 200)
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

/** The core's outcomes: the session as it was stored, or with new tokens, or an error. */
const AS_STORED = { value: alice.did, refreshes: 0 }
const REFRESHED = { value: alice.did, refreshes: 1 }
const refused = (code) => ({ code, refreshes: 0 })

for (const [what, spoil, expected] of [
  ['has expired', (page) => expireToken(page, alice.did), REFRESHED],
  ['is about to expire', (page) => changeRow(page, (value) => {
    value.tokenSet.expires_at = new Date(Date.now() + 5_000).toISOString()
    value.extra.resume.until = Date.now() - 55_000
  }), REFRESHED],
  // A second refresh, before it has expired, may pass for a replay.
  ['may be spent already', (page) => changeRow(page, (value) => {
    value.extra.refreshStartedAt = Date.now()
    delete value.extra.resume
  }), AS_STORED],
  ['has a ticket of another form', (page) => changeRow(page, (value) => { value.extra.resume.version = 2 }), AS_STORED],
  ['has a ticket for a client with other options', (page) => changeRow(page, (value) => { value.extra.resume.client = 'another' }), AS_STORED],
  ['has a ticket that does not end', (page) => changeRow(page, (value) => { delete value.extra.resume.until }), AS_STORED],
  ['was stored by the official client', (page) => changeRow(page, (value) => { delete value.extra }), AS_STORED],
  ['has no end that can be read', (page) => changeRow(page, (value) => { value.tokenSet.expires_at = 'soon' }), refused('STORAGE_CORRUPT')],
  ['comes with a key that is none', (page) => changeRow(page, (value) => { value.dpopKey.keyPair = {} }), refused('STORAGE_CORRUPT')],
  ['was granted to another client', (page) => changeRow(page, (value) => { value.extra.clientId = 'https://app.example' }), refused('SESSION_GONE')],
  ['is of another account', (page) => changeRow(page, (value) => { value.tokenSet.sub = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }),
    refused('SESSION_OF_ANOTHER')],
  ['is none', (page) => changeRow(page, (value) => { value.tokenSet.access_token = 7 }), refused('STORAGE_CORRUPT')],
  ['was corrected by a clock that is none', (page) => changeRow(page, (value) => {
    value.extra.clockOffset = 'later'
    value.extra.resume.clockOffset = 'later'
  }), AS_STORED],
  ['has gone', (page) => page.evaluate((name) => new Promise((done) => { indexedDB.deleteDatabase(name).onsuccess = done }), DATABASE),
    refused('SESSION_GONE')],
]) {
  test(`A stored token that ${what} is left to the core`, async (t) => {
    const { page, outgoing, release } = await returning(t)
    await spoil(page)
    const before = outgoing().length
    const outcome = await waiting(page, async () => (await makeClient().init())?.session.sub)
    release()
    const { error, value } = await outcome()
    const refreshes = outgoing().slice(before).filter(({ url }) => url.endsWith('/oauth/token')).length
    assert.deepEqual(error ? { code: error.code, refreshes } : { value, refreshes }, expected, error?.message)
  })
}

test('Options that no ticket was written for are left to the core', async (t) => {
  const { page, release } = await returning(t)
  const outcome = await waiting(page, async () => makeClient({ plcDirectoryUrl: 'nowhere' }).init())
  release()
  assertTyped((await outcome()).error, { code: 'OPTION_INVALID', step: 'configure' })
})

test('An authorization response in the address is left to the core, whoever is signed in', async (t) => {
  const { page, release } = await returning(t)
  await page.evaluate(() => { location.hash = 'state=unknown&code=x&iss=https%3A%2F%2Fserver.example' })
  const outcome = await waiting(page, async () => (await makeClient().init()).session.did)
  release()
  assert.equal((await outcome()).value, alice.did, 'an answer that belongs to no sign-in keeps nobody from the session')
  assert.equal(new URL(page.url()).hash, '')
})

test('Switching to another account is left to the core, which makes it the active one', async (t) => {
  const { context, page } = await world.visitor(t)
  await signIn(page, bob, { origin })
  await signIn(page, alice, { origin })
  await page.reload()
  await harnessReady(page)
  const release = await holdCore(page)
  const outcome = await waiting(page, async (did) => {
    window.session = await makeClient().switchTo(did)
    return [session.did, client.active]
  }, bob.did)
  release()
  assert.deepEqual(await outcome(), { value: [bob.did, bob.did] })
  assert.equal(await activeAccount(page), bob.did)
  await context.close()
})

test('If another tab switches accounts meanwhile, its choice stays', async (t) => {
  const { page, tab } = await world.visitor(t)
  await signInWithoutPages(page, bob, world)
  await signInWithoutPages(page, alice, world)
  await page.reload()
  await harnessReady(page)
  const release = await holdCore(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  const other = await tab()
  await valueOf(other, async (did) => void await makeClient().switchTo(did), bob.did)
  release()
  assert.equal(await valueOf(page, async () => (await session.getTokenInfo(false)).sub), alice.did)
  assert.equal(await activeAccount(page), bob.did)
  assert.equal(await page.evaluate(() => client.active), bob.did)
})

test('A session that ended in another tab meanwhile rejects, and the app is notified once', async (t) => {
  const { page, tab, release } = await returning(t)
  await initPage(page)
  const other = await tab()
  await initPage(other)
  await valueOf(other, () => session.signOut())
  // The PDS refuses a revoked token; what else that means, the core finds out.
  const answer = await waiting(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION)
  release()
  assertIsA((await answer()).error, 'TokenRefreshError')
  await eventually(async () => (await hookCalls(page)).length > 0, 'the app is told')
  assert.deepEqual(await hookCalls(page), [`deleted ${alice.did}`])
  assertIsA(await errorOf(page, async (path) => { await session.fetchHandler(path) }, GET_SESSION), 'TokenRefreshError')
})

test('Messages of other tabs are handled once the core is loaded', async (t) => {
  const { page, tab, release } = await returning(t)
  await valueOf(page, async () => {
    window.told = []
    const client = makeClient()
    for (const type of ['changed', 'updated', 'deleted']) client.addEventListener(type, () => window.told.push(type))
    window.session = (await client.init()).session
  })
  const other = await tab()
  await initPage(other)
  await valueOf(other, async (did) => void await client.restore(did, true), alice.did)
  await signInWithoutPages(other, bob, world)
  release()
  await eventually(async () => (await hookCalls(page)).length > 1, 'the app is told of both')
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `updated ${bob.did}`])
  await eventually(() => page.evaluate(() => window.told.includes('changed')), 'and of the account')
  assert.equal(await request(page), 200, 'with the tokens of the other tab')
})

test('A page that makes no call handles a sign-out in another tab', async (t) => {
  const { page, tab, release } = await returning(t)
  await initPage(page)
  const other = await tab()
  await initPage(other)
  await valueOf(other, () => session.signOut())
  release()
  await eventually(async () => (await hookCalls(page)).length > 0, 'the app is told')
  assertIsA(await errorOf(page, async (path) => { await session.fetchHandler(path) }, GET_SESSION), 'TokenRefreshError')
  assert.deepEqual(await hookCalls(page), [`deleted ${alice.did}`])
})

test('Signing out before the core is loaded signs out', async (t) => {
  const { page, release } = await returning(t)
  await initPage(page)
  const outcome = await waiting(page, () => session.signOut())
  release()
  assert.equal((await outcome()).error, undefined)
  assert.deepEqual([await storedSessions(page), await control.tokens(alice.did)], [[], []])
  assertIsA(await errorOf(page, async (path) => { await session.fetchHandler(path) }, GET_SESSION), 'TokenRevokedError')
})

test('A disposed client gives no early session', async (t) => {
  const { page, release } = await returning(t)
  await page.evaluate(() => { makeClient().dispose() })
  assertTyped(await errorOf(page, async () => client.init()), { code: 'DISPOSED' })
  release()
})

test('A session still works after its client was disposed of before the core was loaded', async (t) => {
  const { page, release } = await returning(t)
  await initPage(page)
  await page.evaluate(() => client.dispose())
  assert.equal(await request(page), 200)
  release()
  assertTyped(await errorOf(page, async () => (await client.accounts()).length), { code: 'DISPOSED' })
  assert.equal(await request(page), 200, 'as any session does, while its token is good')
})

test('The app is notified of the end of a session also if its hook throws', async (t) => {
  const { page, tab, release } = await returning(t)
  await valueOf(page, async () => {
    window.ends = 0
    const onSessionDeleted = () => {
      window.ends += 1
      throw new Error('the app')
    }
    window.session = (await makeClient({ onSessionDeleted }).init()).session
  })
  const other = await tab()
  await initPage(other)
  await valueOf(other, () => session.signOut())
  release()
  const fail = () => errorOf(page, async (path) => { await session.fetchHandler(path) }, GET_SESSION)
  assertIsA(await fail(), 'TokenRefreshError')
  assertIsA(await fail(), 'TokenRefreshError')
  assert.equal(await page.evaluate(() => window.ends), 1)
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

test('A proof is the same whether the core was there for it or not, but for what makes it one of its own', async (t) => {
  const { page, release } = await returning(t)
  const proofs = async () => valueOf(page, async (path) => {
    const [real, seen] = [window.fetch, []]
    window.fetch = (url, init) => {
      if (init?.headers?.dpop) seen.push(init.headers.dpop)
      return real(url, init)
    }
    await session.fetchHandler(path)
    await session.fetchHandler(path)
    window.fetch = real
    const read = (part) => JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    return seen.map((proof) => proof.split('.').slice(0, 2).map(read))
  }, GET_SESSION)
  await initPage(page)
  const early = await proofs()
  release()
  await valueOf(page, async () => void (await session.getTokenInfo(false)))
  const late = await proofs()
  const all = [...early, ...late]
  assert.equal(new Set(all.map(([, { jti }]) => jti)).size, all.length)
  // The server has another nonce every now and then.
  const [{ iat: first }, ...others] = all.map(([, claims]) => claims)
  assert.ok(others.every(({ iat, nonce }) => Math.abs(iat - first) < 60 && nonce.length > 20))
  const shared = all.map(([header, { htm, htu, ath, ...others }]) => [header, htm, htu, ath, Object.keys(others).sort()])
  for (const proof of shared) assert.deepEqual(proof, shared[0])
})

test('A request goes where a URL parser says, or nowhere', async (t) => {
  const { page } = await returning(t)
  const { seen, same, refused } = await valueOf(page, async (pds) => {
    const asked = []
    const record = async (request) => {
      asked.push(request.url)
      return new Response('{}')
    }
    const { session } = await makeClient({ fetch: record }).init()
    const pieces = ['/', '.', '..', '%2e', '%2F', 'a', '?', '=', '&', ':', '@', '~', '-', '_', '+', ',', 'x.y']
    const outcome = { seen: 0, same: 0, refused: 0 }
    let seed = 7
    const random = () => (seed = seed * 48271 % 2147483647) % pieces.length
    for (let turn = 0; turn < 300; turn += 1) {
      const path = `/x${Array.from({ length: 1 + turn % 6 }, () => pieces[random()]).join('')}`
      asked.length = 0
      // What is not plain waits for the core, which is held.
      const sent = await Promise.race([session.fetchHandler(path), new Promise((done) => setTimeout(done, 20))])
      if (!sent) continue
      outcome.seen += 1
      if (asked[0] === new URL(path, pds).href) outcome.same += 1
    }
    for (const path of ['//evil.example/x', '/\\evil.example', 'https://evil.example/x']) {
      asked.length = 0
      await Promise.race([session.fetchHandler(path), new Promise((done) => setTimeout(done, 20))])
      if (asked.length === 0) outcome.refused += 1
    }
    return outcome
  }, world.info.pdsUrl)
  assert.ok(seen > 100, `${seen} paths were plain`)
  assert.equal(same, seen)
  assert.equal(refused, 3)
})
