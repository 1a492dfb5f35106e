// The list of accounts: several at once, one of them active, and those whose session has ended one click from signing in again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { activeAccount, expireRows, rowsOf, storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { settled } from './support/settled.mjs'
import { initPage, loginForm, signIn, signInWithoutPages, startSignIn, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

const RECORD = 'atproto-oauth-wasm:account:'

/** Makes a client that counts its `changed` events, and restores what there is. */
async function start(page) {
  const found = await initPage(page)
  await count(page)
  return found
}

function count(page) {
  return page.evaluate(() => {
    window.changes = 0
    client.addEventListener('changed', () => { window.changes += 1 })
  })
}

/** Each tab has had so many `changed` events since it was asked last: waited for, and then all that is on its way. */
async function assertChanged(pages, expected, message) {
  const counts = () => Promise.all(pages.map((page) => page.evaluate(() => window.changes)))
  await eventually(async () => (await counts()).every((count, at) => count >= expected[at]), 'the changes are heard')
  await settled(pages)
  assert.deepEqual(await counts(), expected, message)
  await Promise.all(pages.map((page) => page.evaluate(() => { window.changes = 0 })))
}

const list = (page) => valueOf(page, async () => (await client.accounts()).map(({ did, status }) => `${did} ${status}`))
const active = (page) => page.evaluate(() => client.active)
const who = (page, did) => valueOf(page, async (did) => {
  const session = await client.switchTo(did)
  const response = await session.fetchHandler('/xrpc/com.atproto.server.getSession')
  return (await response.json()).did
}, did)

/** Two tabs, both counting, and two accounts: bob is active. */
async function twoOfEach(t) {
  const someone = await world.signedIn(t, alice)
  await signInWithoutPages(someone.page, bob, world)
  const second = await someone.tab()
  await start(second)
  // The core takes the session over when the page is idle, which counts as a use: not in the middle of what follows.
  await valueOf(second, async () => void await session.getTokenInfo(false))
  await count(someone.page)
  return { someone, first: someone.page, second }
}

test('An account is listed with its handle, its servers and the time of its last use', async (t) => {
  const before = Date.now()
  const { page } = await world.signedIn(t)
  const [account, ...others] = await valueOf(page, async () => {
    const accounts = await client.accounts()
    return accounts.map((account) => ({ ...account, lastUsed: account.lastUsed.getTime(), isDate: account.lastUsed instanceof Date }))
  })
  const { lastUsed, ...facts } = account
  assert.deepEqual(facts, { did: alice.did, handle: alice.handle, pds: `${world.info.pdsUrl}/`, issuer: world.info.pdsUrl,
    status: 'signed-in', isDate: true })
  assert.ok(lastUsed >= before && lastUsed <= Date.now(), 'the time of the sign-in')
  assert.deepEqual(others, [])
  assert.equal(await active(page), alice.did)

  const stored = await page.evaluate((key) => localStorage.getItem(`${key} ${client.clientMetadata.client_id}`), RECORD + alice.did)
  assert.deepEqual(Object.keys(JSON.parse(stored)).sort(), ['handle', 'issuer', 'lastUsed', 'pds'], 'no secret')
})

test('Two accounts: both are listed, each can be used, and every tab knows which is active', async (t) => {
  const { someone, first, second } = await twoOfEach(t)
  assert.deepEqual(await list(first), [`${bob.did} signed-in`, `${alice.did} signed-in`])
  assert.deepEqual([await active(first), await active(second)], [bob.did, bob.did])

  assert.equal(await who(first, alice.did), alice.did)
  await assertChanged([first, second], [1, 1])
  assert.deepEqual([await active(first), await active(second)], [alice.did, alice.did])
  assert.deepEqual(await list(second), [`${alice.did} signed-in`, `${bob.did} signed-in`], 'the last used first')

  await valueOf(first, async (did) => void await client.restore(did, true), alice.did)
  await eventually(async () => (await hookCalls(second)).length, 'the refresh has reached the other tab')
  await assertChanged([first, second], [0, 0], 'a refresh is no change')

  const third = await someone.tab()
  assert.deepEqual(await initPage(third), { sub: alice.did }, 'and a new tab starts with it')
  await assertChanged([first, second], [0, 0], 'nor is another tab')
})

test('A session that the server ended leaves an account that signs in again by its hint', async (t) => {
  const { first, second } = await twoOfEach(t)
  await control.revokeAll(bob.did)
  assertTyped(await errorOf(first, async (did) => { await client.restore(did, true) }, bob.did), { code: 'SESSION_REVOKED', sub: bob.did })
  await assertChanged([first, second], [1, 1])
  for (const tab of [first, second]) {
    assert.deepEqual(await list(tab), [`${bob.did} signed-out`, `${alice.did} signed-in`])
    assert.equal(await active(tab), undefined)
  }
  const told = await hookCalls(second)

  const switching = (did) => client.switchTo(did).then(() => 'signed in', (error) => ({
    refreshError: error instanceof lib.TokenRefreshError, code: error.code, sub: error.sub, loginHint: error.loginHint,
  }))
  assert.deepEqual(await valueOf(second, switching, bob.did),
    { refreshError: true, code: 'SESSION_GONE', sub: bob.did, loginHint: bob.handle })
  assert.deepEqual(await hookCalls(second), told, 'its end was told once')
  await assertChanged([first, second], [0, 0])

  // One click: what the list knows is all that it takes.
  const hint = await valueOf(second, async (did) => {
    const account = (await client.accounts()).find((account) => account.did === did)
    return account.handle ?? account.did
  }, bob.did)
  await startSignIn(second, hint)
  assert.equal(await (await loginForm(second)).inputValue(), bob.handle, 'only the password is asked for')
  await walkBack(second, bob, { origin })
  assert.equal((await start(second)).sub, bob.did)
  await assertChanged([first, second], [1, 0], 'the second tab was not there to count its own sign-in')
  assert.deepEqual(await list(first), [`${bob.did} signed-in`, `${alice.did} signed-in`])
})

test('The tab that signs in hears of it once too, from a popup as from the page itself', async (t) => {
  const someone = await world.visitor(t)
  const { page, context } = someone
  const other = await someone.tab()
  for (const tab of [page, other]) await start(tab)
  const opened = context.waitForEvent('page')
  await page.evaluate((handle) => { window.signingIn = client.signIn(handle, { display: 'popup' }) }, alice.handle)
  const popup = await opened
  await walkBack(popup, alice, { origin })
  const closed = popup.waitForEvent('close')
  await popup.evaluate(() => makeClient().init().catch(() => {})).catch(() => {})
  await closed
  await page.evaluate(async () => void await window.signingIn)
  await assertChanged([page, other], [1, 1])

  await startSignIn(page, bob.handle)
  await walkBack(page, bob, { origin })
  const counted = await valueOf(page, async () => {
    window.changes = 0
    makeClient().addEventListener('changed', () => { window.changes += 1 })
    await client.init()
    return window.changes
  })
  assert.equal(counted, 1)
  await assertChanged([other], [1])
})

test('Signing out and forgetting, in one tab, are heard in both', async (t) => {
  const { first, second } = await twoOfEach(t)
  await valueOf(first, (did) => client.revoke(did), alice.did)
  await assertChanged([first, second], [1, 1])
  assert.deepEqual(await list(second), [`${bob.did} signed-in`, `${alice.did} signed-out`])
  assert.equal(await active(second), bob.did, 'another account is none of its business')

  await valueOf(second, (did) => client.forget(did), alice.did)
  await assertChanged([first, second], [1, 1])
  assert.deepEqual(await list(first), [`${bob.did} signed-in`])

  await valueOf(second, (did) => client.forget(did), bob.did)
  await assertChanged([first, second], [1, 1], 'signed out and forgotten at once')
  assert.deepEqual(await list(first), [])
  assert.deepEqual([await control.tokens(bob.did), await storedSessions(first), await activeAccount(first)], [[], [], null])
  const left = await first.evaluate((prefix) => Object.keys(localStorage).filter((key) => key.startsWith(prefix)), RECORD)
  assert.deepEqual(left, [])
  const error = await errorOf(first, async () => { await client.forget('bob.test') })
  assertIsA(error, 'InvalidDidError')
})

test('A sign-in begun with a DID or a server finds the handle by itself', async (t) => {
  for (const [input, account] of [[alice.did, alice], [world.info.pdsUrl, bob]]) {
    const { page } = await world.visitor(t)
    await signIn(page, account, { origin, input })
    await eventually(() => valueOf(page, async () => (await client.accounts())[0].handle), 'the handle is found')
    assert.equal(await valueOf(page, async () => (await client.accounts())[0].handle), account.handle)
  }
})

test('A session that the official client stored is listed, and stays when it ends', async (t) => {
  const { context, page } = await world.visitor(t)
  await context.addCookies([{ name: 'client', value: 'official', url: origin }])
  await page.reload()
  await harnessReady(page)
  await signIn(page, alice, { origin })
  await context.clearCookies()
  await page.reload()
  await harnessReady(page)
  const [account] = await valueOf(page, () => makeClient().accounts())
  assert.deepEqual(account, { did: alice.did, pds: `${world.info.pdsUrl}/`, issuer: world.info.pdsUrl, status: 'signed-in' })
  await valueOf(page, (did) => client.revoke(did), alice.did)
  assert.deepEqual(await list(page), [`${alice.did} signed-out`])
})

test('The official client beside ours takes no notice of what it cannot know', async (t) => {
  const someone = await world.signedIn(t)
  await someone.context.addCookies([{ name: 'client', value: 'official', url: origin }])
  const official = await someone.tab()
  const errors = []
  official.on('pageerror', (error) => errors.push(error.message))
  official.on('console', (message) => errors.push(message.text()))
  assert.deepEqual(await initPage(official), { sub: alice.did })
  await valueOf(someone.page, (did) => client.forget(did), alice.did)
  await eventually(async () => (await hookCalls(official)).length, 'the end of the session is heard')
  await settled([someone.page, official])
  assert.deepEqual(await hookCalls(official), [`deleted ${alice.did}`])
  assert.deepEqual(errors, [])
})

test('Rows and records that cannot be read are not listed, and keep nothing else from it', async (t) => {
  const { page } = await world.signedIn(t)
  await page.evaluate((prefix) => {
    const suffix = ` ${client.clientMetadata.client_id}`
    const carol = `${prefix}did:plc:ccccccccccccccccccccccc2${suffix}`
    localStorage.setItem(carol, '{"handle": 5, "pds": [], "issuer": null, "lastUsed": 1e300}')
    for (const [at, garbage] of ['', '{', 'null', '[]', '"text"', '7'].entries()) {
      localStorage.setItem(`${prefix}did:plc:${'d'.repeat(23)}${at + 2}${suffix}`, garbage)
    }
    for (const key of ['', 'bob', 'did:plc:short', 'did:key:zabc']) localStorage.setItem(prefix + key + suffix, '{}')
  }, RECORD)
  await page.evaluate(async () => {
    const settle = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
    const database = await settle(indexedDB.open('@atproto-oauth-client'))
    const rows = database.transaction('session', 'readwrite').objectStore('session')
    for (const [at, garbage] of [5, 'text', null, [], {}, { value: 5 }, { value: { tokenSet: { sub: 'did:plc:eeeeeeeeeeeeeeeeeeeeeee2' } } }].entries()) {
      await settle(rows.put(garbage, `did:plc:${'f'.repeat(23)}${at + 2}`)).catch(() => {})
    }
    database.close()
  })
  assert.deepEqual(await valueOf(page, async () => (await client.accounts()).map(({ did, status, lastUsed, handle }) => [did, status, !!lastUsed, handle])),
    [[alice.did, 'signed-in', true, alice.handle], ['did:plc:ccccccccccccccccccccccc2', 'signed-out', false, null]])
})

test('An account with a session that has expired for good is signed out', async (t) => {
  const { page } = await world.signedIn(t)
  await expireRows(page, 'session')
  assert.deepEqual(await list(page), [`${alice.did} signed-out`])
  assert.equal((await rowsOf(page, 'session')).length, 1, 'looking removes nothing')
})

test('Where localStorage is denied, the list still shows who is signed in, and this page remembers the rest', async (t) => {
  const { context } = await world.signedIn(t)
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })
  })
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  await harnessReady(page)
  await page.evaluate(() => void makeClient())
  assert.equal(await active(page), undefined)
  assert.deepEqual(await valueOf(page, async () => (await client.accounts()).map(({ did, status, handle }) => [did, status, handle ?? null])),
    [[alice.did, 'signed-in', null]])
  assert.equal(await who(page, alice.did), alice.did)
  assert.equal(await active(page), alice.did)
  await valueOf(page, (did) => client.revoke(did), alice.did)
  assert.deepEqual(await list(page), [`${alice.did} signed-out`])
})
