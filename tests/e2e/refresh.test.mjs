// Keeping a session alive: refreshes, nonces, and what ends a session.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls, grants } from './support/control.mjs'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { activeAccount, rowsOf, storedSessions } from './support/indexed-db.mjs'
import { signInUntilExpired, signInWithLateExpiry } from './support/late-expiry.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { signInWithoutPages } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control } = world

/** The status of one authenticated request; the browser's cache would turn some into 304. */
const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession', { cache: 'no-store' })).status

/** The token set as it lies in the database. */
async function storedTokens(page) {
  const [row] = await rowsOf(page, 'session')
  return row.value.tokenSet
}

test('A forced refresh replaces both tokens, here and at the server', async (t) => {
  const { page } = await world.signedIn(t)
  const [before, [heldBefore]] = [await storedTokens(page), await control.tokens(alice.did)]
  await valueOf(page, async (did) => void (window.session = await client.restore(did, true)), alice.did)
  const [after, held] = [await storedTokens(page), await control.tokens(alice.did)]
  assert.equal(held.length, 1, 'still one session')
  assert.notEqual(held[0].refresh, heldBefore.refresh)
  assert.notEqual(after.access_token, before.access_token)
  assert.notEqual(after.refresh_token, before.refresh_token)
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `updated ${alice.did}`])
  assert.equal(await valueOf(page, profile), 200)
})

test('A session made before a refresh goes on with the new token', async (t) => {
  const { page } = await world.signedIn(t)
  await valueOf(page, async (did) => void await client.restore(did, true), alice.did)
  const mark = await control.mark()
  assert.equal(await valueOf(page, profile), 200, 'the old object')
  const statuses = calls(await control.since(mark), 'com.atproto.server.getSession').map((entry) => entry.status)
  assert.deepEqual(statuses, [200], 'the token in memory was replaced, so nothing had to be tried twice')
})

test('A token about to expire is refreshed before it is used', async (t) => {
  const someone = await world.visitor(t)
  await control.tokenMaxAge(5000)
  await signInWithoutPages(someone.page, alice, world)
  await control.tokenMaxAge(3_600_000)
  const mark = await control.mark()
  assert.equal(await valueOf(someone.page, profile), 200)
  const trace = await control.since(mark)
  assert.equal(grants(trace).length, 1)
  assert.ok(!calls(trace, 'com.atproto.server.getSession').some((entry) => /invalid_token/.test(entry.wwwAuth)))
})

test('restore(did, false) gives the stored session as it is, even an expired one', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  await signInUntilExpired(page, alice, world)
  const before = outgoing().length
  const sub = await valueOf(page, async (did) => (await makeClient().restore(did, false)).sub, alice.did)
  assert.equal(sub, alice.did)
  assert.deepEqual(outgoing().slice(before), [])
})

test('A token which the server alone calls expired: refused once, refreshed once, repeated once', async (t) => {
  const someone = await world.visitor(t)
  await signInWithLateExpiry(someone, alice, world)
  const mark = await control.mark()
  assert.equal(await valueOf(someone.page, profile), 200)
  const trace = await control.since(mark)
  assert.equal(grants(trace).length, 1)
  const tried = calls(trace, 'com.atproto.server.getSession').filter((entry) => !/use_dpop_nonce/.test(entry.wwwAuth))
  assert.deepEqual(tried.map((entry) => entry.status), [401, 200])
  assert.match(tried[0].wwwAuth, /invalid_token/)
})

test('A body sent with a refused token is sent again with the new one', async (t) => {
  const someone = await world.visitor(t)
  await signInWithLateExpiry(someone, alice, world)
  const result = await valueOf(someone.page, async () => {
    const response = await session.fetchHandler('/xrpc/com.atproto.repo.uploadBlob', {
      method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: new Uint8Array(100),
    })
    return { status: response.status, size: (await response.json()).blob.size }
  })
  assert.deepEqual(result, { status: 200, size: 100 })
})

