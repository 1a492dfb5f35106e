// What a request with a token may lead to: redirects, refusals in words of their own, and ids that tell nobody anything.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { launchBrowser } from './support/browser.mjs'
import { storeGranted } from './support/cheap-session.mjs'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { serveHarness } from './support/harness-server.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { startSmallPds } from './support/small-pds.mjs'

const DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const OTHER = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'

const pds = await startSmallPds()
const [harness, browser] = await Promise.all([serveHarness({ pdsUrl: pds.origin, plcUrl: pds.origin }), launchBrowser()])
after(async () => {
  await browser.close()
  await Promise.all([harness.stop(), pds.stop()])
})

/** A page with a session as `window.session`, whose client may have a `fetch` of its own. */
async function signedIn(t, { dids = [DID], follows = false } = {}) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const page = await context.newPage()
  await page.goto(`${harness.origin}/`)
  await harnessReady(page)
  for (const sub of dids) {
    await storeGranted(page, pds.origin, () => ({ sub, scope: 'atproto', access_token: `access of ${sub}`.replaceAll(' ', '-'),
      refresh_token: 'refresh-1', token_type: 'DPoP', expires_in: 3600 }))
  }
  await valueOf(page, async ({ dids, follows }) => {
    const own = { fetch: (request) => fetch(new Request(request, { redirect: 'follow' })) }
    const client = makeClient(follows ? own : {})
    window.sessions = []
    for (const did of dids) window.sessions.push(await client.restore(did, false))
    window.session = window.sessions[0]
  }, { dids, follows })
  pds.holder(dids[0])
  pds.requests.length = 0
  return page
}

/** What came since the last call: where, by which method, and whether with a token and a proof. */
function arrived() {
  return pds.requests.splice(0).filter(({ path }) => !path.startsWith('/.well-known') && !path.startsWith('/did'))
    .map(({ at, method, token, claims }) => [at, method, ...(token || claims ? ['with a token'] : [])].join(' '))
}

/** The nonce in the proof of a request to the PDS. */
async function nonceInUse(page) {
  await valueOf(page, async () => void (await session.fetchHandler('/xrpc/plain')))
  return pds.requests.splice(0).at(-1).claims.nonce
}

/** An answer that sends to another origin. Browsers remember a 301 otherwise. */
const moved = (status) => ({
  status, expose: ['dpop-nonce'], headers: { location: `${pds.elsewhere}/picture`, 'dpop-nonce': 'of-redirect', 'cache-control': 'no-store' },
})

for (const follows of [false, true]) {
  const who = follows ? 'A custom fetch that follows' : 'The browser'

  test(`${who}: what the PDS keeps elsewhere is read without the token`, async (t) => {
    const page = await signedIn(t, { follows })
    for (const [status, method] of [[301, 'GET'], [302, 'HEAD'], [303, 'GET'], [307, 'get'], [308, 'GET']]) {
      pds.on('/xrpc/moved', moved(status))
      const seen = await valueOf(page, async (method) => {
        const answer = await session.fetchHandler('/xrpc/moved?cid=x', { method, headers: { Authorization: 'Bearer mine' } })
        return [answer.status, new URL(answer.url).pathname]
      }, method)
      assert.deepEqual(seen, [200, '/picture'])
      const name = method.toUpperCase()
      const found = arrived()
      if (!follows) assert.deepEqual(found, [`pds ${name} with a token`, `pds ${name}`, `elsewhere ${name}`])
      assert.deepEqual(found.slice(-2), [`pds ${name}`, `elsewhere ${name}`])
      assert.equal(await nonceInUse(page), undefined, 'a nonce of another place is not kept')
    }
  })

  test(`${who}: what does more than read is not sent elsewhere, and says so`, async (t) => {
    const page = await signedIn(t, { follows })
    pds.on('/xrpc/moved', moved(307))
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const error = await errorOf(page, async (method) => {
        await session.fetchHandler('/xrpc/moved', { method, body: method === 'DELETE' ? undefined : '{}' })
      }, method)
      assertIsA(error, 'FetchResponseError')
      assertTyped(error, { code: 'RESPONSE_REDIRECTED', step: 'request', retryable: false, url: `${pds.origin}/xrpc/moved`, help: /token/ })
      const found = arrived()
      if (!follows) assert.deepEqual(found, [`pds ${method} with a token`])
      assert.equal(await nonceInUse(page), undefined)
    }
  })
}

test('An app that wants the redirect itself, or none, is given that', async (t) => {
  const page = await signedIn(t)
  pds.on('/xrpc/moved', moved(302))
  const seen = await valueOf(page, async () => {
    const answer = await session.fetchHandler('/xrpc/moved', { redirect: 'manual' })
    return [answer.type, answer.status]
  })
  assert.deepEqual([seen, arrived()], [['opaqueredirect', 0], ['pds GET with a token']])
  const error = await errorOf(page, async () => void (await session.fetchHandler('/xrpc/moved', { redirect: 'error' })))
  assertIsA(error, 'TypeError')
  assert.deepEqual(arrived(), ['pds GET with a token'])
})

