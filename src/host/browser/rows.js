// The rows of one client in the database: which row is whose, and what can be done with it.

import { accessTokenOf, isObject, layOut, listed, ownerOf, read } from './row_layout.js'

/**
 * The operations on the rows of a store, by name. `expected` is an access token: `put` and `delete` then replace or remove
 * only a session that has it, and resolve to whether they did.
 *
 * @type {Record<string, (rows: import('./indexed_db.js').Rows, place: Place, row: any, expected: unknown) => Promise<any>>}
 */
const OPERATIONS = {
  get: async (rows, place) => {
    const { found } = await locate(rows, place)
    // A pending sign-in that is not in memory was begun elsewhere, for which it is as good as absent.
    if (found === undefined && place.store === 'session') rows.confirmAbsent(place.key)
    return found
  },
  take: async (rows, place) => {
    const { at, found } = await locate(rows, place)
    // What cannot be read must not be lost.
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
 * Where a client's row is: `key` is an account's DID, or the `state` of a pending sign-in.
 *
 * @typedef {{ store: string, client: string, key: string }} Place
 */

/**
 * Finds the row of a client. An account's first session on this origin is under its DID, where the official client looks for it;
 * that of a further client is under DID and client id, so that none is in another's way. A row that names no client is
 * whoever's asks first: the official client's name none.
 *
 * @param {import('./indexed_db.js').Rows} rows
 * @param {Place} place
 * @returns {Promise<{ at: string, found: any }>} `found` is `undefined` where there is none; `at` is where to store one
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
 * Does one operation on the rows of a client. Resolves to a row where it reads one, to a list of sessions without their keys
 * where it lists, and otherwise to whether it was done. What fails is rejected as the database or `read` rejects it.
 *
 * @param {import('./indexed_db.js').Database} database
 * @param {string} store
 * @param {string} operation
 * @param {string} client the client id
 * @param {string} key
 * @param {any} [row] as `layOut` takes it
 * @param {string} [expected]
 */
export async function perform(database, store, operation, client, key, row, expected) {
  const mode = ['get', 'list', 'owner'].includes(operation) ? 'readonly' : 'readwrite'
  const laidOut = row && layOut(store, row)
  const work = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[operation])
  const found = await database.run(store, mode, (rows) => work(rows, { store, client, key }, laidOut, expected))
  if (found === undefined || (operation !== 'get' && operation !== 'take')) return found
  return read(store, found)
}
