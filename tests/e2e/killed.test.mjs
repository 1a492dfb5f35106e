// A tab that dies at any moment of a sign-in or a refresh, of ours and of the official client: what does the next tab find?
//
// The moments are found by a first run that counts them; then each is died at once. E2E_POINT='a refresh' tries one flow,
// E2E_POINT='a refresh:17' one moment of ours; E2E_VERBOSE=1 tells what was found after each.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { grantSession } from './support/cheap-session.mjs'
import { eventually } from './support/eventually.mjs'
import { activeAccount, rowsOf } from './support/indexed-db.mjs'
import { locksOf } from './support/locks.mjs'
import { harnessReady, outcomeOf, valueOf } from './support/page.mjs'
import { numberPoints, startStops } from './support/points.mjs'
import { times } from './support/soak.mjs'
import { startWorld } from './support/world.mjs'

/** How many tabs die at the same time. Each uses an account of its own, so that the server's sessions can be told apart. */
const AT_ONCE = 3
const NEIGHBOUR = 'neighbour'

const world = await startWorld({ names: ['alice', 'bob', NEIGHBOUR, 'carol'] })
const { browser, control, origin } = world
const accounts = world.info.accounts.filter(({ handle }) => !handle.startsWith(NEIGHBOUR))
const neighbour = world.info.accounts.find(({ handle }) => handle.startsWith(NEIGHBOUR))
const stops = await startStops()
after(() => stops.stop())

/** Signs in without the server's pages, in a tab that has a client. */
async function signIn(page, account) {
  const url = await valueOf(page, async (handle) => String(await client.authorize(handle)), account.handle)
  await page.goto(await control.consent(url, account.did))
  await harnessReady(page)
}

/** What the tab does in which it will die: how it is prepared, and what it then does. Each is ended when `done`. */
const flows = {
  'the start of a sign-in': {
    // There is no session yet that could be lost.
    clients: ['ours'],
    prepare: async () => {},
    act: (page, account) => page.evaluate((handle) => void client.signIn(handle).catch(() => {}), account.handle),
    done: (page) => page.url().startsWith(world.info.pdsUrl),
  },
  'the end of a sign-in': {
    prepare: signIn,
    act: (page) => page.evaluate(() => { makeClient().init().then(() => { window.done = true }) }),
    done: (page) => page.evaluate(() => window.done),
  },
  'a refresh': {
    prepare: async (page, account) => {
      await grantSession(page, neighbour, world)
      await grantSession(page, account, world)
    },
    act: (page, account) => page.evaluate((did) => { makeClient().restore(did, true).then(() => { window.done = true }) }, account.did),
    done: (page) => page.evaluate(() => window.done),
  },
}

async function newTab(context) {
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  await harnessReady(page)
  return page
}

/** Somebody's browser with either client, and the tab in which it happens. */
async function open(client, stopUrl) {
  const context = await browser.newContext()
  context.setDefaultTimeout(15_000)
  await context.addCookies([{ name: 'client', value: client, url: origin }])
  const page = await context.newPage()
  await page.addInitScript(numberPoints, { origin, stopUrl })
  await page.goto(`${origin}/`)
  await harnessReady(page)
  return { context, page, devtools: await context.newCDPSession(page) }
}

let runs = 0

/** One life and death: the name of the nth point and what the next tab found, or all names where it lived to the end. */
async function live(client, flow, account, n) {
  const id = runs += 1
  const { context, page, devtools } = await open(client, stops.of(id))
  try {
    await control.revokeAll(account.did)
    await page.evaluate(() => void makeClient())
    await flow.prepare(page, account)
    const names = []
    page.on('console', (message) => {
      if (message.text().startsWith('point ')) names.push(message.text().slice('point '.length))
    })
    await page.evaluate((n) => {
      makeClient()
      arm(n)
    }, n)
    const stopped = stops.stopped(id)
    // A page that stops at once never says that it was asked.
    flow.act(page, account).catch(() => {})
    const finished = eventually(() => Promise.resolve(flow.done(page)).catch(() => false), 'it has ended').then(() => {}, () => {})
    const point = await Promise.race([stopped, finished])
    if (n === 0) return { names }
    if (!point) return {}
    // A crash and a closed tab are not the same to a browser: the one frees locks and channels at once, the other asks first.
    if (n % 4 === 0) await page.close()
    else await crash(page, devtools)
    return { point, ...await examine(client, context, account) }
  } finally {
    await context.close()
  }
}

async function crash(page, devtools) {
  // A page that was about to leave may go without saying so.
  const crashed = page.waitForEvent('crash', { timeout: 5000 }).catch(() => page.close())
  devtools.send('Page.crash').catch(() => {})
  await crashed
}

/** What the next tab finds, and what there was to be found. */
async function examine(client, context, account) {
  const tab = await newTab(context)
  const rows = await rowsOf(tab, 'session')
  const row = rows.find(({ key }) => key === account.did)
  const [held] = await control.tokens(account.did)
  const left = {
    /** Whether the tab left a session behind that the server would refresh. */
    alive: Boolean(row && held && row.value.tokenSet.refresh_token.startsWith(held.refresh)),
    row: Boolean(row),
    active: await activeAccount(tab) === account.did,
    neighbours: rows.length - Number(Boolean(row)),
  }
  const start = async () => {
    window.session = (await makeClient().init())?.session
    return window.session?.sub
  }
  const first = await outcomeOf(tab, start)
  const status = first.value && (await outcomeOf(tab, async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status))
  if (client === 'official') return { left, first, status }
  const again = await outcomeOf(tab, start)
  return { left, first, status, again, ...await aftermath(tab, account, again.value) }
}

