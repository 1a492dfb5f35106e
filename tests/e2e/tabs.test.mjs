// Several tabs of one browser share the sessions: one refresh, one sign-out, no race.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls, grants } from './support/control.mjs'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { storedSessions } from './support/indexed-db.mjs'
import { signInUntilExpired, signInWithLateExpiry } from './support/late-expiry.mjs'
import { errorOf, hookCalls, valueOf } from './support/page.mjs'
import { initPage, signInWithoutPages } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control } = world

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status

/** Two tabs, both with the same session and its core: a tab that attaches it later may see an end before it gets the message. */
async function twoTabs(someone) {
  const second = await someone.tab()
  await initPage(second)
  const tabs = [someone.page, second]
  for (const tab of tabs) await valueOf(tab, async () => void await session.getTokenInfo(false))
  return tabs
}

test('Two tabs that force a refresh at once keep one living session', async (t) => {
  const tabs = await twoTabs(await world.signedIn(t))
  await Promise.all(tabs.map((tab) => valueOf(tab, async (did) => void (window.session = await client.restore(did, true)), alice.did)))
  assert.equal((await control.tokens(alice.did)).length, 1)
  for (const tab of tabs) assert.equal(await valueOf(tab, profile), 200)
  assert.deepEqual(await storedSessions(tabs[0]), [alice.did])
})

test('Two tabs that start with an expired token make one refresh', async (t) => {
  const someone = await world.visitor(t)
  await signInUntilExpired(someone.page, alice, world)
  await control.tokenMaxAge(3_600_000)
  const tabs = [await someone.tab(), await someone.tab()]
  const mark = await control.mark()
  const found = await Promise.all(tabs.map(initPage))
  assert.deepEqual(found, [{ sub: alice.did }, { sub: alice.did }])
  assert.equal(grants(await control.since(mark)).length, 1)
})

test('Two tabs whose token the server alone calls expired make one refresh', async (t) => {
  const someone = await world.visitor(t)
  await signInWithLateExpiry(someone, alice, world)
  const tabs = await twoTabs(someone)
  const mark = await control.mark()
  const statuses = await Promise.all(tabs.map((tab) => valueOf(tab, profile)))
  assert.deepEqual(statuses, [200, 200])
  assert.equal(grants(await control.since(mark)).length, 1)
  assert.equal((await control.tokens(alice.did)).length, 1)
})

test('A refresh in one tab reaches the other, which is notified once and uses the new token at once', async (t) => {
  const [first, second] = await twoTabs(await world.signedIn(t))
  await valueOf(first, async (did) => void await client.restore(did, true), alice.did)
  await eventually(async () => (await hookCalls(second)).length, 'the other tab is notified')
  const mark = await control.mark()
  assert.equal(await valueOf(second, profile), 200)
  const trace = await control.since(mark)
  assert.deepEqual(await hookCalls(second), [`updated ${alice.did}`])
  assert.equal(grants(trace).length, 0)
  assert.ok(!calls(trace, 'com.atproto.server.getSession').some((entry) => /invalid_token/.test(entry.wwwAuth)), 'the new token was used')
})

test('The message about a refresh to other tabs contains no token', async (t) => {
  const someone = await world.signedIn(t)
  const listener = await someone.tab()
  await listener.evaluate(() => {
    window.heard = []
    // The channel's name is part of the contract with the official client.
    new BroadcastChannel('@@atproto/oauth-client-browser(synchronization-channel:2)').onmessage = ({ data }) => {
      window.heard.push(JSON.stringify(data))
    }
  })
  await valueOf(someone.page, async (did) => void await client.restore(did, true), alice.did)
  const [message] = await eventually(() => listener.evaluate(() => window.heard.length && window.heard), 'a message is heard')
  assert.match(message, /onSessionUpdated/)
  assert.doesNotMatch(message, /access_token|refresh_token|ref-|tok-|eyJ/)
})

test('Signing out in one tab ends the session in the other, with the reason', async (t) => {
  const someone = await world.signedIn(t)
  const [first, second] = await twoTabs(someone)
  await second.evaluate(() => {
    window.events = []
    client.addEventListener?.('deleted', (event) => {
      window.events.push([event.detail.sub, event.detail.cause instanceof lib.TokenRevokedError])
    })
  })
  await valueOf(first, () => session.signOut())
  await eventually(async () => (await hookCalls(second)).length, 'the other tab is notified')
  assert.deepEqual(await hookCalls(second), [`deleted ${alice.did}`])
  const { cause } = await second.evaluate(() => window.hooks[0])
  assertIsA(cause, 'TokenRevokedError')
  assert.equal(cause.sub, alice.did)
  assert.deepEqual(await second.evaluate(() => window.events), [[alice.did, true]])

  const before = someone.outgoing().length
  assertTyped(await errorOf(second, async () => { await session.fetchHandler('/xrpc/com.atproto.server.getSession') }))
  assert.deepEqual(someone.outgoing().slice(before), [], 'a dead session sends nothing')
})

test('A session that ends again, after another sign-in, notifies both tabs again', async (t) => {
  const [first, second] = await twoTabs(await world.signedIn(t))
  await valueOf(first, () => session.signOut())
  // Signed in again without leaving the page.
  const url = await valueOf(first, async (handle) => String(await client.authorize(handle)), alice.handle)
  const answer = new URL(await control.consent(url, alice.did)).hash.slice(1)
  await valueOf(first, async (answer) => { window.session = (await client.callback(new URLSearchParams(answer))).session }, answer)
  await valueOf(first, () => session.signOut())
  const all = ['deleted', 'updated', 'deleted'].map((hook) => `${hook} ${alice.did}`)
  for (const tab of [first, second]) {
    await eventually(async () => (await hookCalls(tab)).filter((call) => call === all[0]).length > 1, 'the tab is notified twice')
    // The first page was also notified of its first sign-in.
    assert.deepEqual((await hookCalls(tab)).slice(tab === first ? 1 : 0), all)
  }
})

test('A sign-out of one account leaves the other account of another tab alone', async (t) => {
  const someone = await world.signedIn(t)
  const second = await someone.tab()
  await signInWithoutPages(second, bob, world)
  await valueOf(someone.page, () => session.signOut())
  await eventually(async () => (await hookCalls(second)).includes(`deleted ${alice.did}`), 'the other tab is notified')
  assert.equal(await valueOf(second, profile), 200)
  assert.deepEqual(await storedSessions(second), [bob.did])
})

test('A second client in the same page shares the session and its refresh', async (t) => {
  const { page } = await world.signedIn(t)
  const statuses = await valueOf(page, async (did) => {
    const other = await makeClient().restore(did)
    await other.getTokenInfo(true)
    const get = async (session) => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status
    return [await get(window.session), await get(other)]
  }, alice.did)
  assert.deepEqual(statuses, [200, 200])
  assert.equal((await control.tokens(alice.did)).length, 1)
})
