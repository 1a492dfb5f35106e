// What an app is told, and how often: once in each tab, by its hook and by its event, whichever tab it happened in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantSession } from './support/cheap-session.mjs'
import { eventually } from './support/eventually.mjs'
import { outcomeOf, valueOf } from './support/page.mjs'
import { settled } from './support/settled.mjs'
import { initPage } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control } = world

/** Three tabs with the same session, in each of which hooks and events are written down as `hook updated did`. */
async function threeTabs(t, options) {
  const someone = await world.visitor(t)
  await grantSession(someone.page, alice, world)
  const tabs = [someone.page, await someone.tab(), await someone.tab()]
  for (const tab of tabs) {
    await initPage(tab, options)
    await tab.evaluate(() => {
      window.events = []
      window.changes = []
      client.addEventListener('changed', ({ type }) => window.changes.push(`event ${type}`))
      for (const type of ['updated', 'deleted']) client.addEventListener(type, ({ detail }) => window.events.push(`event ${type} ${detail.sub}`))
    })
  }
  return tabs
}

/** What each tab's app was told, once it is as much as expected and nothing more is on its way. */
async function assertTold(tabs, what) {
  const heard = () => Promise.all(tabs.map((tab) => tab.evaluate(() => [...window.hooks.map(({ hook, sub }) => `hook ${hook} ${sub}`), ...window.events, ...window.changes])))
  const expected = inEach(what)
  await eventually(async () => (await heard()).every((calls) => calls.length >= expected[0].length), 'every tab is told')
  await settled(tabs)
  assert.deepEqual(await heard(), expected)
}

/** The accounts are others when a session ends, and the same after a refresh. */
const inEach = (what) => Array(3).fill([`hook ${what} ${alice.did}`, `event ${what} ${alice.did}`, ...(what === 'deleted' ? ['event changed'] : [])])

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

for (const [where, options] of [['', {}], [', with refreshes in a shared worker', { refreshIn: 'shared-worker' }]]) {
  test(`A refresh is told once in each of three tabs${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await valueOf(tabs[0], async () => void await session.getTokenInfo(true))
    await assertTold(tabs, 'updated')
  })

  test(`A refresh that three tabs need at once is told once in each${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.outdateAccess(alice.did)
    assert.deepEqual(await Promise.all(tabs.map((tab) => valueOf(tab, profile))), [200, 200, 200])
    await assertTold(tabs, 'updated')
  })

  test(`A sign-out is told once in each of three tabs${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await valueOf(tabs[1], () => session.signOut())
    await assertTold(tabs, 'deleted')
  })

  test(`A sign-out in three tabs at once is told once in each${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await Promise.all(tabs.map((tab) => valueOf(tab, () => session.signOut())))
    await assertTold(tabs, 'deleted')
  })

  test(`A revocation at the server that one tab notices is told once in each of three tabs${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.revokeAll(alice.did)
    const { error } = await outcomeOf(tabs[2], async () => void await session.getTokenInfo(true))
    assert.equal(error.code, 'SESSION_REVOKED')
    await assertTold(tabs, 'deleted')
  })

  test(`A revocation at the server that three tabs notice at once is told once in each${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.revokeAll(alice.did)
    const seen = await Promise.all(tabs.map((tab) => outcomeOf(tab, profile)))
    for (const { value, error } of seen) assert.ok(value === 401 || error?.code, `${value} is no refusal`)
    await assertTold(tabs, 'deleted')
  })
}
