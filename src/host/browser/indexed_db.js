// IndexedDB: the database of the official client, so that users stay signed in when an app changes over.
//
// Every operation is one short transaction that waits for nothing but its own requests: Firefox ends a transaction that
// waits for WebCrypto.

/** The official client's name for it. */
const NAME = '@atproto-oauth-client'
const VERSION = 1

/** Of the official client's stores, the two that this one uses. */
const OWN_STORES = ['state', 'session']

/** All of them: a database without the others would break that client. */
const STORES = [
  ...OWN_STORES,
  'didCache',
  'dpopNonceCache',
  'handleCache',
  'authorizationServerMetadataCache',
  'protectedResourceMetadataCache',
]

/** The index over the rows' time of expiry, an ISO text. It is also the name of that member. */
const EXPIRY = 'expiresAt'

/**
 * How long to wait for the database to open: this many times half a second. A page that was asleep, or busy with its own
 * scripts, loses one of them and not all: the answer may be there and only not be heard yet.
 */
const PATIENCE = 10

/**
 * The rows of one store, within one transaction: it ends when nothing more is asked of them, so nothing else may be waited
 * for. Those that have expired count as absent.
 *
 * @typedef {object} Rows
 * @property {(key: string) => Promise<any>} get the row; `undefined` if there is none
 * @property {() => Promise<any[]>} all
 * @property {(key: string, row: unknown) => Promise<unknown>} put
 * @property {(key: string) => Promise<unknown>} delete
 * @property {(key: string) => void} confirmAbsent throws if nobody can know whether an absent row is stored somewhere
 */

/**
 * The rows of a page that has no database, by the names of database and store and by key; `null` for one that was removed.
 * All clients of the page share them, as they would share the database.
 *
 * @type {Map<string, unknown>}
 */
const memory = new Map()

/**
 * The database, opened at first use. A client to whom it does not open then keeps its rows in memory for good, so that no
 * row is ever in both places; one to whom it did open never does.
 *
 * What fails is rejected with `{ kind, error }`: `denied`, `full` or `failed`, and what the browser said.
 */
export class Database {
  #name
  /** @type {IDBDatabase | undefined} */
  #connection
  /** Why there is none; rows are in memory then. @type {{ kind: string, error: unknown } | undefined} */
  #denied
  /** Whether it was opened once. */
  #worked = false
  #swept = false
  #disposed = false
  /** How many operations are under way. */
  #running = 0

  /** @param {string} [name] of a database of the app's own */
  constructor(name = NAME) {
    this.#name = name
  }

  /** Whether rows outlive the page, as far as is known yet. */
  get durable() {
    return !this.#denied
  }

  /**
   * Keeps no connection open from now on. Operations still work, each through a connection of its own: what was begun
   * before, such as a refresh whose tokens are on their way, must not be lost.
   */
  dispose() {
    this.#disposed = true
    this.#closeIfDone()
  }

  #closeIfDone() {
    if (this.#disposed && !this.#running) this.#close()
  }

  /** Opens the database, and sweeps it. */
  async settle() {
    await this.connect()
    this.#sweepOnce()
    this.#closeIfDone()
  }

  /** Opens a connection unless there is one, or finds that there is none to be had. */
  async connect() {
    let retried = false
    for (;;) {
      if (this.#connection || this.#denied) return
      try {
        const connection = await this.#open()
        // Others may have opened one too, or given up, in the meantime.
        if (this.#connection || this.#denied) {
          connection.close()
        } else {
          this.#worked = true
          this.#connection = connection
        }
      } catch (error) {
        if (isLost(error) && !retried) retried = true
        // What it stored is there, and must not be taken for absent.
        else if (this.#worked) throw judge(error)
        else this.#denied ??= { kind: 'denied', error }
      }
    }
  }

  /**
   * Does `work` with the rows of one store in one transaction, and resolves to what that gives. Done means committed. Where
   * the connection is lost under it, the work is done once more: it must change nothing but the rows.
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
    // Who stores a sign-in may have left another behind.
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
        // The connection was closed under us: another tab deletes the database, or the browser dropped it. Its
        // transaction did nothing, so that it can be repeated, once, through a new connection.
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

  /** Nobody waits for this. It comes after the first operation, which would have to wait for it. */
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
        // It may open yet, when nobody wants it any more.
        request.onsuccess = () => request.result.close()
        reject(absent)
      }, 500)
      // `blocked` cannot come: version 1 is upgraded from nothing, which no other tab can have open.
      request.onupgradeneeded = () => create(request.result)
      request.onerror = () => {
        clearInterval(timer)
        reject(request.error)
      }
      request.onsuccess = () => {
        clearInterval(timer)
        const connection = request.result
        // Else the other tab that wants to delete or upgrade the database would wait for ever. And one that the browser
        // closed is of no use any more. The next operation opens it anew.
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

/** The last work on rows in memory. @type {Promise<unknown>} */
let lastInMemory = Promise.resolve()

/**
 * Does one work after the other, as transactions are: of two who take a row, one gets it.
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
 * The rows in memory of one store. Of a row that was never there, nobody knows whether the database would have it, so that
 * it is not taken for absent; one that was removed is. They end with the page: nothing to sweep.
 *
 * @param {string} store the start of their names
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
  // Where the work fails first, that is what is thrown.
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
      // It has ended already.
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
 * Makes room, in one transaction that nobody waits for: removes the rows that have expired, and the whole of the official
 * client's caches, where they are among the stores.
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
    // The next operation finds out what is wrong with the connection.
  }
}

/**
 * Removes the rows that have expired. Times are ISO texts, so the range is one of texts: as numbers, which sort before any
 * text, they would match nothing.
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
 * Whether the connection, and not the operation, is at fault. An aborted transaction without an error was ended by the
 * browser.
 *
 * @param {any} error
 */
const isLost = (error) => error === null || ['InvalidStateError', 'UnknownError', 'AbortError'].includes(error?.name)

/** @param {any} error */
const isFull = (error) => error?.name === 'QuotaExceededError'

/** @param {any} error as the browser or the work gave it */
function judge(error) {
  if (error?.kind) return error
  if (isFull(error)) return { kind: 'full', error }
  return { kind: ['SecurityError', 'NotAllowedError'].includes(error?.name) ? 'denied' : 'failed', error }
}