test('Eight requests at once with a token that the server calls expired make one refresh', async (t) => {
  const someone = await world.visitor(t)
  await signInWithLateExpiry(someone, alice, world)
  const mark = await control.mark()
  const statuses = await valueOf(someone.page, async () => {
    const one = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status
    return Promise.all(Array.from({ length: 8 }, one))
  })
  assert.deepEqual(statuses, Array(8).fill(200))
  assert.equal(grants(await control.since(mark)).length, 1)
  assert.equal((await control.tokens(alice.did)).length, 1)
})

test('Eight requests at once with a token about to expire make one refresh', async (t) => {
  const someone = await world.visitor(t)
  await control.tokenMaxAge(5000)
  await signInWithoutPages(someone.page, alice, world)
  await control.tokenMaxAge(3_600_000)
  const mark = await control.mark()
  const statuses = await valueOf(someone.page, async () => {
    const one = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status
    return Promise.all(Array.from({ length: 8 }, one))
  })
  assert.deepEqual(statuses, Array(8).fill(200))
  assert.equal(grants(await control.since(mark)).length, 1)
})

test('A nonce that the server no longer takes costs a request exactly one more try', async (t) => {
  const { page } = await world.signedIn(t)
  assert.equal(await valueOf(page, profile), 200)
  await control.rotateNonce()
  const mark = await control.mark()
  assert.equal(await valueOf(page, profile), 200)
  assert.equal(await valueOf(page, profile), 200)
  const trace = calls(await control.since(mark), 'com.atproto.server.getSession')
  assert.deepEqual(trace.map((entry) => entry.status), [401, 200, 200])
  assert.match(trace[0].wwwAuth, /use_dpop_nonce/)
})

test('A nonce that the server no longer takes costs a refresh exactly one more try', async (t) => {
  const { page } = await world.signedIn(t)
  await control.rotateNonce()
  const mark = await control.mark()
  await valueOf(page, async (did) => void await client.restore(did, true), alice.did)
  const trace = (await control.since(mark)).filter((entry) => entry.url === '/oauth/token')
  assert.deepEqual(trace.map((entry) => entry.status), [400, 200])
  assert.match(trace[0].error, /use_dpop_nonce/)
})

test('While the nonce stands, requests cost one round trip each', async (t) => {
  const { page } = await world.signedIn(t)
  await valueOf(page, profile)
  const mark = await control.mark()
  for (let n = 0; n < 3; n += 1) assert.equal(await valueOf(page, profile), 200)
  assert.deepEqual((await control.since(mark)).map((entry) => entry.status), [200, 200, 200])
})

test('A session revoked at the server ends at the next refresh, and says so once', async (t) => {
  const { page } = await world.signedIn(t)
  await control.revokeAll(alice.did)
  const error = await errorOf(page, async (did) => { await client.restore(did, true) }, alice.did)
  assertIsA(error, 'TokenRefreshError')
  assertTyped(error, { code: 'SESSION_REVOKED', step: 'refresh', sub: alice.did, retryable: false })
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `deleted ${alice.did}`])
  assertIsA(await page.evaluate(() => window.hooks.at(-1).cause), 'TokenRefreshError')
  assert.deepEqual(await storedSessions(page), [])
})

test('init after the session was revoked at the server fails once, and then starts afresh', async (t) => {
  const { page } = await world.visitor(t)
  await signInUntilExpired(page, alice, world)
  await control.revokeAll(alice.did)
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertIsA(error, 'TokenRefreshError')
  assert.equal(await activeAccount(page), null)
  assert.equal(await valueOf(page, async () => (await makeClient().init()) ?? 'nothing'), 'nothing')
})

test('A revoked session in use ends when it is refreshed, and sends nothing more', async (t) => {
  const { page } = await world.signedIn(t)
  await control.revokeAll(alice.did)
  // Access tokens may outlive a revocation; a refresh cannot.
  for (const step of [() => session.getTokenInfo(true), () => session.fetchHandler('/xrpc/com.atproto.server.getSession')]) {
    const error = await errorOf(page, step)
    assertIsA(error, 'TokenRefreshError')
    assertTyped(error, { code: 'SESSION_REVOKED' })
  }
  assert.deepEqual(await storedSessions(page), [])
})

