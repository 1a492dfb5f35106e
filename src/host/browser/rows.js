// The rows of one client in the database: which rows it owns, and the operations on them.

import { accessTokenOf, isObject, layOut, listed, ownerOf, read } from './row_layout.js'

/**
 * The operations on the rows of a store, by name. `expected` is an access token: with it, `put` and `delete` replace or remove
 * only a session that has this token. They resolve to whether they did.
 *
 * @type {Record<string, (rows: import('./indexed_db.js').Rows, place: Place, row: any, expected: unknown) => Promise<any>>}
 */
const OPERATIONS = {
  get: async (rows, place) => {
    const { found } = await locate(rows, place)
    // A pending sign-in that is not in memory did not start in this page, so it counts as absent.
    if (found === undefined && place.store === 'session') rows.confirmAbsent?.(place.key)
    return found
  },
  take: async (rows, place) => {
    const { at, found } = await locate(rows, place)
    // Keep a row that cannot be read.
    if (isObject(found)) await rows.delete(at)
    return found
  },
  put: async (rows, place, row, expected) => {
    const { at, found } = await locate(rows, place)
    if (!isExpected(found, expected)) return false
    await rows.put(at, row)
    return true
  },
  delete: async (rows, place, _, expected) => {
    const { at, found } = await locate(rows, place)
    if (!isExpected(found, expected)) return false
    await rows.delete(at)
    return found !== undefined
  },
  list: async (rows, { client }) => (await rows.all()).filter((row) => isOf(row, client)).flatMap(listed),
  owner: async (rows, { key }) => ownerOf(await rows.get(key)),
}

/**
 * Identifies a client's row. `key` is an account's DID, or the `state` of a pending sign-in.
 *
 * @typedef {{ store: string, client: string, key: string }} Place
 */

/**
 * Finds the row of a client. An account's first session on this origin is stored under its DID, where the official client looks
 * for it. Further clients store theirs under DID and client id, so that they do not overwrite each other. A row without a client
 * id, such as the official client's, belongs to the first client that reads it.
 *
 * @param {import('./indexed_db.js').Rows} rows
 * @param {Place} place
 * @returns {Promise<{ at: string, found: any }>} `found` is `undefined` if there is none; `at` is the key to store it under
 */
async function locate(rows, { store, client, key }) {
  const own = `${key} ${client}`
  const found = store === 'session' ? await rows.get(own) : undefined
  if (found !== undefined) return { at: own, found }
  const first = await rows.get(key)
  return isOf(first, client) ? { at: key, found: first } : { at: own, found: undefined }
}

/**
 * @param {any} row
 * @param {string} client
 */
function isOf(row, client) {
  const owner = ownerOf(row)
  return typeof owner !== 'string' || owner === client
}

/**
 * @param {any} row
 * @param {unknown} expected
 */
const isExpected = (row, expected) => expected === undefined || accessTokenOf(row) === expected

/**
 * Does one operation on the rows of a client. `get` and `take` resolve to a row, `list` to the sessions without their keys,
 * `owner` to a client id, the others to whether they did anything. Errors are those of the database and of `read`.
 *
 * @param {import('./indexed_db.js').RowStorage} storage
 * @param {'state' | 'session'} store
 * @param {string} operation
 * @param {string} client the client id
 * @param {string} key
 * @param {any} [row] as `layOut` takes it
 * @param {string} [expected]
 */
export async function perform(storage, store, operation, client, key, row, expected) {
  const mode = ['get', 'list', 'owner'].includes(operation) ? 'readonly' : 'readwrite'
  const laidOut = row && layOut(store, row)
  const work = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[operation])
  const found = await storage.run(store, mode, (rows) => work(rows, { store, client, key }, laidOut, expected))
  if (found === undefined || (operation !== 'get' && operation !== 'take')) return found
  return read(store, found)
}
