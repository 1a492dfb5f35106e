// Several clients in one page and several apps on one origin: none costs another its sign-in or its session.
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { grants } from './support/control.mjs'
import { assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, hookCalls, outcomeOf, valueOf } from './support/page.mjs'
import { consentAhead, initPage } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

const GET_SESSION = '/xrpc/com.atproto.server.getSession'

afterEach(() => control.holdTokens(0))

/** The page that the server sends the user back to, with nothing done there yet. */
async function calledBack(t, options) {
  const visitor = await world.visitor(t)
  const { page } = visitor
  await page.evaluate((options) => void makeClient(options), options)
  await consentAhead(page, alice, world)
  await page.evaluate((handle) => void client.signIn(handle, { state: 'mine' }).catch(() => {}), alice.handle)
  await page.waitForURL((url) => url.hash.includes('code='), { waitUntil: 'commit' })
  await harnessReady(page)
  return visitor
}

/** What React's StrictMode makes of a component that makes a client: it is mounted, unmounted and mounted again. */
const mountedTwice = async () => {
  const first = makeClient()
  const begun = attempt(() => first.init())
  void first.dispose()
  const second = makeClient()
  const found = await second.init()
  window.session = found?.session
  await begun
  return found && { did: found.session.did, state: found.state }
}

