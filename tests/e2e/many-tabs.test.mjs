// Fifty tabs with one session, all of them in need of a new token at the same moment.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantSession } from './support/cheap-session.mjs'
import { grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { expireToken, storedSessions } from './support/indexed-db.mjs'
import { hookCalls, valueOf } from './support/page.mjs'
import { initPage } from './support/sign-in.mjs'
import { times } from './support/soak.mjs'
import { startWorld } from './support/world.mjs'

const TABS = 50
const ROUNDS = times(20, 4)

const world = await startWorld()
const { alice, control } = world

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

/** Lets the token expire for all tabs at once, as time would: in the row, and by the word on which tabs look at it again. */
async function age(tabs) {
  await expireToken(tabs[0], alice.did)
  await tabs[0].evaluate((sub) => {
    // A channel's own messages do not reach it, but do reach the client's channel in this page.
    const channel = new BroadcastChannel('@@atproto/oauth-client-browser(synchronization-channel:2)')
    channel.postMessage({ name: 'onSessionUpdated', args: [sub] })
    channel.close()
  }, alice.did)
  const expired = async () => (await session.getTokenInfo(false)).expired
  await Promise.all(tabs.map((tab) => eventually(() => valueOf(tab, expired), 'the token has expired')))
}

/** The two ways in which a token comes to its end, and how often an app hears of it and of the refresh. */
const ENDS = [
  { end: 'the token expires', bringAbout: age, told: 2 },
  { end: 'the server refuses the token', bringAbout: () => control.outdateAccess(alice.did), told: 1 },
]

test(`${TABS} tabs that need a new token at once make one refresh, ${ROUNDS} times over`, async (t) => {
  const someone = await world.visitor(t)
  await grantSession(someone.page, alice, world)
  const tabs = [someone.page]
  while (tabs.length < TABS) tabs.push(...await Promise.all([someone.tab(), someone.tab()]))
  tabs.length = TABS
  for (const found of await Promise.all(tabs.map(initPage))) assert.deepEqual(found, { sub: alice.did })
  // A tab that loads its core later would find the token expired by itself, and refresh it before the tabs are asked to.
  await Promise.all(tabs.map((tab) => valueOf(tab, async () => (await session.getTokenInfo(false)).sub)))

  let told = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const { end, bringAbout, told: times } = ENDS[round % ENDS.length]
    told += times
    const what = `round ${round + 1}: ${end}`
    await bringAbout(tabs)
    const mark = await control.mark()
    assert.deepEqual(await Promise.all(tabs.map((tab) => valueOf(tab, profile))), Array(TABS).fill(200), what)
    assert.equal(grants(await control.since(mark)).length, 1, `refreshes in ${what}`)
    assert.equal((await control.tokens(alice.did)).length, 1, `sessions at the server after ${what}`)
  }
  assert.deepEqual(await storedSessions(tabs[0]), [alice.did])
  await Promise.all(tabs.map(async (tab) => {
    await eventually(async () => (await hookCalls(tab)).length >= told, 'every tab was told')
    assert.deepEqual(await hookCalls(tab), Array(told).fill(`updated ${alice.did}`))
    assert.deepEqual(await tab.evaluate(() => window.unhandled), [])
  }))
})
