// A live session: requests of every shape, coming back after a reload, being offline, signing out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls } from './support/control.mjs'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { activeAccount, storedSessions } from './support/indexed-db.mjs'
import { signInUntilExpired } from './support/late-expiry.mjs'
import { errorOf, harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { initPage, signInWithoutPages } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

test('A record is written, read and deleted', async (t) => {
  const { page } = await world.signedIn(t)
  const seen = await valueOf(page, async (did) => {
    const call = async (method, body) => {
      const response = await session.fetchHandler(`/xrpc/com.atproto.repo.${method}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ repo: did, ...body }),
      })
      return { status: response.status, body: await response.json() }
    }
    const record = { $type: 'app.bsky.feed.post', text: 'short lived', createdAt: new Date().toISOString() }
    const place = { collection: record.$type, rkey: '3kaaaaaaaaaaa' }
    const read = async () => {
      const query = new URLSearchParams({ repo: did, ...place })
      const response = await session.fetchHandler(`/xrpc/com.atproto.repo.getRecord?${query}`)
      return response.ok ? (await response.json()).value.text : response.status
    }
    return [(await call('createRecord', { ...place, record })).status, await read(),
      (await call('deleteRecord', place)).status, await read()]
  }, alice.did)
  assert.deepEqual(seen, [200, 'short lived', 200, 400])
})

test('A binary body arrives byte for byte', async (t) => {
  const { page } = await world.signedIn(t)
  const result = await valueOf(page, async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(5000))
    const response = await session.fetchHandler('/xrpc/com.atproto.repo.uploadBlob', {
      method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: new Blob([bytes]),
    })
    const { blob } = await response.json()
    // A CID v1 of raw bytes ends in their SHA-256: the server hashed what was sent.
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return { status: response.status, size: blob.size, link: blob.ref.$link, digest: [...digest] }
  })
  assert.deepEqual([result.status, result.size], [200, 5000])
  assert.deepEqual(lastBytesOfBase32(result.link.slice(1), 32), result.digest)
})

test('A browser that cannot encode base64 by itself signs as well', async (t) => {
  const { page } = await world.signedIn(t)
  const statuses = await valueOf(page, async () => {
    delete Uint8Array.prototype.toBase64
    const statuses = []
    // Enough signatures for each character of the alphabet to occur.
    for (let request = 0; request < 8; request += 1) {
      statuses.push((await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status)
    }
    return statuses
  })
  assert.deepEqual(statuses, Array(8).fill(200))
})

test('A streamed body is sent once: a nonce challenge is given back, and the next request passes', async (t) => {
  const { page } = await world.signedIn(t)
  await page.reload()
  await harnessReady(page)
  const setUp = () => {
    window.uploads = 0
    // Chromium streams uploads over HTTP/2 only, which a loopback server has not: the
    // stream is read here, below the client, and goes on as bytes.
    const unstream = async (...call) => {
      const request = new Request(...call)
      if (!request.url.endsWith('uploadBlob')) return fetch(request)
      window.uploads += 1
      const body = await request.arrayBuffer()
      return fetch(request.url, { method: 'POST', headers: request.headers, body })
    }
    return makeClient({ fetch: unstream }).init().then(({ session }) => void (window.session = session))
  }
  await valueOf(page, setUp)
  await control.rotateNonce()
  const upload = async () => {
    const response = await session.fetchHandler('/xrpc/com.atproto.repo.uploadBlob', {
      method: 'POST', headers: { 'content-type': 'application/octet-stream' }, duplex: 'half',
      body: new Blob(['streamed']).stream(),
    })
    const body = await response.json()
    return { status: response.status, error: body.error, size: body.blob?.size, uploads: window.uploads }
  }
  assert.deepEqual(await valueOf(page, upload), { status: 401, error: 'use_dpop_nonce', uploads: 1 })
  assert.deepEqual(await valueOf(page, upload), { status: 200, size: 8, uploads: 2 })
})

test('Headers of the caller are kept, except the two which the session makes', async (t) => {
  const { page, context } = await world.signedIn(t)
  const sent = context.waitForEvent('request', (request) => request.url().includes('getSession') && request.method() === 'GET')
  await valueOf(page, async () => {
    const headers = { 'Accept-Language': 'pt-BR', Authorization: 'Bearer theirs', DPoP: 'theirs' }
    await session.fetchHandler('/xrpc/com.atproto.server.getSession', { headers })
  })
  const headers = (await sent).headers()
  assert.equal(headers['accept-language'], 'pt-BR')
  assert.match(headers.authorization, /^DPoP ey/)
  assert.match(headers.dpop, /^ey[\w-]+\.[\w-]+\.[\w-]+$/)
})

test('An absolute URL on the own server is an ordinary request', async (t) => {
  const { page } = await world.signedIn(t)
  const status = await valueOf(page, async (pds) => {
    return (await session.fetchHandler(`${pds}/xrpc/com.atproto.server.getSession`)).status
  }, world.info.pdsUrl)
  assert.equal(status, 200)
})

for (const [what, target] of [['An absolute URL', 'http://127.0.0.1:9/xrpc/x'], ['A protocol-relative URL', '//127.0.0.1:9/xrpc/x']]) {
  test(`${what} of another server is refused before anything is sent`, async (t) => {
    const { page, outgoing } = await world.signedIn(t)
    const before = outgoing().length
    const error = await errorOf(page, async (url) => { await session.fetchHandler(url) }, target)
    assertIsA(error, 'TypeError')
    assertTyped(error, { code: 'FOREIGN_URL' })
    assert.deepEqual(outgoing().slice(before), [])
  })
}

test('A reload brings the session back without any request', async (t) => {
  const { page, outgoing } = await world.signedIn(t)
  const mark = await control.mark()
  const before = outgoing().length
  await page.reload()
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.deepEqual(outgoing().slice(before), [], 'requests of the page')
  assert.deepEqual(await control.since(mark), [], 'requests at the servers')
  assert.deepEqual(await hookCalls(page), [], 'nothing changed, so no hook is called')
})

test('A page opened as localhost moves to the loopback address, where its sessions are', async (t) => {
  const { page } = await world.signedIn(t)
  await page.goto(`${origin.replace('127.0.0.1', 'localhost')}/`)
  await harnessReady(page)
  // What it throws is lost with the page that throws it.
  await page.evaluate(() => makeClient().init().catch(() => {})).catch(() => {})
  await page.waitForURL(`${origin}/`)
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
})

test('init finds nothing for a new visitor, and asks nobody', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  assert.equal(await initPage(page), undefined)
  assert.deepEqual(outgoing(), [])
})

/** Takes the network away from an app whose own files a service worker keeps; returns what brings it back. */
async function goOffline(context) {
  const elsewhere = (url) => url.origin !== origin
  await context.route(elsewhere, (route) => route.abort('internetdisconnected'))
  return () => context.unroute(elsewhere)
}

test('A living session starts offline', async (t) => {
  const { page, context } = await world.signedIn(t)
  await page.reload()
  await harnessReady(page)
  const online = await goOffline(context)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  await online()
  assert.equal(await valueOf(page, async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status), 200)
})

test('Starting offline with an expired token fails for now, and loses nothing', async (t) => {
  const { context, page } = await world.visitor(t)
  await signInUntilExpired(page, alice, world)
  await page.reload()
  await harnessReady(page)
  const online = await goOffline(context)
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertTyped(error, { code: 'NETWORK_UNREACHABLE', retryable: true })
  assert.deepEqual(await storedSessions(page), [alice.did])
  assert.equal(await activeAccount(page), alice.did)
  assert.deepEqual(await hookCalls(page), [])

  await online()
  assert.deepEqual(await initPage(page), { sub: alice.did }, 'and all is well when the network is back')
})

test('Signing out revokes at the server and leaves nothing behind', async (t) => {
  const { page, outgoing } = await world.signedIn(t)
  assert.equal((await control.tokens(alice.did)).length, 1)
  await valueOf(page, () => session.signOut())
  assert.deepEqual(await control.tokens(alice.did), [])
  assert.deepEqual(await storedSessions(page), [])
  assert.equal(await activeAccount(page), null)
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`, `deleted ${alice.did}`])
  assertIsA(await page.evaluate(() => window.hooks.at(-1).cause), 'TokenRevokedError')

  const before = outgoing().length
  assertTyped(await errorOf(page, async () => { await session.fetchHandler('/xrpc/com.atproto.server.getSession') }))
  assert.deepEqual(outgoing().slice(before), [], 'a dead session sends nothing')
})

test('Signing out offline still forgets the session here', async (t) => {
  const { page, context } = await world.signedIn(t)
  await context.setOffline(true)
  await page.evaluate(() => window.session.signOut().catch(() => {}))
  assert.deepEqual(await storedSessions(page), [])
  assert.equal(await activeAccount(page), null)
})

test('revoke of one account leaves the other, and which of them is active', async (t) => {
  const { page } = await world.signedIn(t)
  await signInWithoutPages(page, bob, world)
  await valueOf(page, (did) => client.revoke(did), alice.did)
  assert.deepEqual(await control.tokens(alice.did), [])
  assert.equal((await control.tokens(bob.did)).length, 1)
  assert.deepEqual(await storedSessions(page), [bob.did])
  assert.equal(await activeAccount(page), bob.did)
})

test('revoke of an account that never signed in here resolves and tells nobody', async (t) => {
  const { page } = await world.visitor(t)
  await valueOf(page, (did) => makeClient().revoke(did), bob.did)
  assert.deepEqual(await hookCalls(page), [])
})

test('restore of an account that never signed in here is a TokenRefreshError', async (t) => {
  const { page, outgoing } = await world.visitor(t)
  const error = await errorOf(page, async (did) => { await makeClient().restore(did) }, bob.did)
  assertIsA(error, 'TokenRefreshError')
  assertTyped(error, { code: 'SESSION_GONE', sub: bob.did, retryable: false })
  assert.deepEqual(outgoing(), [])
})

test('restore of something that is no DID is refused', async (t) => {
  const { page } = await world.visitor(t)
  const error = await errorOf(page, async () => { await makeClient().restore('alice.test') })
  assertIsA(error, 'InvalidDidError')
})

test('Answers of the server which are no token trouble reach the app untouched', async (t) => {
  const { page } = await world.signedIn(t)
  const mark = await control.mark()
  const answer = await valueOf(page, async () => {
    const response = await session.fetchHandler('/xrpc/com.atproto.repo.getRecord?repo=alice.test&collection=a.b.c&rkey=none')
    return { status: response.status, error: (await response.json()).error }
  })
  assert.deepEqual(answer, { status: 400, error: 'RecordNotFound' })
  const trace = calls(await control.since(mark), 'com.atproto.repo.getRecord')
  assert.ok(trace.length <= 2, 'once, and once more at most for the nonce')
})

test('After dispose the client refuses to work', async (t) => {
  const { page } = await world.signedIn(t)
  const error = await errorOf(page, async (did) => {
    await client.dispose()
    await client.restore(did)
  }, alice.did)
  assertTyped(error, { code: 'DISPOSED', message: /dispose/i })
})

/** The last `count` bytes of unpadded lower-case base32 (RFC 4648), the alphabet of CIDs. */
function lastBytesOfBase32(text, count) {
  let bits = 0n
  for (const letter of text) bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter))
  bits >>= BigInt((text.length * 5) % 8)
  return Array.from({ length: count }, (_, at) => Number((bits >> BigInt(8 * (count - 1 - at))) & 255n))
}