test('A client that is disposed of on the callback page leaves the sign-in to the next', async (t) => {
  const { page } = await calledBack(t)
  const mark = await control.mark()
  assert.deepEqual(await valueOf(page, mountedTwice), { did: alice.did, state: 'mine' })
  assert.equal(grants(await control.since(mark)).length, 1, 'the code is spent once')
  assert.equal(await valueOf(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION), 200)
  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

test('A client that is disposed of costs a returning user nothing', async (t) => {
  const { page } = await world.signedIn(t)
  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await valueOf(page, mountedTwice), { did: alice.did })
  assert.equal(await valueOf(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION), 200)
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

test('A refresh that is under way when its client is disposed of is stored', async (t) => {
  const { page } = await world.signedIn(t)
  await control.holdTokens(400)
  const mark = await control.mark()
  await page.evaluate(() => void (window.refresh = attempt(() => session.getTokenInfo(true))))
  await eventually(async () => (await control.since(mark)).some(({ url }) => url === '/oauth/token'), 'the refresh is sent')
  await page.evaluate(() => client.dispose())
  const { error } = await page.evaluate(() => window.refresh)
  assert.equal(error, undefined)
  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.equal(await valueOf(page, async () => (await session.getTokenInfo(true)).sub), alice.did, 'it can be refreshed again')
})

/** Runs in the page: a client of a second app of the origin, with another scope and so another client id. */
const SECOND_APP = `(options = {}) => makeClient({
  clientMetadata: lib.buildAtprotoLoopbackClientMetadata({ scope: 'atproto', redirect_uris: [location.origin + '/'] }), ...options,
})`

/** Signs in to the second app, consent being given at the server; resolves to the facts of what it has. */
async function signInToSecond(page, account) {
  const url = await valueOf(page, `async (handle) => {
    window.second = (${SECOND_APP})()
    return String(await second.authorize(handle))
  }`, account.handle)
  const answer = new URL(await control.consent(url, account.did)).hash.slice(1)
  return valueOf(page, async (answer) => {
    const { session } = await second.initCallback(new URLSearchParams(answer))
    window.secondSession = session
    return (await session.getTokenInfo(false)).scope
  }, answer)
}

test('Two apps of one origin do not see each other', async (t) => {
  const { page } = await world.signedIn(t)
  await page.evaluate(() => { window.first = client })
  const seen = await valueOf(page, `async (did) => {
    window.second = (${SECOND_APP})()
    const found = await second.init()
    const accounts = await second.accounts()
    await second.revoke(did)
    return { found: found ?? null, accounts, active: second.active ?? null }
  }`, alice.did)
  assert.deepEqual(seen, { found: null, accounts: [], active: null })
  assert.equal(await valueOf(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION), 200)

  assert.equal(await signInToSecond(page, alice), 'atproto')
  assert.equal(await valueOf(page, async () => (await session.getTokenInfo(true)).scope), 'atproto transition:generic')
  assert.equal(await valueOf(page, async () => (await secondSession.getTokenInfo(true)).scope), 'atproto')
  assert.equal((await storedSessions(page)).length, 2)

  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.equal(await valueOf(page, async () => (await session.getTokenInfo(true)).scope), 'atproto transition:generic')
  const second = await valueOf(page, `async () => {
    window.second = (${SECOND_APP})()
    window.secondSession = (await second.init()).session
    return (await secondSession.getTokenInfo(true)).scope
  }`)
  assert.equal(second, 'atproto')
  await page.evaluate(() => { window.hooks = [] })
  await valueOf(page, async () => { await secondSession.signOut() })
  assert.deepEqual(await hookCalls(page), [`deleted ${alice.did}`], 'its own app is told, and no other')
  assert.equal(await valueOf(page, async (path) => (await session.fetchHandler(path)).status, GET_SESSION), 200)
})

test('Each of two apps comes back to the account it used last', async (t) => {
  const { page } = await world.signedIn(t)
  await signInToSecond(page, bob)
  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  const other = await valueOf(page, `async () => (await (${SECOND_APP})().init()).session.did`)
  assert.equal(other, bob.did)
})

test('Two apps that begin at once in one page share neither answer nor session', async (t) => {
  const { page } = await calledBack(t)
  const both = await valueOf(page, `async () => {
    const first = makeClient()
    const second = (${SECOND_APP})()
    const [there, here] = await Promise.all([second.init(), first.init()])
    return { there: there ?? null, here: here.session.did, state: here.state }
  }`)
  assert.deepEqual(both, { there: null, here: alice.did, state: 'mine' })
})

test('An app with a name of its own shares nothing with others', async (t) => {
  const { page, context } = await world.visitor(t)
  const url = await valueOf(page, async (handle) => {
    makeClient({ storageName: 'mine' })
    return String(await client.authorize(handle))
  }, alice.handle)
  const answer = new URL(await control.consent(url, alice.did)).hash.slice(1)
  await valueOf(page, async (answer) => { await client.initCallback(new URLSearchParams(answer)) }, answer)
  const names = await page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    items: Object.keys(localStorage).filter((name) => !name.startsWith('mine')),
  }))
  assert.deepEqual(names, { databases: ['mine'], items: [] })

  const later = await context.newPage()
  await later.goto(`${origin}/`)
  await harnessReady(later)
  assert.equal(await initPage(later), undefined)
  assert.deepEqual(await initPage(later, { storageName: 'mine' }), { sub: alice.did })
  await valueOf(later, async () => { await session.getTokenInfo(true) })
  await valueOf(later, async () => { await session.signOut() })
  assert.deepEqual(await initPage(later, { storageName: 'mine' }), undefined)
  for (const storageName of ['', 7]) {
    assertTyped(await errorOf(later, async (storageName) => { await makeClient({ storageName }).init() }, storageName),
      { code: 'OPTION_INVALID' })
  }
})

test('A sign-out does not wait for a refresh that hangs, and what comes of it is revoked', async (t) => {
  const { page, tab } = await world.signedIn(t)
  const other = await tab()
  await initPage(other)
  await control.holdTokens(4_000)
  const mark = await control.mark()
  await page.evaluate(() => void (window.refresh = attempt(() => session.getTokenInfo(true))))
  await eventually(async () => (await control.since(mark)).some(({ url }) => url === '/oauth/token'), 'the refresh is sent')
  const before = Date.now()
  await valueOf(other, async () => { await session.signOut() })
  assert.ok(Date.now() - before < 3_000, 'at once')
  assert.deepEqual(await storedSessions(page), [])
  const { error } = await outcomeOf(page, async () => window.refresh.then(({ error }) => { if (error) throw Object.assign(new Error(error.message), error) }))
  assert.equal(error?.code, 'SIGNED_OUT')
  await eventually(async () => (await control.tokens(alice.did)).length === 0, 'the late tokens are revoked')
  assert.deepEqual(await storedSessions(page), [])
})
