// Short lives of a session, five hundred of them in full, behind a proxy that delays, cuts, spoils, repeats and invents answers, on a machine whose clock
// may be wrong. Whatever happens, a session ends only where the server has said so, and everything typed, told and unlocked.
//
// A failure names its seed: SEED=123 node --test tests/e2e/faults.test.mjs lives that one again, and SEED=1000-1999 lives others.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { grantSession } from './support/cheap-session.mjs'
import { eventually } from './support/eventually.mjs'
import { FAULTS, startFaultProxy } from './support/fault-proxy.mjs'
import { activeAccount, expireToken, rowsOf } from './support/indexed-db.mjs'
import { locksOf } from './support/locks.mjs'
import { harnessReady } from './support/page.mjs'
import { random } from './support/random.mjs'
import { times } from './support/soak.mjs'
import { startWorld } from './support/world.mjs'

const [FIRST, LAST = FIRST] = (process.env.SEED ?? times('1-500', '1-100')).split('-').map(Number)

/** How many lives go on at once, each with a browser profile, a proxy and an account of its own. */
const AT_ONCE = 4
/** After this many failures it is clear that something is wrong. */
const ENOUGH = 5
/** Of so many lives, some end. */
const MANY = 50
const HOURS = 3_600_000

const world = await startWorld({ names: ['alice', 'bob', 'carol', 'dave'] })
const { control, origin } = world

/** What an app does while the network is bad; each comes after a start with the session. */
const actions = {
  'nothing but start': async () => {},
  'one request': async (get) => void await get(),
  'a forced refresh': async () => void await session.getTokenInfo(true),
  'four requests': async (get) => void await Promise.all([get(), get(), get(), get()]),
  'a request and a forced refresh': async (get) => void await Promise.all([get(), session.getTokenInfo(true)]),
}

/** How the session's token is when it begins. */
const tokens = {
  'good': async () => {},
  'refused': ({ account }) => control.outdateAccess(account.did),
  'expired': ({ tabs: [page], account }) => expireToken(page, account.did),
}

/** Decisions that a seed makes again: `pick(list)`, `chance(probability)`, or a number from 0 up to 1. */
function decisions(seed) {
  const next = random(seed)
  return { next, pick: (list) => list[Math.floor(next() * list.length)], chance: (probability) => next() < probability }
}

/** All that a seed decides. */
function planOf(seed) {
  const { next, pick, chance } = decisions(seed)
  return {
    action: pick(Object.keys(actions)), token: pick(Object.keys(tokens)), tabs: chance(0.25) ? 2 : 1,
    skew: chance(0.2) ? Math.round((next() - 0.5) * 48 * HOURS) : 0,
    // Some answers take longer than the client is told to wait.
    timeouts: chance(0.3) ? { metadata: 60, token: 60 } : undefined,
    reloads: chance(0.5), clockIsSet: chance(0.5),
  }
}

/** Chooses what befalls each request: by what it is, so that a seed means the same however requests interleave. */
function chooser(seed) {
  const counts = {}
  return (request) => {
    const { origin: server, pathname } = new URL(request.url)
    if (server === origin) return undefined
    counts[pathname] = (counts[pathname] ?? 0) + 1
    const key = `${seed} ${pathname.replace(/did:.*|did%3A.*/, 'did')} ${counts[pathname]}`
    const random = decisions([...key].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7))
    const isBad = random.chance(pathname === '/oauth/token' ? 0.6 : 0.35)
    return { fault: isBad ? random.pick(Object.keys(FAULTS)) : 'none', random }
  }
}

const calm = (request) => (new URL(request.url).origin === origin ? undefined : { fault: 'none' })

/** The one answer that ends a session, come through whole. */
function isDefinite({ request, body, answer, text }) {
  if (request !== 'POST /oauth/token' || !body.includes('grant_type=refresh_token') || answer !== 400) return false
  try {
    return JSON.parse(text).error === 'invalid_grant'
  } catch {
    return false
  }
}

/** Starts a client in the page and acts: what came of each part, as a status, `ok` or an error's code. */
async function act(page, { action, skew, timeouts }) {
  return page.evaluate(`(${async (step, { skew, timeouts }) => {
    window.skew = skew
    await window.client?.dispose()
    const said = []
    const tell = (promise) => promise.then((value) => said.push(typeof value === 'number' ? value : 'ok'), (error) => said.push(error.code ?? String(error)))
    const get = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession', { cache: 'no-store' })).status
    window.session = undefined
    await tell(makeClient(timeouts && { timeouts }).init().then((found) => { window.session = found?.session }))
    if (window.session) await tell(step(() => tell(get())))
    return said
  }})(${actions[action]}, ${JSON.stringify({ skew, timeouts })})`)
}

async function load(page) {
  await page.goto(`${origin}/`)
  await harnessReady(page)
}