test('A URL that only looks like one of the PDS is refused before anything is sent', async (t) => {
  const page = await signedIn(t)
  const { port } = new URL(pds.origin)
  for (const url of [`blob:${pds.origin}/7c5e0b1a-5a8f-4b58-8d2f-1f2b3c4d5e6f`, `filesystem:${pds.origin}/temporary/x`, '//localhost/xrpc/x',
    `http://user:secret@localhost:${port}/xrpc/x`, `https://localhost:${port}/xrpc/x`, 'http://localhost/xrpc/x', `ws://localhost:${port}/x`,
    '/\\127.0.0.1/xrpc/x', 'data:text/plain,x', 'javascript:0']) {
    const error = await errorOf(page, async (url) => void (await session.fetchHandler(url)), url)
    assertIsA(error, 'TypeError')
    assertTyped(error, { code: 'FOREIGN_URL' })
  }
  assert.deepEqual(arrived(), [])
})

test('A refusal that the page cannot read has the token refreshed once', async (t) => {
  const page = await signedIn(t)
  const statuses = (path, times) => valueOf(page, async ([path, times]) => {
    const statuses = []
    while (statuses.length < times) statuses.push((await session.fetchHandler(path)).status)
    return statuses
  }, [path, times])
  // The challenge is there, and CORS hides it.
  pds.on('/xrpc/hidden', ({ token }) => (token.startsWith('DPoP access-of') ? { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_token"' } } : {}))
  assert.deepEqual(await statuses('/xrpc/hidden', 2), [200, 200])
  assert.deepEqual(arrived(), ['pds GET with a token', 'pds POST with a token', 'pds GET with a token', 'pds GET with a token'])
  pds.on('/xrpc/never', { status: 401, json: { error: 'AuthMissing' } })
  assert.deepEqual(await statuses('/xrpc/never', 3), [401, 401, 401])
  assert.deepEqual(arrived(), Array(3).fill('pds GET with a token'))
  assert.deepEqual(await hookCalls(page), [`updated ${DID}`])
})

test('A nonce that is demanded in the body alone is sent, and every answer is still the app\'s to read', async (t) => {
  const page = await signedIn(t)
  const demand = { status: 400, headers: { 'dpop-nonce': 'n1' }, expose: ['dpop-nonce'], json: { error: 'use_dpop_nonce', message: 'Nonce' } }
  pds.on('/xrpc/nonce', ({ claims }) => (claims.nonce === 'n1' ? {} : demand))
  const read = (path, init) => valueOf(page, async ([path, init]) => {
    const body = init?.stream && { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }
    const answer = await session.fetchHandler(path, { ...init, ...body })
    return [answer.status, await answer.json()]
  }, [path, init])
  assert.deepEqual(await read('/xrpc/nonce'), [200, { ok: true }])
  assert.equal(arrived().length, 2)
  let nonces = 1
  pds.on('/xrpc/wrong', () => ({ ...demand, headers: { 'dpop-nonce': `n${nonces += 1}` }, json: { error: 'InvalidRequest', message: 'x'.repeat(20_000) } }))
  const [status, body] = await read('/xrpc/wrong')
  assert.deepEqual([status, body.error, body.message.length], [400, 'InvalidRequest', 20_000])
  assert.equal(arrived().length, 1)
  pds.on('/xrpc/ever', () => ({ ...demand, headers: { 'dpop-nonce': `n${nonces += 1}` } }))
  assert.deepEqual(await read('/xrpc/ever', { method: 'POST', body: '{}' }), [400, demand.json])
  assert.equal(arrived().length, 2)
})

test('The ids of proofs tell nobody that two accounts are of one page', async (t) => {
  const page = await signedIn(t, { dids: [DID, OTHER] })
  pds.on('/xrpc/plain', {})
  await valueOf(page, async () => {
    for (let at = 0; at < 6; at += 1) await window.sessions[at % 2].fetchHandler('/xrpc/plain')
  })
  const ids = [DID, OTHER].map((did) => pds.requests.filter(({ token }) => token.endsWith(did)).map(({ claims }) => claims.jti))
  assert.deepEqual(ids.map(({ length }) => length), [3, 3])
  assert.equal(new Set(ids.flat()).size, 6, 'each is unique')
  const begins = ids.map((of) => new Set(of.map((jti) => jti.slice(0, 10))))
  for (const begin of begins[0]) assert.ok(!begins[1].has(begin), `both begin with ${begin}`)
})
