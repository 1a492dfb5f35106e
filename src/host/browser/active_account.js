// The account that each client used last, in `localStorage`.

import { readItem, writeItem } from './local_storage.js'

/**
 * The account that a client used last; `undefined` if it is not known.
 *
 * The official client has one item for all apps of the origin. So each of our clients also has an item of its own. It trusts the
 * common item only if that differs from its own and no other of our clients wrote it: then the official client of the same app did.
 *
 * @param {import('./names.js').Names} names
 * @param {string} client
 * @returns {string | undefined}
 */
export function activeAccount(names, client) {
  const own = readItem(ownActive(names, client))
  const common = readItem(names.active)
  const isCommon = common !== undefined && common !== own && !isOfAnother(names, client, common)
  return isCommon ? common : own
}

/**
 * Stores the account that a client used last, or that there is none. Returns whether it is stored.
 *
 * @param {import('./names.js').Names} names
 * @param {string} client
 * @param {string} [did]
 */
export function setActiveAccount(names, client, did) {
  const own = ownActive(names, client)
  const before = readItem(own)
  const stored = writeItem(own, did)
  if (did !== undefined) return writeItem(names.active, did) && stored
  const common = readItem(names.active)
  const isOurs = common !== undefined && (common === before || before === undefined) && !isOfAnother(names, client, common)
  return isOurs ? writeItem(names.active) && stored : stored
}

/**
 * @param {import('./names.js').Names} names
 * @param {string} client
 */
const ownActive = ({ items }, client) => `${items}active:${client}`

/**
 * Whether another of our clients used this account last.
 *
 * @param {import('./names.js').Names} names
 * @param {string} client
 * @param {string} did
 */
function isOfAnother(names, client, did) {
  const own = ownActive(names, client)
  const isActive = (/** @type {string} */ name) => name.startsWith(ownActive(names, '')) && name !== own
  return Object.keys(globalThis.localStorage ?? {}).some((name) => isActive(name) && readItem(name) === did)
}
