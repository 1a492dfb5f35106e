// How often an app is notified of a change: once in each tab, by its hook and by its event, whichever tab made the change.
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

/** Three tabs with the same session. Each records hooks and events as `hook updated did`. */
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

/** The notifications of each tab's app, once there are as many as expected and no more on their way. */
async function assertTold(tabs, what) {
  const heard = () => Promise.all(tabs.map((tab) => tab.evaluate(() => [...window.hooks.map(({ hook, sub }) => `hook ${hook} ${sub}`), ...window.events, ...window.changes])))
  const expected = inEach(what)
  await eventually(async () => (await heard()).every((calls) => calls.length >= expected[0].length), 'every tab is told')
  await settled(tabs)
  assert.deepEqual(await heard(), expected)
}

/** The list of accounts changes when a session ends, and not after a refresh. */
const inEach = (what) => Array(3).fill([`hook ${what} ${alice.did}`, `event ${what} ${alice.did}`, ...(what === 'deleted' ? ['event changed'] : [])])

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

for (const [where, options] of [['', {}], [', with refreshes in a shared worker', { refreshIn: 'shared-worker' }]]) {
  test(`A refresh notifies each of three tabs once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await valueOf(tabs[0], async () => void await session.getTokenInfo(true))
    await assertTold(tabs, 'updated')
  })

  test(`A refresh that three tabs need at once notifies each of them once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.outdateAccess(alice.did)
    assert.deepEqual(await Promise.all(tabs.map((tab) => valueOf(tab, profile))), [200, 200, 200])
    await assertTold(tabs, 'updated')
  })

  test(`A sign-out notifies each of three tabs once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await valueOf(tabs[1], () => session.signOut())
    await assertTold(tabs, 'deleted')
  })

  test(`A sign-out in three tabs at once notifies each of them once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await Promise.all(tabs.map((tab) => valueOf(tab, () => session.signOut())))
    await assertTold(tabs, 'deleted')
  })

  test(`A revocation at the server that one tab notices notifies each of three tabs once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.revokeAll(alice.did)
    const { error } = await outcomeOf(tabs[2], async () => void await session.getTokenInfo(true))
    assert.equal(error.code, 'SESSION_REVOKED')
    await assertTold(tabs, 'deleted')
  })

  test(`A revocation at the server that three tabs notice at once notifies each of them once${where}`, async (t) => {
    const tabs = await threeTabs(t, options)
    await control.revokeAll(alice.did)
    const seen = await Promise.all(tabs.map((tab) => outcomeOf(tab, profile)))
    for (const { value, error } of seen) assert.ok(value === 401 || error?.code, `${value} is no refusal`)
    await assertTold(tabs, 'deleted')
  })
}
