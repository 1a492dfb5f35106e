// A storage of the app's own, in place of the database: `durable` and `run` over rows is all that it needs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrowserHost } from '../../src/host/browser/host.js'

const CLIENT = 'https://app.example/client.json'
const DID = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa'
const TOKENS = { iss: 'https://issuer.example', sub: DID, aud: 'https://pds.example/', scope: 'atproto', access_token: 'one' }

/** A storage of maps, as an app would write it. */
function storageOf(stores) {
  const rowsOf = (store) => ({
    get: async (key) => stores[store].get(key),
    all: async () => [...stores[store].values()],
    put: async (key, row) => void stores[store].set(key, row),
    delete: async (key) => void stores[store].delete(key),
  })
  return { durable: true, run: async (store, _mode, work) => work(rowsOf(store)) }
}

/** A host, and what comes of its effects. */
function hostOver(storage) {
  const host = new BrowserHost({ storage })
  const waiting = new Map()
  let last = 0
  host.connect((effect, failed, value) => {
    const { resolve, reject } = waiting.get(effect)
    failed ? reject(value) : resolve(value)
  })
  const effect = (operation, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      host.begin(last, operation, JSON.stringify(args))
    })
  return { host, effect }
}

test('a session in a storage of the app’s own is read by the next page, key and all', async () => {
  const stores = { session: new Map(), state: new Map() }
  const { host, effect } = hostOver(storageOf(stores))
  await effect('settleStorage')
  assert.equal(host.call('isDurable', '[]'), true)
  const made = await effect('generateKey')
  const row = { ...TOKENS, clientId: CLIENT, keyId: 'key', key: made.key }
  assert.equal(await effect('perform', 'put', 'session', CLIENT, DID, row, null), true)
  assert.equal(stores.session.size, 1)

  const next = hostOver(storageOf(stores))
  const found = await next.effect('perform', 'get', 'session', CLIENT, DID, null, null)
  assert.equal(found.access_token, 'one')
  assert.deepEqual([found.key.x, found.key.y], [made.x, made.y])
  assert.equal(await next.effect('perform', 'delete', 'session', CLIENT, DID, null, 'another'), false)
  assert.equal(await next.effect('perform', 'delete', 'session', CLIENT, DID, null, 'one'), true)
  assert.equal(await effect('perform', 'get', 'session', CLIENT, DID, null, null), undefined)
  host.dispose()
})

test('what such a storage throws is rejected as it is', async () => {
  const error = Error('no connection')
  const { effect } = hostOver({ durable: false, run: () => Promise.reject(error) })
  await assert.rejects(effect('perform', 'get', 'session', CLIENT, DID, null, null), error)
})
