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

/** Tries the worker as it is, and each stand-in, in browsers that are driven from outside: a new one for each, with no worker yet. */
async function tryIn(t, launch) {
  for (const [what, value] of [['as it is'], ...STAND_INS]) {
    await t.test(`a worker ${what}`, async (t) => {
      const browser = await launch()
      t.after(() => browser.close())
      await browser.open(`${origin}/`)
      if (value) await browser.addCookie('keyless-worker', value)
      await keepsItsSession(browser, () => browser.open(`${origin}/?again`))
    })
  }
}

test('WebKit', (t) => tryIn(t, launchWebKit))

test('Firefox', (t) => tryIn(t, launchFirefox))

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
