// IndexedDB: the official client's database, so that users stay signed in when an app changes to this client.
//
// Every operation is one short transaction that waits only for its own requests: Firefox ends a transaction that waits for
// WebCrypto.

/** The official client's name for the database. */
const NAME = '@atproto-oauth-client'
const VERSION = 1

/** The two of the official client's stores that this client uses. */
const OWN_STORES = ['state', 'session']

/** All stores of the official client, which needs every one of them. */
const STORES = [
  ...OWN_STORES,
  'didCache',
  'dpopNonceCache',
  'handleCache',
  'authorizationServerMetadataCache',
  'protectedResourceMetadataCache',
]

/** The name of the index over the rows' time of expiry, an ISO text, and of that member. */
const EXPIRY = 'expiresAt'

/**
 * How long to wait for the database to open: this many times half a second. A page that was suspended or busy loses only one of
 * these intervals: the database may be open while its event is still queued.
 */
const PATIENCE = 10

/**
 * The rows of one store within one transaction. The transaction ends when there is no request under way, so wait for nothing
 * else. Expired rows count as absent.
 *
 * @typedef {object} Rows
 * @property {(key: string) => Promise<any>} get the row; `undefined` if there is none
 * @property {() => Promise<any[]>} all
 * @property {(key: string, row: unknown) => Promise<unknown>} put
 * @property {(key: string) => Promise<unknown>} delete
 * @property {(key: string) => void} [confirmAbsent] throws if it is unknown whether a missing row is stored
 */

/**
 * A storage of rows: a `Database`, or a storage of the app's own, which needs only `durable` and `run`.
 *
 * @typedef {object} RowStorage
 * @property {boolean} durable whether rows outlive the page, as far as is known yet
 * @property {<T>(store: 'state' | 'session', mode: 'readonly' | 'readwrite', work: (rows: Rows) => Promise<T>) => Promise<T>} run
 * @property {() => Promise<void>} [connect] resolves when it is known whether rows outlive the page
 * @property {() => Promise<void>} [settle] the same, and removes what has expired
 * @property {() => void} [dispose] closes what is open
 */

/**
 * The rows of a page that has no database, by names of database and store and by key; `null` for a deleted row. All clients of
 * the page share them, as they would share the database.
 *
 * @type {Map<string, unknown>}
 */
const memory = new Map()

/**
 * The database, opened at first use. If it does not open then, its rows are in memory for good; if it does, they never are. So
 * no row is ever in both places.
 *
 * Rejects with `{ kind, error }`: `denied`, `full` or `failed`, and the browser's error.
 */
export class Database {
  #name
  /** @type {IDBDatabase | undefined} */
  #connection
  /** Why the database is denied, if it is; then rows are in memory. @type {{ kind: string, error: unknown } | undefined} */
  #denied
  /** Whether it has ever been open. */
  #worked = false
  #swept = false
  #disposed = false
  /** The number of operations under way. */
  #running = 0

  /** @param {string} [name] the name of the app's own database */
  constructor(name = NAME) {
    this.#name = name
  }

  /** Whether rows outlive the page. `true` until the database is denied. */
  get durable() {
    return !this.#denied
  }

  /**
   * Closes the connection when no operation is under way. Later operations still work, each through a connection of its own: a
   * refresh that has begun must still be able to store its tokens.
   */
  dispose() {
    this.#disposed = true
    this.#closeIfDone()
  }

  #closeIfDone() {
    if (this.#disposed && !this.#running) this.#close()
  }

  /** Opens the database and deletes expired rows. */
  async settle() {
    await this.connect()
    this.#sweepOnce()
    this.#closeIfDone()
  }

