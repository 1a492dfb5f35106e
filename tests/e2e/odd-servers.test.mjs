// Servers whose numbers, texts and documents are within no bounds: each is used as far as it can be, or refused as what it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { DATABASE, rowsOf } from './support/indexed-db.mjs'
import { errorOf, harnessReady, valueOf } from './support/page.mjs'
import { initPage } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

const METADATA = '**/.well-known/oauth-authorization-server'
const TOKEN = '**/oauth/token'

const nested = (depth) => `${'['.repeat(depth)}1${']'.repeat(depth)}`

/** Changes a JSON answer on its way, as a text: what is parsed here would not come out of here as it was. */
async function change(context, place, text, changed) {
  await context.route(place, async (route) => {
    const response = await route.fetch()
    const body = await response.text()
    await route.fulfill({ response, body: body.startsWith('{') ? changed(body, text) : body })
  })
}

const profile = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession', { cache: 'no-store' })).status

/** A sign-in whose consent is given at the server, up to what `init` comes to on the page that it ends at. */
async function callbackPage(page) {
  await page.evaluate(() => void makeClient())
  const url = await valueOf(page, async (handle) => String(await client.authorize(handle)), alice.handle)
  await page.goto('about:blank')
  await page.goto(await control.consent(url, alice.did))
  await harnessReady(page)
}

for (const lifetime of ['9007199254740991', '1e300', '1e999']) {
  test(`A lifetime of ${lifetime} seconds is only long`, async (t) => {
    const { page, context, outgoing } = await world.visitor(t)
    await change(context, TOKEN, lifetime, (body, lifetime) => body.replace(/"expires_in":\d+/, `"expires_in":${lifetime}`))
    await callbackPage(page)
    const told = await valueOf(page, async () => {
      const told = []
      window.session = (await makeClient({ onSessionUpdated: (_, { tokenSet }) => void told.push(tokenSet.expires_at) }).init()).session
      await session.getTokenInfo(true)
      const { expiresAt, expired } = await session.getTokenInfo(false)
      return [...told, expiresAt.toISOString(), expired]
    })
    const last = '+275760-09-13T00:00:00.000Z'
    assert.deepEqual(told, [last, last, last, false])
    assert.equal(await valueOf(page, profile), 200)

    await page.goto(`${origin}/`)
    await harnessReady(page)
    const before = outgoing().length
    assert.deepEqual(await initPage(page), { sub: alice.did })
    assert.equal(await valueOf(page, profile), 200)
    assert.ok(outgoing().slice(before).every(({ url }) => !url.includes('/oauth/')), 'and needs no refresh')
  })
}

test('A token that no header can carry is refused when it comes, and a row with one is corrupt', async (t) => {
  const { page, context } = await world.visitor(t)
  for (const token of ['', 'two\\nlines', 'a\\u200bb', ' a', 'a ']) {
    await change(context, TOKEN, token, (body, token) => body.replace(/"access_token":"[^"]*"/, `"access_token":"${token}"`))
    await callbackPage(page)
    const error = await errorOf(page, async () => { await makeClient().init() })
    assertTyped(error, { code: 'TOKEN_RESPONSE_INVALID', step: 'token', retryable: false })
    assert.deepEqual(await rowsOf(page, 'session'), [])
    await context.unroute(TOKEN)
  }

  await callbackPage(page)
  await initPage(page)
  await page.evaluate(async ({ name, sub }) => {
    const settle = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
    const database = await settle(indexedDB.open(name))
    const rows = database.transaction('session', 'readwrite').objectStore('session')
    const row = await settle(rows.get(sub))
    row.value.tokenSet.access_token = 'two\nlines'
    await settle(rows.put(row, sub))
    database.close()
  }, { name: DATABASE, sub: alice.did })
  await page.goto(`${origin}/`)
  await harnessReady(page)
  const error = await errorOf(page, async () => {
    const { session } = await makeClient().init()
    await session.fetchHandler('/xrpc/com.atproto.server.getSession')
  })
  assertTyped(error, { code: 'STORAGE_CORRUPT', step: 'storage', retryable: false })
})

for (const [what, value] of [
  ['10 000 deep', nested(10_000)],
  ['as deep as can be', nested(125_000)],
  ['with a text of 250 kB', JSON.stringify('x'.repeat(250_000))],
]) {
  test(`With metadata ${what}, all works, and little of that is stored`, async (t) => {
    const { page, context } = await world.visitor(t)
    await change(context, METADATA, value, (body, value) => `{"aaa":${value},${body.slice(1)}`)
    await callbackPage(page)
    await initPage(page)
    assert.equal(await valueOf(page, profile), 200)
    await valueOf(page, async () => void await session.getTokenInfo(true))
    const [row] = await rowsOf(page, 'session')
    assert.equal(row.value.extra.server.issuer, new URL(world.info.pdsUrl).origin)
    assert.ok(JSON.stringify(row).length < 40_000, 'a row of moderate size')
    const metadata = await valueOf(page, () => structuredClone(session.serverMetadata))
    assert.ok(metadata.token_endpoint.endsWith('/oauth/token'))

    await page.goto(`${origin}/`)
    await harnessReady(page)
    assert.deepEqual(await initPage(page), { sub: alice.did })
    assert.equal(await valueOf(page, profile), 200)
  })

  test(`A refusal ${what} is told as what it is`, async (t) => {
    const { page, context } = await world.visitor(t)
    await context.route('**/oauth/par', (route) => route.fulfill({
      status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': '*' },
      body: `{"aaa":${value},"error":"invalid_scope","error_description":"No."}`,
    }))
    const error = await errorOf(page, (handle) => makeClient().authorize(handle), alice.handle)
    assertIsA(error, 'OAuthResponseError')
    assertTyped(error, { code: 'OAUTH_REFUSED', step: 'par', error: 'invalid_scope' })
    assert.equal(error.message, 'OAuth "invalid_scope" error: No.')
  })

  test(`A DID document ${what} can be cloned by the app`, async (t) => {
    const { page, context } = await world.visitor(t)
    await change(context, `${world.info.plcUrl}/**`, value, (body, value) => `{"aaa":${value},${body.slice(1)}`)
    const { did, handle, didDoc } = await valueOf(page, async (did) => structuredClone(await makeClient().identityResolver.resolve(did)), alice.did)
    assert.deepEqual([did, handle, didDoc.id], [alice.did, alice.handle, alice.did])
  })
}
