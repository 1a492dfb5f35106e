// Section "Persistence": the database that both clients share.
import { equal, isError, ok, rejected } from '../expect.js'
import { ALICE } from '../network.js'

const STORES = ['authorizationServerMetadataCache', 'didCache', 'dpopNonceCache', 'handleCache', 'protectedResourceMetadataCache',
  'session', 'state']

const settle = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/** Puts a started sign-in that is over into the store. */
const abandon = (w, key) => w.store('state', (store, done) => done(store.put(
  { value: { iss: 'https://as.example.com' }, expiresAt: new Date(Date.now() - 1000).toISOString() }, key)))

export const cases = {
  'F133 the database has its version and stores, and writes durably': async (w) => {
    const durabilities = new Set()
    const { transaction } = IDBDatabase.prototype
    w.replace(IDBDatabase.prototype, 'transaction', function (names, mode, options) {
      if (mode === 'readwrite') durabilities.add(options?.durability)
      return transaction.call(this, names, mode, options)
    })
    await w.signIn()
    equal([...durabilities], ['strict'])
    const found = (await indexedDB.databases()).find(({ name }) => name === '@atproto-oauth-client')
    equal(found.version, 1)
    const database = await settle(indexedDB.open('@atproto-oauth-client'))
    const names = [...database.objectStoreNames]
    const shapes = names.map((name) => {
      const store = database.transaction(name).objectStore(name)
      const index = store.index('expiresAt')
      return [store.keyPath, store.autoIncrement, [...store.indexNames], index.keyPath, index.unique]
    })
    database.close()
    equal(names.sort(), STORES)
    for (const shape of shapes) equal(shape, [null, true, ['expiresAt'], 'expiresAt', false])
  },
  'F134 a row that has expired is as good as absent, and goes': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    await w.store('state', async (store, done) => {
      await done(store.put({ ...await done(store.get(w.state)), expiresAt: new Date(Date.now() - 1000).toISOString() }, w.state))
    })
    const error = isError(await rejected(client.callback(w.answer())), w.lib.OAuthCallbackError)
    equal([error.message, await w.rows('state')], [`Unknown authorization session "${w.state}"`, {}])
  },
  // Section I, "Fix": the sweep deletes what has expired.
  'F135 what was abandoned is swept away': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    await abandon(w, 'abandoned')
    await client.authorize(ALICE.handle)
    await w.until(async () => !('abandoned' in await w.rows('state')), 'the row is swept away')
    equal(Object.keys(await w.rows('state')).length, 2, 'sign-ins under way')
  },
  'F136 after dispose, calls are refused': async (w) => {
    const { client } = await w.signedIn()
    await client.dispose()
    for (const call of [() => client.restore(ALICE.did), () => client.callback(new URLSearchParams({ state: 'x', code: 'y' }))]) {
      const error = isError(await rejected(call), Error)
      ok([error, error.cause].some((cause) => cause?.message === 'Database has been disposed'), `said as such, not ${error.message}`)
    }
    const again = w.client()
    equal((await again.restore(ALICE.did)).did, ALICE.did, 'by another client')
    ok(typeof again[Symbol.asyncDispose] === 'function', 'Symbol.asyncDispose')
    await again[Symbol.asyncDispose]()
    isError(await rejected(again.restore(ALICE.did)), Error)
  },
  'F137 the database is let go when another version of it, or none, is wanted': async (w) => {
    await w.signIn()
    await settle(indexedDB.deleteDatabase('@atproto-oauth-client'))
    ok(!(await indexedDB.databases()).some(({ name }) => name === '@atproto-oauth-client'), 'the database has gone')
  },
}
