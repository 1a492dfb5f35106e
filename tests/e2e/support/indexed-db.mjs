// Reads what the client stored without the client, so that tests fail on a format that only the client itself understands.

export const DATABASE = '@atproto-oauth-client'
export const POINTER = '@@atproto/oauth-client-browser(sub)'

/** The whole database: `{ version, stores: { name: { keyPath, autoIncrement, indexes, rows } } }`, or null when there is none. */
export async function readDatabase(page) {
  const database = await page.evaluate(async (name) => {
    const known = (await indexedDB.databases()).find((database) => database.name === name)
    if (!known) return null // opening it would create it
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const plain = (value) => {
      if (value instanceof CryptoKey) {
        return { cryptoKey: value.type, extractable: value.extractable, algorithm: value.algorithm, usages: value.usages }
      }
      if (value instanceof Date) return { date: value.toISOString() }
      if (Array.isArray(value)) return value.map(plain)
      if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
      return value
    }
    const database = await settle(indexedDB.open(name))
    try {
      const stores = {}
      for (const storeName of database.objectStoreNames) {
        const store = database.transaction(storeName).objectStore(storeName)
        const [keys, values] = await Promise.all([settle(store.getAllKeys()), settle(store.getAll())])
        stores[storeName] = {
          keyPath: store.keyPath,
          autoIncrement: store.autoIncrement,
          indexes: [...store.indexNames].map((index) => ({ name: index, keyPath: store.index(index).keyPath, unique: store.index(index).unique })),
          rows: keys.map((key, at) => ({ key, ...plain(values[at]) })),
        }
      }
      return { version: database.version, stores }
    } finally {
      database.close()
    }
  }, DATABASE)
  // For the client, a member that is `undefined` is the same as a missing one.
  return JSON.parse(JSON.stringify(database))
}

/** The rows of one store; none when the database or the store does not exist. */
export async function rowsOf(page, store) {
  return (await readDatabase(page))?.stores[store]?.rows ?? []
}

/** Makes every row of a store expired. */
export function expireRows(page, store) {
  return page.evaluate(async ({ name, store }) => {
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const database = await settle(indexedDB.open(name))
    const rows = database.transaction(store, 'readwrite').objectStore(store)
    for (const key of await settle(rows.getAllKeys())) {
      const row = await settle(rows.get(key))
      await settle(rows.put({ ...row, expiresAt: new Date(Date.now() - 1).toISOString() }, key))
    }
    database.close()
  }, { name: DATABASE, store })
}

/** Makes an account's access token and its resume ticket expired, in the stored row only. */
export function expireToken(page, did) {
  return page.evaluate(async ({ name, sub }) => {
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const database = await settle(indexedDB.open(name))
    const rows = database.transaction('session', 'readwrite').objectStore('session')
    const row = await settle(rows.get(sub))
    row.value.tokenSet.expires_at = new Date(Date.now() - 1000).toISOString()
    if (row.value.extra?.resume) row.value.extra.resume.until = Date.now() - 61_000
    await settle(rows.put(row, sub))
    database.close()
  }, { name: DATABASE, sub: did })
}

/** The DIDs with a stored session. */
export async function storedSessions(page) {
  return (await rowsOf(page, 'session')).map((row) => row.key)
}

/** The account which `init` restores. */
export function activeAccount(page) {
  return page.evaluate((key) => localStorage.getItem(key), POINTER)
}