/** Waits until nothing is under way any more: no answer on its way, no lock held or asked for. */
async function settled({ proxy, tabs: [page] }) {
  const lockless = async () => (await locksOf(page)).length === 0
  await eventually(async () => proxy.open() === 0 && await lockless() && proxy.open() === 0, 'no lock is held')
}

async function assertQuiet(pages) {
  for (const page of pages) {
    const { unhandled, ends } = await page.evaluate(() => ({ unhandled, ends: hooks.filter(({ hook }) => hook === 'deleted').length }))
    assert.deepEqual(unhandled, [], 'no rejection goes unhandled')
    assert.ok(ends <= 1, `an end is told once, not ${ends} times`)
  }
}

/** Whether the row in storage is what the server would refresh, or is gone. */
async function stateOf({ tabs: [page], account }) {
  const row = (await rowsOf(page, 'session')).find(({ key }) => key === account.did)
  const held = await control.tokens(account.did)
  if (!row) return 'gone'
  return held.some(({ refresh }) => row.value.tokenSet.refresh_token.startsWith(refresh)) ? 'alive' : 'spent'
}

async function live(place, seed, story) {
  const { tabs: all, proxy, account } = place
  const plan = planOf(seed)
  const pages = all.slice(0, plan.tabs)
  proxy.choose = calm
  await control.revokeAll(account.did)
  await Promise.all(pages.map((page) => page.evaluate(async () => {
    await window.client?.dispose()
    window.skew = window.hooks.length = window.unhandled.length = 0
  })))
  await grantSession(pages[0], account, world)
  await tokens[plan.token](place)
  proxy.log.length = 0
  Object.assign(story, { plan, log: proxy.log })

  proxy.choose = chooser(seed)
  story.said = await Promise.all(pages.map((page) => act(page, plan)))
  await settled(place)
  await assertQuiet(pages)
  story.then = await stateOf(place)
  if (story.then === 'gone') assert.ok(proxy.log.some(isDefinite), 'a session is lost that the server did not end')
  else assert.equal(await activeAccount(pages[0]), account.did, 'the account is still the active one')

  proxy.choose = calm
  if (plan.reloads) await Promise.all(pages.map(load))
  const calmPlan = { action: 'one request', skew: plan.clockIsSet ? 0 : plan.skew }
  story.later = await Promise.all(pages.map((page) => act(page, calmPlan)))
  await settled(place)
  await assertQuiet(pages)
  story.end = await stateOf(place)
  if (story.then === 'alive') for (const said of story.later) assert.deepEqual(said, ['ok', 200, 'ok'], 'what the server would refresh works')
  if (story.end === 'gone') assert.ok(proxy.log.some(isDefinite), 'a session is lost that the server did not end')
  return story.end
}

async function openPlace(account) {
  const proxy = await startFaultProxy()
  const context = await world.browser.newContext({ proxy: { server: proxy.url } })
  context.setDefaultTimeout(15_000)
  await context.addInitScript(() => {
    const now = Date.now
    window.skew = 0
    Date.now = () => now() + window.skew
  })
  const tabs = [await context.newPage(), await context.newPage()]
  await Promise.all(tabs.map(load))
  after(async () => {
    await context.close()
    await proxy.stop()
  })
  return { account, proxy, tabs }
}

const retell = ({ log, ...story }) => [JSON.stringify(story),
  ...log.map(({ request, fault, served = [], answer }) => `  ${request}: ${fault}, served ${served.join(' ') || 'nothing'}, answered ${answer ?? 'nothing'}`)].join('\n')

test(`A session behind a bad network ends only on the server's word (seeds ${FIRST} to ${LAST})`, { timeout: 600_000 }, async (t) => {
  const ends = {}
  const failures = []
  let faults = 0
  let seed = FIRST
  await Promise.all(world.info.accounts.slice(0, Math.min(AT_ONCE, LAST - FIRST + 1)).map(async (account) => {
    const place = await openPlace(account)
    while (seed <= LAST && failures.length < ENOUGH) {
      const mine = seed++
      const story = {}
      try {
        const end = await live(place, mine, story)
        ends[end] = (ends[end] ?? 0) + 1
        faults += place.proxy.log.filter(({ fault }) => fault !== 'none').length
        if (process.env.E2E_VERBOSE) console.log(`seed ${mine}: ${retell(story)}`)
      } catch (error) {
        failures.push(`SEED=${mine}: ${error.message}\n${retell({ log: [], ...story })}`)
      }
    }
  }))
  t.diagnostic(`faults ${faults}`)
  t.diagnostic(`sessions alive ${ends.alive ?? 0}, ended by the server ${ends.gone ?? 0}, answer lost ${ends.spent ?? 0}`)
  if (failures.length) assert.fail(failures.join('\n\n'))
  assert.ok(faults > LAST - FIRST, `${faults} faults are no bad network`)
  if (LAST - FIRST >= MANY) assert.ok(ends.gone, 'some sessions are ended by the server')
})