/** Whether life can go on: nothing dead is left, and somebody who is signed out can sign in. */
async function aftermath(tab, account, signedIn) {
  const rows = await rowsOf(tab, 'session')
  const remains = rows.some(({ key }) => key === account.did)
  const listed = await valueOf(tab, async (did) => (await client.accounts?.())?.find((one) => one.did === did)?.status, account.did)
  let restored
  if (remains && signedIn !== account.did) restored = await outcomeOf(tab, async (did) => (await client.restore(did)).sub, account.did)
  // What a restore still does behind its caller may hold one for a moment.
  const locks = await eventually(async () => (await locksOf(tab)).length === 0, 'no lock is left').then(() => [], () => locksOf(tab))
  const unhandled = await tab.evaluate(() => window.unhandled)
  let anew
  if (!signedIn) {
    await signIn(tab, account)
    anew = await outcomeOf(tab, async () => (await makeClient().init()).session.sub)
  }
  return { remains, listed, restored, locks, unhandled, anew, neighbours: rows.filter(({ key }) => key === neighbour.did).length }
}

/** What became of the session: `kept`, or `lost`; of a sign-in that was not finished: `repeat`. */
function fate(name, { first, status }) {
  if (first.value && status.value === 200) return 'kept'
  return name === 'a refresh' ? 'lost' : 'repeat'
}

/** What may not be, whenever a tab of ours dies. */
function assertSound(name, account, { left, first, status, again, ...found }) {
  assert.ok([undefined, account.did].includes(first.value), 'no other account')
  if (first.error) assert.match(first.error.code, /^SESSION_/, 'an error that says what happened')
  assert.equal(again.error, undefined, 'it is said once')
  assert.deepEqual(found.locks, [], 'no lock is left')
  assert.deepEqual(found.unhandled, [])
  assert.equal(found.neighbours, name === 'a refresh' ? 1 : 0, 'the other account is left alone')
  if (left.alive && left.active) assert.deepEqual([first.value, status.value, again.value], [account.did, 200, account.did], 'what the server would refresh works')
  if (again.value) return
  assert.deepEqual(found.anew, { value: account.did }, 'a new sign-in works')
  if (found.remains) assert.deepEqual(found.restored, { value: account.did }, 'no row is dead')
  // A session that was there is shown as over.
  if (left.row && !found.remains && found.listed !== undefined) assert.equal(found.listed, 'signed-out')
}

/** Runs jobs, each with an account that nobody else uses meanwhile. */
async function spread(jobs) {
  const queue = [...jobs]
  await Promise.all(accounts.slice(0, AT_ONCE).map(async (account) => {
    for (let job = queue.shift(); job; job = queue.shift()) await job(account)
  }))
}

/** At how many points a tab has to have died where it dies at each. */
const FEWEST = 20
/** How many sessions are lost at all points of a flow: the tokens that the server had given out and nobody had stored. */
const MOST_LOST = { 'a refresh': 3 }

const [onlyFlow, onlyPoint] = process.env.E2E_POINT?.split(':') ?? []
const table = []
after(() => console.log(['killed during | client | points | kept | sign in again | lost', ...table].join('\n')))

for (const [name, flow] of Object.entries(flows)) {
  if (onlyFlow && onlyFlow !== name) continue
  test(`A tab dies at any point of ${name}`, { timeout: 600_000 }, async (t) => {
    const tally = { ours: {}, official: {} }
    const failures = []
    for (const client of onlyPoint ? ['ours'] : flow.clients ?? ['ours', 'official']) {
      const { names } = await live(client, flow, accounts[0], 0)
      // In short, ours dies at every second point, and the client it is compared with at some.
      const every = times(1, client === 'ours' ? 2 : 10)
      const points = onlyPoint ? [Number(onlyPoint)] : names.map((_, at) => at + 1).filter((n) => n % every === 0)
      await spread(points.map((n) => async (account) => {
        const found = await live(client, flow, account, n)
        // What goes on beside may come sooner or later, so that the last points are not always reached.
        if (!found.point) return
        const what = fate(name, found)
        tally[client][what] = (tally[client][what] ?? 0) + 1
        if (process.env.E2E_VERBOSE) console.log(client, n, found.point, what, JSON.stringify(found))
        if (client === 'official') return
        try {
          assertSound(name, account, found)
        } catch (error) {
          failures.push(`E2E_POINT='${name}:${n}' ${found.point}: ${error.message}\n${JSON.stringify(found)}`)
        }
      }))
      const { kept = 0, repeat = 0, lost = 0 } = tally[client]
      const reached = kept + repeat + lost
      table.push([name, client, reached, kept, repeat, lost].join(' | '))
      t.diagnostic(table.at(-1))
      if (client === 'ours' && !onlyPoint) {
        assert.ok(reached >= FEWEST / every, `only ${reached} points were reached`)
        assert.ok(lost <= (MOST_LOST[name] ?? 0), `${lost} sessions were lost`)
      }
    }
    if (failures.length) assert.fail(failures.join('\n\n'))
  })
}
