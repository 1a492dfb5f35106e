// What lies in the browser: the official client's format, and nothing a script could carry away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { DATABASE, expireRows, POINTER, readDatabase, rowsOf } from './support/indexed-db.mjs'
import { errorOf, harnessReady, valueOf } from './support/page.mjs'
import { initPage, signIn } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

const STORES = ['authorizationServerMetadataCache', 'didCache', 'dpopNonceCache', 'handleCache', 'protectedResourceMetadataCache',
  'session', 'state']

const TEN_MINUTES = 600_000

/** What a stored DPoP key has to look like: usable, and not to be taken out. */
function assertSealedKey(dpopKey) {
  assert.equal(typeof dpopKey.keyId, 'string')
  const { privateKey, publicKey } = dpopKey.keyPair
  assert.deepEqual(privateKey, { cryptoKey: 'private', extractable: false, algorithm: { name: 'ECDSA', namedCurve: 'P-256' }, usages: ['sign'] })
  assert.equal(publicKey.cryptoKey, 'public')
  assert.deepEqual(publicKey.algorithm, privateKey.algorithm)
}

test('The database is the official client\'s: version 1, its stores, keys and index', async (t) => {
  const { page } = await world.signedIn(t)
  const { version, stores } = await readDatabase(page)
  assert.equal(version, 1)
  assert.deepEqual(Object.keys(stores).sort(), STORES)
  for (const [name, { keyPath, autoIncrement, indexes }] of Object.entries(stores)) {
    assert.deepEqual({ keyPath, autoIncrement, indexes },
      { keyPath: null, autoIncrement: true, indexes: [{ name: 'expiresAt', keyPath: 'expiresAt', unique: false }] }, name)
  }
})

test('A session row holds the token set, the method and the sealed key, and does not expire', async (t) => {
  const { page } = await world.signedIn(t)
  const [row] = await rowsOf(page, 'session')
  assert.deepEqual(Object.keys(row).sort(), ['key', 'value'], 'no expiresAt beside a refresh token')
  assert.equal(row.key, alice.did)
  // What this client keeps beyond the official row is in `extra`, which the official client does not look at.
  const { extra, ...official } = row.value
  assert.deepEqual(Object.keys(official).sort(), ['authMethod', 'dpopKey', 'tokenSet'])
  const { head, ...ticket } = extra.resume
  assert.equal(JSON.parse(atob(head.slice(0, -1))).typ, 'dpop+jwt')
  assert.deepEqual(Object.keys(ticket).sort(), ['client', 'clockOffset', 'pds', 'tokenId', 'until', 'version'])
  assert.doesNotMatch(JSON.stringify({ ...extra, resume: ticket }), /ref-|eyJ/, 'no copy of a token')
  assert.deepEqual(row.value.authMethod, { method: 'none' })
  assertSealedKey(row.value.dpopKey)
  const { access_token, refresh_token, expires_at, ...rest } = row.value.tokenSet
  assert.deepEqual(rest, { iss: world.info.pdsUrl, sub: alice.did, aud: `${world.info.pdsUrl}/`, scope: 'atproto transition:generic',
    token_type: 'DPoP' })
  assert.equal(new Date(expires_at).toISOString(), expires_at)
  assert.match(access_token, /^ey/)
  assert.match(refresh_token, /^ref-/)
})

test('The key in the database cannot be exported, and signs', async (t) => {
  const { page } = await world.signedIn(t)
  const result = await page.evaluate(async ({ name, did }) => {
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const database = await settle(indexedDB.open(name))
    const { value } = await settle(database.transaction('session').objectStore('session').get(did))
    database.close()
    const { privateKey, publicKey } = value.dpopKey.keyPair
    const refused = await Promise.all(['jwk', 'pkcs8'].map((format) => crypto.subtle.exportKey(format, privateKey).then(() => 'exported', (error) => error.name)))
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const data = new Uint8Array([1, 2, 3])
    const signature = await crypto.subtle.sign(algorithm, privateKey, data)
    return { refused, valid: await crypto.subtle.verify(algorithm, publicKey, signature, data) }
  }, { name: DATABASE, did: alice.did })
  assert.deepEqual(result, { refused: ['InvalidAccessError', 'InvalidAccessError'], valid: true })
})

test('A started sign-in is one row that expires in ten minutes', async (t) => {
  const { page } = await world.visitor(t)
  const before = Date.now()
  await valueOf(page, async (handle) => void await makeClient().authorize(handle, { state: 'the app\'s own' }), alice.handle)
  const [row, ...more] = await rowsOf(page, 'state')
  assert.deepEqual(more, [])
  assert.match(row.key, /^[\w-]{22}$/)
  assert.deepEqual(Object.keys(row).sort(), ['expiresAt', 'key', 'value'])
  assert.equal(new Date(row.expiresAt).toISOString(), row.expiresAt)
  const life = Date.parse(row.expiresAt) - before
  assert.ok(life >= TEN_MINUTES && life < TEN_MINUTES + 30_000, `${life} ms`)
  assert.equal(row.value.iss, world.info.pdsUrl)
  assert.deepEqual(row.value.authMethod, { method: 'none' })
  assert.equal(row.value.appState, 'the app\'s own')
  assert.match(row.value.verifier, /^[\w-]{43}$/)
  assertSealedKey(row.value.dpopKey)
})

