// A device whose clock is wrong, against the real servers: they take 2 minutes for now, and 20 for a forgery.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls } from './support/control.mjs'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { rowsOf, storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, valueOf } from './support/page.mjs'
import { signIn } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

const TWENTY_MINUTES = 1_200_000

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession', { cache: 'no-store' })).status
const refresh = async (did) => void await client.restore(did, true)

/** Sets the clock of every page that the visitor opens from now on, so many milliseconds ahead; 0 sets it right. */
function setClock(context, ahead) {
  return context.addInitScript((ahead) => {
    const Right = (globalThis.RightDate ??= Date)
    globalThis.Date = class extends Right {
      constructor(...given) {
        if (given.length > 0) super(...given)
        else super(Right.now() + ahead)
      }

      static now() {
        return Right.now() + ahead
      }
    }
  }, ahead)
}

async function visitorWith(t, ahead) {
  const someone = await world.visitor(t)
  await setClock(someone.context, ahead)
  await reload(someone.page)
  return someone
}

async function reload(page) {
  await page.goto(`${origin}/`)
  await harnessReady(page)
}

/** Proofs refused as such; nonces are another matter. */
async function refusedSince(mark) {
  return (await control.since(mark)).filter((entry) => /invalid_dpop_proof/.test(`${entry.error} ${entry.wwwAuth}`))
}

async function clockOffset(page) {
  const [row] = await rowsOf(page, 'session')
  return row.value.extra.clockOffset
}

for (const ahead of [TWENTY_MINUTES, -TWENTY_MINUTES]) {
  const way = ahead > 0 ? 'fast' : 'slow'

  test(`With a clock 20 minutes ${way}, all works after one refusal`, async (t) => {
    const someone = await visitorWith(t, ahead)
    const { page, context } = someone
    const own = []
    context.on('request', (request) => request.method() === 'HEAD' && own.push(request.url()))
    const mark = await control.mark()
    await signIn(page, alice, { origin })
    assert.equal(await valueOf(page, profile), 200)
    await valueOf(page, refresh, alice.did)
    await reload(page)
    await valueOf(page, async (did) => void (window.session = await makeClient().restore(did)), alice.did)
    assert.equal(await valueOf(page, profile), 200)

    const refused = await refusedSince(mark)
    assert.deepEqual(refused.map((entry) => entry.url), ['/oauth/par'])
    assert.deepEqual(own, [`${origin}/`], 'these servers do not show their time; the page asked its own once')
    const offset = await clockOffset(page)
    assert.ok(Math.abs(offset + ahead) < 10_000, `${offset}`)
    const { left, expired } = await valueOf(page, async () => {
      const info = await session.getTokenInfo(false)
      return { left: info.expiresAt.getTime() - Date.now(), expired: info.expired }
    })
    assert.equal(expired, false)
    assert.ok(left > 3_000_000 && left <= 3_610_000, `${left} ms left, as this device counts`)
  })

  test(`A clock that was 20 minutes ${way} at sign-in and is set right does no harm`, async (t) => {
    const { page, context } = await visitorWith(t, ahead)
    await signIn(page, alice, { origin })
    await setClock(context, 0)
    await reload(page)
    const mark = await control.mark()
    await valueOf(page, async (did) => void (window.session = await makeClient().restore(did)), alice.did)
    assert.equal(await valueOf(page, profile), 200)
    await valueOf(page, refresh, alice.did)
    assert.equal((await refusedSince(mark)).length, 1)
    assert.equal(await clockOffset(page), undefined)
  })

  test(`A clock that goes ${way} under a session is noticed by a request, whose body is sent again`, async (t) => {
    const { page, context } = await world.signedIn(t)
    assert.equal(await valueOf(page, profile), 200)
    await setClock(context, ahead)
    await reload(page)
    const mark = await control.mark()
    const status = await valueOf(page, async (did) => {
      const session = await makeClient().restore(did, false)
      const body = new Uint8Array(100)
      const headers = { 'content-type': 'application/octet-stream' }
      return (await session.fetchHandler('/xrpc/com.atproto.repo.uploadBlob', { method: 'POST', headers, body })).status
    }, alice.did)
    assert.equal(status, 200)
    assert.deepEqual((await refusedSince(mark)).map((entry) => entry.status), [401])
  })
}

test('A clock that nobody corrects is named, and ends no session', async (t) => {
  const { page, context } = await world.signedIn(t)
  await setClock(context, -TWENTY_MINUTES)
  await reload(page)
  // A server of the page's own that says nothing of the time.
  await context.route(`${origin}/`, (route) => route.abort())
  const error = await errorOf(page, async (did) => { await makeClient().restore(did, true) }, alice.did)
  assertIsA(error, 'OAuthResponseError')
  assertTyped(error, { code: 'CLOCK_SKEW', step: 'refresh', retryable: false, error: 'invalid_dpop_proof', url: `${world.info.pdsUrl}/oauth/token` })
  assert.match(error.help, /clock/)
  assert.match(error.message, /^OAuth "invalid_dpop_proof" error: .* clock is wrong/)
  assert.deepEqual(await storedSessions(page), [alice.did])
  const status = await valueOf(page, async (did) => {
    window.session = await client.restore(did, false)
    return (await session.fetchHandler('/xrpc/com.atproto.server.getSession', { cache: 'no-store' })).status
  }, alice.did)
  assert.equal(status, 401)
})

test('A server that takes no time at all says by how much the clock is off', async (t) => {
  const { page, context } = await visitorWith(t, -TWENTY_MINUTES)
  await context.route('**/oauth/par', (route) => route.fulfill({
    status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': '*' },
    body: JSON.stringify({ error: 'invalid_dpop_proof', error_description: '"iat" claim timestamp check failed' }),
  }))
  const { seconds, message } = await valueOf(page, (handle) => makeClient().authorize(handle).catch(
    ({ seconds, message }) => ({ seconds, message })), alice.handle)
  assert.ok(Math.abs(seconds + 1200) < 10, `${seconds}`)
  assert.match(message, /\d{4} s behind/)
})

test('With a right clock nobody asks for the time', async (t) => {
  const { page, context } = await world.visitor(t)
  const asked = []
  context.on('request', (request) => request.method() === 'HEAD' && asked.push(request.url()))
  await signIn(page, alice, { origin })
  const mark = await control.mark()
  assert.equal(await valueOf(page, profile), 200)
  await valueOf(page, refresh, alice.did)
  assert.deepEqual(asked, [])
  assert.deepEqual(await refusedSince(mark), [])
  assert.ok(calls(await control.since(mark), 'com.atproto.server.getSession').length > 0)
})
