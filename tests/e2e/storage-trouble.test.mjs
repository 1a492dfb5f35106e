// Storage that is denied, that hangs, that is full, or that is taken away while the page lives.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTyped } from './support/error-shape.mjs'
import { activeAccount, DATABASE, readDatabase, storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { initPopup, openPopup, outcomeIn } from './support/popup.mjs'
import { initPage, startSignIn, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

/** What a browser does to the app's pages in place of opening a database; the server's own pages are let be. */
const DENIALS = {
  denied: "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('Access denied', 'SecurityError') } })",
  refused: "IDBFactory.prototype.open = () => { throw new DOMException('A mutation operation was attempted', 'InvalidStateError') }",
  absent: "Object.defineProperty(window, 'indexedDB', { value: undefined })",
  hanging: 'IDBFactory.prototype.open = () => new EventTarget()',
}
const inHarness = (script) => `if (location.origin === '${origin}') { ${script} }`

/** A visitor whose pages, popups included, have no storage. */
async function visitorWithout(t, denial) {
  const someone = await world.visitor(t)
  await someone.context.addInitScript({ content: inHarness(DENIALS[denial]) })
  await load(someone.page)
  return someone
}

async function load(page) {
  await page.goto(`${origin}/`)
  await harnessReady(page)
}

const persistence = (page) => page.evaluate(() => window.client.persistence)
const statusOf = (page) => valueOf(page, async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status)

for (const denial of Object.keys(DENIALS)) {
  test(`Where the database is ${denial}, a popup signs in for as long as the page lives, and a redirect says that it cannot`, async (t) => {
    const someone = await visitorWithout(t, denial)
    const { page } = someone
    assert.equal(await initPage(page), undefined)
    assert.equal(await persistence(page), 'memory')

    const before = await control.mark()
    const refused = await errorOf(page, async (handle) => { await client.signIn(handle) }, alice.handle)
    assertTyped(refused, { code: 'STORAGE_DENIED', help: /popup/, retryable: false })
    assert.deepEqual(await control.since(before), [], 'nothing is asked of any server')
    assert.equal(page.url(), `${origin}/`)

    const popup = await openPopup(someone, alice.handle)
    await walkBack(popup, alice, { origin })
    const closed = popup.waitForEvent('close')
    const said = await initPopup(popup)
    if (said) assert.equal(said.error.code, 'LOGIN_CONTINUED_IN_PARENT_WINDOW')
    assert.deepEqual(await outcomeIn(page), { value: { sub: alice.did, status: 200 } })
    await closed

    await valueOf(page, async (did) => { window.session = await client.restore(did, true) }, alice.did)
    assert.equal(await statusOf(page), 200, 'and it is refreshed')
    assert.equal((await control.tokens(alice.did)).length, 1)
    assert.equal(await activeAccount(page), null, 'no pointer to what is not stored')
    await valueOf(page, async () => { await session.signOut() })
    await valueOf(page, async () => { await session.signOut() })
    assert.deepEqual(await control.tokens(alice.did), [])
    assert.deepEqual(await page.evaluate(() => window.unhandled), [])
    assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `updated ${alice.did}`, `deleted ${alice.did}`])
  })
}

test('Before anything was stored, a redirect that would lose its sign-in is refused all the same', async (t) => {
  const { page } = await visitorWithout(t, 'absent')
  const refused = await errorOf(page, async (handle) => { await makeClient().signIn(handle) }, alice.handle)
  assertTyped(refused, { code: 'STORAGE_DENIED', help: /popup/ })
  assert.equal(page.url(), `${origin}/`)
})

test('A popup that nobody has opened keeps its error', async (t) => {
  const { page } = await visitorWithout(t, 'denied')
  await page.goto(`${origin}/#state=AAAAAAAAAAAAAAAAAAAAAA&iss=x&code=x`)
  await page.reload()
  await harnessReady(page)
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertTyped(error, { code: 'CALLBACK_UNKNOWN_STATE' })
  assert.equal(page.isClosed(), false)
})

test('Without a BroadcastChannel a popup is refused before it goes anywhere', async (t) => {
  const someone = await world.visitor(t)
  await someone.context.addInitScript({ content: 'delete window.BroadcastChannel' })
  await load(someone.page)
  await openPopup(someone, alice.handle)
  const { error } = await outcomeIn(someone.page)
  assertTyped(error, { code: 'POPUP_UNSUPPORTED', step: 'redirect' })
})

test('A session that storage withholds for once is there again the next time', async (t) => {
  const { context, page } = await world.signedIn(t)
  const other = await context.newPage()
  await other.addInitScript({ content: inHarness(DENIALS.hanging) })
  await load(other)
  assert.equal(await initPage(other), undefined)
  assert.equal(await persistence(other), 'memory')
  assertTyped(await errorOf(other, async (did) => { await client.restore(did) }, alice.did), { code: 'STORAGE_DENIED' })
  assert.deepEqual(await hookCalls(other), [])
  assert.equal(await activeAccount(other), alice.did)
  await load(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.equal(await persistence(page), 'durable')
  assert.equal(await statusOf(page), 200)
})

test('A page without WebCrypto says so of a stored session, and leaves it as it is', async (t) => {
  const { context, page } = await world.signedIn(t)
  const insecure = await context.newPage()
  await insecure.addInitScript({ content: inHarness("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })") })
  await load(insecure)
  const error = await errorOf(insecure, async () => { await makeClient().init() })
  assertTyped(error, { code: 'WEBCRYPTO_UNAVAILABLE', help: /https/, retryable: false })
  assert.deepEqual(await hookCalls(insecure), [])
  assert.deepEqual(await storedSessions(page), [alice.did])
  await load(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
})

test('A session whose database the user clears lives until it needs it, is then over, and is not written back', async (t) => {
  const { page, tab } = await world.signedIn(t)
  const other = await tab()
  await other.evaluate((name) => new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = resolve
    request.onerror = reject
    request.onblocked = reject
  }), DATABASE)
  assert.equal(await statusOf(page), 200)
  assert.equal(await readDatabase(page), null)
  const error = await errorOf(page, async () => { await session.getTokenInfo(true) })
  assertTyped(error, { isA: 'TokenRefreshError', code: 'SESSION_GONE', sub: alice.did })
  assertTyped(await errorOf(page, async () => { await session.fetchHandler('/') }), { code: 'SESSION_GONE' })
  assert.deepEqual(await storedSessions(page), [])
  assert.deepEqual((await hookCalls(page)).filter((call) => call.startsWith('deleted')), [`deleted ${alice.did}`])
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

test('Where the disk is full no sign-in begins, and one does as soon as it is not', async (t) => {
  const { context, page } = await world.visitor(t)
  const devtools = await context.newCDPSession(page)
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  const refused = await errorOf(page, async (handle) => { await makeClient().signIn(handle) }, alice.handle)
  assertTyped(refused, { code: 'STORAGE_FULL', step: 'storage', retryable: true })
  assert.equal(page.url(), `${origin}/`)
  assert.equal(await persistence(page), 'durable')
  await devtools.send('Storage.overrideQuotaForOrigin', { origin })
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  assert.equal((await initPage(page)).sub, alice.did)
})