test('A sign-in that is over leaves no started one behind, and caches no longer than a minute', async (t) => {
  const { page } = await world.signedIn(t)
  const { stores } = await readDatabase(page)
  assert.deepEqual(stores.state.rows, [])
  for (const name of STORES.filter((name) => /Cache$/.test(name) && name !== 'dpopNonceCache')) {
    for (const row of stores[name].rows) {
      const life = Date.parse(row.expiresAt) - Date.now()
      assert.ok(life > 0 && life <= 60_000, `${name}: ${life} ms`)
    }
  }
})

test('localStorage holds the active account, what is known of each and its servers, a mark of the last change, and nothing else', async (t) => {
  const { page } = await world.signedIn(t)
  const stored = await page.evaluate(() => ({ local: { ...localStorage }, session: { ...sessionStorage } }))
  const clientId = await page.evaluate(() => client.clientMetadata.client_id)
  const account = `atproto-oauth-wasm:account:${alice.did} ${clientId}`
  const { [POINTER]: active, [account]: record, [`atproto-oauth-wasm:nonces:${alice.did}`]: nonces, 'atproto-oauth-wasm:change': mark,
    [`atproto-oauth-wasm:active:${clientId}`]: own, ...others } = stored.local
  assert.deepEqual([active, own, others, stored.session], [alice.did, alice.did, {}, {}])
  assert.match(nonces, new RegExp(`^${world.info.pdsUrl} \\S+\\n$`), 'one for each server, and nothing else')
  assert.deepEqual(Object.keys(JSON.parse(record)).sort(), ['handle', 'issuer', 'lastUsed', 'pds'])
  assert.match(mark, /^0\.\d+$/, 'a random number')
})

test('A sign-in older than ten minutes is unknown', async (t) => {
  const { page } = await world.visitor(t)
  await valueOf(page, async (handle) => void await makeClient().authorize(handle), alice.handle)
  const [{ key }] = await rowsOf(page, 'state')
  await expireRows(page, 'state')
  const error = await errorOf(page, async (state) => {
    await makeClient().callback(new URLSearchParams({ state, code: 'x' }))
  }, key)
  assertIsA(error, 'OAuthCallbackError')
  assert.match(error.message, /^Unknown authorization session "/)
  assert.deepEqual(await rowsOf(page, 'state'), [])
})

test('A sign-in given up is swept away by a later one, once it is too old', async (t) => {
  const { page } = await world.visitor(t)
  const begin = () => valueOf(page, async (handle) => void await makeClient().authorize(handle), alice.handle)
  await begin()
  const [{ key: old }] = await rowsOf(page, 'state')
  await begin()
  assert.equal((await rowsOf(page, 'state')).length, 2, 'two may be under way, in two tabs')
  await expireRows(page, 'state')
  await begin()
  const kept = await rowsOf(page, 'state')
  assert.equal(kept.length, 1)
  assert.notEqual(kept[0].key, old)
})

test('A database being deleted elsewhere is let go', async (t) => {
  const { page } = await world.signedIn(t)
  const deleted = await page.evaluate((name) => new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve('deleted')
    request.onblocked = () => resolve('blocked')
  }), DATABASE)
  assert.equal(deleted, 'deleted')
})

// Apps change clients, in both directions, and their users should not notice.
for (const [before, after] of [['official', 'ours'], ['ours', 'official']]) {
  const name = { official: 'the official client', ours: 'this one' }
  test(`A session signed in with ${name[before]} goes on with ${name[after]}, refresh included`, async (t) => {
    const { context, page } = await world.visitor(t)
    const use = async (client) => {
      await context.addCookies([{ name: 'client', value: client, url: origin }])
      await page.goto(`${origin}/`)
      await harnessReady(page)
    }
    await use(before)
    await signIn(page, alice, { origin })
    await use(after)
    assert.deepEqual(await initPage(page), { sub: alice.did })
    const statuses = await valueOf(page, async (did) => {
      const get = async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status
      const first = await get()
      window.session = await client.restore(did, true)
      return [first, await get()]
    }, alice.did)
    assert.deepEqual(statuses, [200, 200])
    assert.equal((await control.tokens(alice.did)).length, 1)
    await use(before)
    assert.deepEqual(await initPage(page), { sub: alice.did }, 'and back again')
  })
}

test('A session that was granted by another method of client authentication ends, with the official client\'s class', async (t) => {
  const { page } = await world.signedIn(t)
  await page.evaluate(async ({ name, did }) => {
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const database = await settle(indexedDB.open(name))
    const rows = database.transaction('session', 'readwrite').objectStore('session')
    const row = await settle(rows.get(did))
    row.value.authMethod = { method: 'private_key_jwt', kid: 'key' }
    await settle(rows.put(row, did))
    database.close()
  }, { name: DATABASE, did: alice.did })
  await page.reload()
  await harnessReady(page)
  const error = await errorOf(page, (did) => makeClient().restore(did, true), alice.did)
  assertTyped(error, { isA: 'AuthMethodUnsatisfiableError', code: 'AUTH_METHOD_UNSATISFIABLE' })
  assert.deepEqual(await rowsOf(page, 'session'), [])
})