  /** Opens a connection unless there is one, or finds that the database is denied. */
  async connect() {
    let retried = false
    for (;;) {
      if (this.#connection || this.#denied) return
      try {
        const connection = await this.#open()
        // Another call may have opened one too, or failed, in the meantime.
        if (this.#connection || this.#denied) {
          connection.close()
        } else {
          this.#worked = true
          this.#connection = connection
        }
      } catch (error) {
        if (isLost(error) && !retried) retried = true
        // Rows are stored in it, and must not count as absent.
        else if (this.#worked) throw judge(error)
        else this.#denied ??= { kind: 'denied', error }
      }
    }
  }

  /**
   * Does `work` with the rows of one store in one transaction, and resolves to its result after the commit. If the connection is
   * lost meanwhile, the work is done once more, so it must change nothing but the rows.
   *
   * @template T
   * @param {string} store
   * @param {IDBTransactionMode} mode
   * @param {(rows: Rows) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(store, mode, work) {
    this.#running++
    try {
      return await this.#run(store, mode, work)
    } finally {
      this.#running--
      this.#closeIfDone()
    }
  }

  /**
   * @template T
   * @param {string} store
   * @param {IDBTransactionMode} mode
   * @param {(rows: Rows) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #run(store, mode, work) {
    let reopened = false
    let freed = false
    // A page that stores a sign-in may have abandoned an earlier one.
    if (store === 'state' && mode === 'readwrite') this.#swept = false
    for (;;) {
      await this.connect()
      const denied = this.#denied
      if (denied) return inTurn(() => work(inMemory(`${this.#name} ${store} `, denied)))
      const connection = this.#connection
      if (!connection) continue
      try {
        const result = await transact(connection, store, mode, work, () => (this.#swept = false))
        this.#sweepOnce()
        return result
      } catch (error) {
        // The connection was closed: another tab deletes the database, or the browser dropped it. The transaction had no
        // effect, so repeat it once through a new connection.
        if (isLost(error) && !reopened) {
          reopened = true
          this.#close()
        } else if (isFull(error) && !freed) {
          freed = true
          // The next transaction waits for this one, which has the same stores.
          clean(connection, STORES)
        } else {
          throw judge(error)
        }
      }
    }
  }

  /** Deletes expired rows. Nothing waits for this, and it runs after the first operation, which it would delay. */
  #sweepOnce() {
    if (this.#connection && !this.#swept) {
      this.#swept = true
      clean(this.#connection, OWN_STORES)
    }
  }

  #close() {
    this.#connection?.close()
    this.#connection = undefined
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    return new Promise((resolve, reject) => {
      const absent = Error('not available here')
      const request = globalThis.indexedDB?.open(this.#name, VERSION)
      if (!request) throw absent
      let patience = PATIENCE
      const timer = setInterval(() => {
        if (--patience) return
        clearInterval(timer)
        // If it still opens, it is no longer needed.
        request.onsuccess = () => request.result.close()
        reject(absent)
      }, 500)
      // There is no `blocked` event: before version 1 there is no database that another tab could have open.
      request.onupgradeneeded = () => create(request.result)
      request.onerror = () => {
        clearInterval(timer)
        reject(request.error)
      }
      request.onsuccess = () => {
        clearInterval(timer)
        const connection = request.result
        // An open connection would block another tab that deletes or upgrades the database; a connection that the browser
        // closed is useless. The next operation opens a new one.
        connection.onversionchange = connection.onclose = () => {
          connection.close()
          if (this.#connection === connection) this.#connection = undefined
        }
        resolve(connection)
      }
    })
  }
}

/** @param {IDBDatabase} database */
function create(database) {
  for (const name of STORES) database.createObjectStore(name, { autoIncrement: true }).createIndex(EXPIRY, EXPIRY)
}

/** Settles after the last work on rows in memory. @type {Promise<unknown>} */
let lastInMemory = Promise.resolve()

/**
 * Does one work after another, like transactions: if two of them take a row, only one gets it.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(work) {
  const done = lastInMemory.then(work)
  lastInMemory = done.catch(() => {})
  return done
}

/**
 * The rows of one store in memory. A missing key means "unknown", since the database might have the row: `confirmAbsent` throws.
 * A deleted key is stored as `null` and means "absent". The rows end with the page, so expired ones need not be deleted.
 *
 * @param {string} store the prefix of the rows' names
 * @param {object} denied
 * @returns {Rows}
 */
const inMemory = (store, denied) => ({
  get: async (key) => present(memory.get(store + key)),
  all: async () => {
    const rows = [...memory].filter(([name]) => name.startsWith(store)).map(([, row]) => present(row))
    return rows.filter((row) => row !== undefined)
  },
  put: async (key, row) => memory.set(store + key, row),
  delete: async (key) => memory.set(store + key, null),
  confirmAbsent: (key) => {
    if (!memory.has(store + key)) throw denied
  },
})

/** @param {unknown} row */
const present = (row) => (row === null || isExpired(row) ? undefined : row)

/**
 * @param {IDBDatabase} connection
 * @param {string | string[]} stores
 * @param {IDBTransactionMode} mode
 */
const begin = (connection, stores, mode) => connection.transaction(stores, mode, { durability: 'strict' })

/**
 * @template T
 * @param {IDBDatabase} connection
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(rows: Rows) => Promise<T>} work
 * @param {() => void} foundExpired
 * @returns {Promise<T>}
 */
async function transact(connection, store, mode, work, foundExpired) {
  const transaction = begin(connection, store, mode)
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  // Avoid an unhandled rejection if the work fails first, whose error is thrown below.
  ended.catch(() => {})
  const rows = transaction.objectStore(store)
  /** @param {unknown} row */
  const isGood = (row) => {
    const expired = isExpired(row)
    if (expired) foundExpired()
    return !expired
  }
  try {
    const result = await work({
      get: async (key) => {
        const row = await settled(rows.get(key))
        return isGood(row) ? row : undefined
      },
      all: async () => (await settled(rows.getAll())).filter((row) => !isExpired(row)),
      put: (key, row) => settled(rows.put(row, key)),
      delete: (key) => settled(rows.delete(key)),
      confirmAbsent: () => {},
    })
    await ended
    return result
  } catch (error) {
    try {
      transaction.abort()
    } catch {
      // The transaction has ended already.
    }
    throw error
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/**
 * Frees space in one transaction that nothing waits for: deletes expired rows, and all rows of the official client's caches if
 * they are among the stores.
 *
 * @param {IDBDatabase} connection
 * @param {string[]} stores
 */
function clean(connection, stores) {
  try {
    const transaction = begin(connection, stores, 'readwrite')
    for (const name of stores) {
      const rows = transaction.objectStore(name)
      if (OWN_STORES.includes(name)) sweep(rows)
      else rows.clear()
    }
  } catch {
    // The next operation reports what is wrong with the connection.
  }
}

/**
 * Deletes expired rows. Times are ISO texts, so the bound must be a text too: numbers sort before any text, and would match
 * nothing.
 *
 * @param {IDBObjectStore} rows
 */
function sweep(rows) {
  const request = rows.index(EXPIRY).openCursor(IDBKeyRange.upperBound(new Date().toISOString()))
  request.onsuccess = () => {
    const cursor = request.result
    cursor?.delete()
    cursor?.continue()
  }
}

/** @param {any} row */
const isExpired = (row) => Date.parse(row?.expiresAt) <= Date.now()

/**
 * Whether the connection failed and not the operation. A transaction that aborts without an error was aborted by the browser.
 *
 * @param {any} error
 */
const isLost = (error) => error === null || ['InvalidStateError', 'UnknownError', 'AbortError'].includes(error?.name)

/** @param {any} error */
const isFull = (error) => error?.name === 'QuotaExceededError'

/** @param {any} error the error of the browser or of the work */
function judge(error) {
  if (error?.kind) return error
  if (isFull(error)) return { kind: 'full', error }
  return { kind: ['SecurityError', 'NotAllowedError'].includes(error?.name) ? 'denied' : 'failed', error }
}
