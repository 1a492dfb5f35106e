// The page is closed during a refresh: where the refresh is done in a worker, the session lives on.
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { grantSession } from './support/cheap-session.mjs'
import { grants } from './support/control.mjs'
import { harnessReady, hookCalls, outcomeOf, valueOf } from './support/page.mjs'
import { random } from './support/random.mjs'
import { times } from './support/soak.mjs'
import { startWorld } from './support/world.mjs'

/** How long the server's answer is on its way. */
const HELD = 500
/** The page is closed at a moment in this time: before the request, during it, after it. */
const SPAN = 800
const SEED = Number(process.env.E2E_SEED ?? 20261121)

const world = await startWorld()
const { alice, browser, control, origin } = world

afterEach(() => control.holdTokens(0))

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

async function tabOf(context) {
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  await harnessReady(page)
  return page
}

/** Somebody's browser, in which no page of the app is open. */
async function someone(t, client) {
  const context = await browser.newContext()
  context.setDefaultTimeout(15_000)
  t.after(() => context.close())
  await context.addCookies([{ name: 'client', value: client, url: origin }])
  return context
}

/** Runs in a page: takes the session up as it is. */
const open = async (options) => {
  const restored = await makeClient(options).init(false)
  window.session = restored?.session
}

/** Closes the only page `moment` milliseconds into a refresh; whether the next page has the session. */
async function survives(context, options, moment) {
  const page = await tabOf(context)
  await grantSession(page, alice, world)
  await valueOf(page, open, options)
  await page.evaluate(() => void session.getTokenInfo(true).catch(() => {}))
  await pause(moment)
  await page.close()
  const next = await tabOf(context)
  // What is still on its way when the next page asks is lost or kept all the same.
  await pause(HELD)
  const found = await outcomeOf(next, async (options) => {
    const restored = await makeClient(options).init()
    return (await restored?.session.fetchHandler('/xrpc/com.atproto.server.getSession'))?.status
  }, options)
  await next.close()
  return found.value === 200
}

/** How many of the sessions were lost, the moments being the same for whoever asks. */
async function losses(t, { client = 'ours', options = {}, moments, who, context }) {
  await control.holdTokens(HELD)
  const number = random(SEED)
  context ??= await someone(t, client)
  const lost = []
  for (let at = 0; at < moments; at += 1) {
    const moment = Math.floor(number() * SPAN)
    if (!await survives(context, options, moment)) lost.push(moment)
  }
  const where = lost.length ? `, lost when closed after ${lost.sort((a, b) => a - b).join(', ')} ms` : ''
  t.diagnostic(`${who}: ${moments - lost.length} of ${moments} sessions alive${where} (seed ${SEED})`)
  return lost.length
}

test('A page closed at any moment of a refresh in a shared worker loses no session; elsewhere it does', async (t) => {
  const moments = times(30, 10)
  const compared = times(30, 3)
  const [worker, page] = await Promise.all([
    losses(t, { who: 'ours in a shared worker', options: { refreshIn: 'shared-worker' }, moments }),
    losses(t, { who: 'ours in the page', moments: compared }),
    losses(t, { who: 'the official client', client: 'official', moments: compared }),
  ])
  assert.equal(worker, 0)
  // A few moments may all be ones at which nothing is under way.
  if (compared >= 30) assert.ok(page > 0, 'what a worker is for')
})

/** Registers the app's service worker, in a page that is closed again. */
async function withServiceWorker(t) {
  const context = await someone(t, 'ours')
  const page = await tabOf(context)
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' })
    await navigator.serviceWorker.ready
  })
  await page.close()
  return context
}

test("A page closed during a refresh in the app's service worker loses no session", async (t) => {
  const context = await withServiceWorker(t)
  const options = { refreshIn: 'service-worker' }
  assert.equal(await losses(t, { who: 'ours in a service worker', context, options, moments: 6 }), 0)
})

/** One refresh, forced in a page with these options: the requests that the page itself made to refresh, and what it was told. */
async function refreshIn(t, context, options) {
  const page = await tabOf(context)
  await grantSession(page, alice, world)
  await valueOf(page, open, options)
  const own = []
  page.on('request', (request) => request.url().endsWith('/oauth/token') && own.push(request.method()))
  const mark = await control.mark()
  await valueOf(page, () => session.getTokenInfo(true).then(() => {}))
  assert.equal(grants(await control.since(mark)).length, 1)
  assert.equal(await valueOf(page, profile), 200)
  return { own: own.includes('POST'), told: await hookCalls(page) }
}

const TOLD = [`updated ${alice.did}`]

test('The page makes no request to refresh where a worker does', async (t) => {
  assert.deepEqual(await refreshIn(t, await someone(t, 'ours'), {}), { own: true, told: TOLD })
  assert.deepEqual(await refreshIn(t, await someone(t, 'ours'), { refreshIn: 'shared-worker' }), { own: false, told: TOLD })
  assert.deepEqual(await refreshIn(t, await withServiceWorker(t), { refreshIn: 'service-worker' }), { own: false, told: TOLD })
})

test('Where there is no worker after all, the page refreshes', async (t) => {
  const unregistered = await someone(t, 'ours')
  assert.deepEqual(await refreshIn(t, unregistered, { refreshIn: 'service-worker' }), { own: true, told: TOLD })
  const missing = await someone(t, 'ours')
  await missing.route('**/refresh-shared.js', (route) => route.fulfill({ status: 404 }))
  assert.deepEqual(await refreshIn(t, missing, { refreshIn: 'shared-worker' }), { own: true, told: TOLD })
})

test('Nothing of the worker is loaded unless it is asked for', async (t) => {
  const context = await someone(t, 'ours')
  const loaded = []
  context.on('request', (request) => loaded.push(new URL(request.url()).pathname))
  await refreshIn(t, context, {})
  assert.deepEqual(loaded.filter((path) => path.startsWith('/pkg/refresh-')), [])
})

test("An app's own fetch is not left out: with one, the page refreshes", async (t) => {
  const context = await someone(t, 'ours')
  const page = await tabOf(context)
  await grantSession(page, alice, world)
  const sent = await valueOf(page, async () => {
    const sent = []
    const fetch = (request) => (sent.push(new URL(request.url).pathname), window.fetch(request))
    const { session } = await makeClient({ refreshIn: 'shared-worker', fetch }).init(false)
    await session.getTokenInfo(true)
    return sent
  })
  assert.ok(sent.includes('/oauth/token'))
})
