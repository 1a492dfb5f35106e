// Workers that cannot read or write stored keys, as WebKit's shared workers cannot: the page refreshes, and nothing is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantSession } from './support/cheap-session.mjs'
import { grants } from './support/control.mjs'
import { harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { launchFirefox, launchWebKit } from './support/webdriver.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

const PLACE = { refreshIn: 'shared-worker' }

/** Less than a page waits for a worker that does not answer at all, in milliseconds. */
const AT_ONCE = 2_000

const restored = async (options) => {
  const found = await makeClient(options).init(false)
  window.session = found?.session
  return found?.session.did
}

/** Runs in the page: refreshes; how long that took. */
const refreshed = async () => {
  const start = performance.now()
  await session.getTokenInfo(true)
  return performance.now() - start
}

const status = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

/** Whether a row for the account is stored, as a page sees it. */
const isStored = async (did) => {
  const opening = indexedDB.open('@atproto-oauth-client', 1)
  const database = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)))
  const reading = database.transaction('session').objectStore('session').get(did)
  await new Promise((resolve) => (reading.onsuccess = resolve))
  database.close()
  return reading.result?.value.tokenSet.sub === did
}

/** A page whose worker is of no use refreshes twice; a later page has the session. */
async function keepsItsSession(page, reload) {
  await grantSession(page, alice, world)
  assert.equal(await valueOf(page, restored, PLACE), alice.did)
  const mark = await control.mark()
  const first = await valueOf(page, refreshed)
  const second = await valueOf(page, refreshed)
  assert.equal(grants(await control.since(mark)).length, 2)
  assert.ok(first < AT_ONCE && second < AT_ONCE, `refreshed after ${first} and ${second} ms`)
  assert.equal(await valueOf(page, status), 200)
  assert.equal(await valueOf(page, isStored, alice.did), true)
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `updated ${alice.did}`])

  await reload()
  assert.equal(await valueOf(page, restored, PLACE), alice.did)
  assert.equal(await valueOf(page, status), 200)
}

/** What a stand-in does in the worker: see support/harness-server.mjs. */
const STAND_INS = [['that can neither read nor write a key', 'yes'], ['whose database gives out no session', 'sessions']]

/** Tries the worker as it is, and each stand-in, in a browser that is driven from outside. */
async function inBrowser(t, browser) {
  t.after(() => browser.close())
  const reload = () => browser.open(`${origin}/?again`)
  await t.test('the worker as it is', async () => {
    await browser.open(`${origin}/`)
    await keepsItsSession(browser, reload)
  })
  for (const [what, value] of STAND_INS) {
    await t.test(`a worker ${what}`, async () => {
      await browser.addCookie('keyless-worker', value)
      // A worker of its own: another than that of the page before.
      await browser.open(`${origin}/?${value}`)
      await keepsItsSession(browser, reload)
    })
  }
}

test('WebKit', async (t) => inBrowser(t, await launchWebKit()))

test('Firefox', async (t) => inBrowser(t, await launchFirefox()))

for (const [what, value] of STAND_INS) {
  test(`Chromium: a shared worker ${what} leaves refreshes to the page`, async (t) => {
    const { context, page } = await world.visitor(t)
    await context.addCookies([{ name: 'keyless-worker', value, url: origin }])
    await keepsItsSession(page, async () => {
      await page.goto(`${origin}/?again`)
      await harnessReady(page)
    })
  })
}