test('A refresh that the server fails to answer keeps the session', async (t) => {
  const { page, context } = await world.signedIn(t)
  await context.route('**/oauth/token', (route) => route.fulfill({
    status: 503, contentType: 'application/json', headers: { 'access-control-allow-origin': '*' },
    body: JSON.stringify({ error: 'temporarily_unavailable', error_description: 'Come back later' }),
  }))
  const error = await errorOf(page, async (did) => { await client.restore(did, true) }, alice.did)
  assertIsA(error, 'OAuthResponseError')
  assertTyped(error, { code: 'OAUTH_REFUSED', step: 'refresh', retryable: true, error: 'temporarily_unavailable', url: `${world.info.pdsUrl}/oauth/token` })
  assert.deepEqual(await storedSessions(page), [alice.did])
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`])
  await context.unroute('**/oauth/token')
  assert.equal(await valueOf(page, profile), 200)
})

test('A refresh goes on when the one who asked for it no longer waits', async (t) => {
  const { page, context } = await world.visitor(t)
  await signInUntilExpired(page, alice, world)
  const before = await storedTokens(page)
  let answer
  const held = new Promise((resolve) => { answer = resolve })
  let asked = false
  await context.route('**/oauth/token', async (route) => {
    asked = true
    await held
    await route.continue()
  })
  await page.evaluate(() => {
    const gone = new AbortController()
    window.leave = () => gone.abort()
    window.left = session.fetchHandler('/xrpc/com.atproto.server.getSession', { signal: gone.signal }).catch(() => {})
  })
  await eventually(() => asked, 'the refresh is under way')
  await page.evaluate(() => window.leave())
  answer()
  await eventually(async () => (await storedTokens(page)).access_token !== before.access_token, 'the new token is stored')
})

test('A refresh that the server rejects in words of its own leaves a user who has to sign in, and a session for another try', async (t) => {
  const { context, page } = await world.visitor(t)
  await signInUntilExpired(page, alice, world)
  await control.tokenMaxAge(3_600_000)
  const body = { error: 'InvalidRequest', message: 'expired refresh token' }
  let asked = 0
  await context.route('**/oauth/token', async (route) => {
    asked += route.request().method() === 'POST'
    await route.fulfill({ status: 400, json: body, headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' } })
  })
  const load = async () => {
    await page.reload()
    await harnessReady(page)
    return page.evaluate(async () => {
      const found = await makeClient().init()
      return { found: found ?? null, accounts: (await client.accounts()).map(({ did, status }) => [did, status]) }
    })
  }
  const nobody = { found: null, accounts: [[alice.did, 'signed-out']] }
  assert.deepEqual(await load(), nobody)
  assert.deepEqual(await hookCalls(page), [`deleted ${alice.did}`])
  const { cause } = await page.evaluate(() => window.hooks[0])
  assert.equal(cause.message, body.message, "the server's own words")
  assert.deepEqual(await load(), nobody)
  assert.equal(asked, 1, 'a load asks nobody again')
  const refused = await errorOf(page, async (did) => void await client.switchTo(did), alice.did)
  assertTyped(refused, { code: 'REFRESH_REJECTED', retryable: false })
  assert.equal(asked, 2, 'an explicit restore does')

  await context.unroute('**/oauth/token')
  await valueOf(page, async (did) => void (window.session = await client.switchTo(did)), alice.did)
  assert.equal(await valueOf(page, profile), 200)
  assert.deepEqual((await load()).accounts, [[alice.did, 'signed-in']])
})

test("A refusal in the words of XRPC says what the server said", async (t) => {
  const { context, page } = await world.visitor(t)
  await context.route('**/oauth/par', (route) => route.fulfill({ status: 400,
    json: { error: 'InvalidRequest', message: 'No such scope' }, headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' } }))
  const error = await errorOf(page, async (handle) => void await makeClient().authorize(handle), alice.handle)
  assertIsA(error, 'OAuthResponseError')
  assert.match(error.message, /"InvalidRequest" error: No such scope$/)
  assert.equal(error.error, 'InvalidRequest')
})
