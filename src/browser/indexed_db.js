// IndexedDB: the database of the official client, so that users stay signed in when an app changes over.
//
// Every operation is one short transaction that waits for nothing but its own requests: Firefox ends a transaction that
// waits for WebCrypto.

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

/** The index over the rows' time of expiry, an ISO text. */
const EXPIRY = 'expiresAt'

/**
 * How long to wait for the database to open: this many times half a second. A page that was asleep, or busy with its own
 * scripts, loses one of them and not all: the answer may be there and only not be heard yet.
 */
const PATIENCE = 10

/**
 * What can be done in one transaction.
 *
 * @type {Record<string, (rows: IDBObjectStore, key: string, row: unknown) => IDBRequest | void>}
 */
const OPERATIONS = {
  get: (rows, key) => rows.get(key),
  list: (rows) => rows.getAll(),
  put: (rows, key, row) => rows.put(row, key),
  take: (rows, key) => {
    const row = rows.get(key)
    rows.delete(key)
    return row
  },
  delete: (rows, key) => rows.delete(key),
  sweep,
}

/**
 * The rows of a page that has no database, by store and key. All clients of the page share them, as they would share the
 * database.
 *
 * @type {Map<string, unknown>}
 */
const memory = new Map()

/**
 * The database, opened at first use. A client to whom it does not open then keeps its rows in memory for good, so that no
 * row is ever in both places; one to whom it did open never does.
 *
 * What fails is rejected with `{ kind, error }`: `disposed`, `denied`, `full` or `failed`, and what the browser said.
 */
export class Database {
  /** @type {IDBDatabase | undefined} */
  #connection
  /** Why there is none; rows are in memory then. @type {{ kind: string, error: unknown } | undefined} */
  #denied
  /** Whether it was opened once. */
  #worked = false
  #swept = false
  #disposed = false

  /** Whether rows outlive the page, as far as is known yet. */
  get durable() {
    return !this.#denied
  }

  /** Closes the connection, for good. What is under way still ends. */
  dispose() {
    this.#disposed = true
    this.#close()
  }

  /** Opens the database, and sweeps it. */
  async settle() {
    await this.connect()
    this.#sweepOnce()
  }

  /** Opens a connection unless there is one, or finds that there is none to be had. */
  async connect() {
    let retried = false
    for (;;) {
      if (this.#disposed) throw { kind: 'disposed' }
      if (this.#connection || this.#denied) return
      try {
        const connection = await this.#open()
        // Others may have opened one too, given up, or disposed of us, in the meantime.
        if (this.#disposed || this.#connection || this.#denied) {
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
   * Does one operation on one store. Resolves to the row where it reads one, to a list of all where it lists; those that
   * have expired count as absent. Done means committed.
   *
   * @param {string} store
   * @param {string} operation
   * @param {string} key
   * @param {unknown} row
   */
  async run(store, operation, key, row) {
    const found = await this.#run(store, operation, key, row)
    if (operation === 'list') return found.filter((/** @type {unknown} */ row) => !isExpired(row))
    if (!isExpired(found)) return found
    // Not by its key: another tab may have stored a new one there since.
    if (operation === 'get') await this.#run(store, 'sweep', key, row)
  }

  /**
   * @param {string} store
   * @param {string} operation
   * @param {string} key
   * @param {unknown} row
   */
  async #run(store, operation, key, row) {
    let reopened = false
    let freed = false
    // Who stores a sign-in may have left another behind.
    if (store === 'state' && operation === 'put') this.#swept = false
    for (;;) {
      await this.connect()
      if (this.#denied) return inMemory(store, operation, key, row, this.#denied)
      const connection = this.#connection
      if (!connection) continue
      try {
        const read = await transact(connection, store, operation, key, row)
        this.#sweepOnce()
        return read
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
      const request = globalThis.indexedDB?.open(NAME, VERSION)
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

/**
 * The same operations on the rows in memory. Of a row that was never there, nobody knows whether the database would have
 * it, so that it is not taken for absent; one that was removed is.
 *
 * @param {string} store
 * @param {string} operation
 * @param {string} key
 * @param {unknown} row
 * @param {object} denied
 */
function inMemory(store, operation, key, row, denied) {
  const name = store + key
  const found = memory.get(name)
  switch (operation) {
    case 'list':
      return [...memory.keys()].filter((name) => name.startsWith(store)).map((name) => memory.get(name))
    case 'get':
      if (found === undefined) throw denied
      break
    case 'put':
      memory.set(name, row)
      break
    case 'take':
    case 'delete':
      memory.set(name, null)
    // They end with the page, and who reads one looks at its time: nothing to sweep.
  }
  return found
}

/**
 * @param {IDBDatabase} connection
 * @param {string | string[]} stores
 * @param {IDBTransactionMode} mode
 */
const begin = (connection, stores, mode) => connection.transaction(stores, mode, { durability: 'strict' })

/**
 * @param {IDBDatabase} connection
 * @param {string} store
 * @param {string} operation
 * @param {string} key
 * @param {unknown} row
 */
async function transact(connection, store, operation, key, row) {
  const mode = operation === 'get' || operation === 'list' ? 'readonly' : 'readwrite'
  const transaction = begin(connection, store, mode)
  const request = OPERATIONS[operation]?.(transaction.objectStore(store), key, row)
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  return request?.result
}

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

/** @param {any} error */
function judge(error) {
  if (isFull(error)) return { kind: 'full', error }
  return { kind: ['SecurityError', 'NotAllowedError'].includes(error?.name) ? 'denied' : 'failed', error }
}
