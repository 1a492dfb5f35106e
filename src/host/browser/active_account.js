// Which account each client used last, in `localStorage`.

import { readItem, writeItem } from './local_storage.js'

/**
 * The account that a client used last; `undefined` where it is not known.
 *
 * The official client's item is for all apps of the origin, so each of our clients has one of its own beside it, and believes
 * the common one where no other of ours has written that: then the official client of the same app has.
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
 * Remembers the account that a client used last, or that there is none; whether it is stored.
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
 * Whether the account is the one that another of our clients used last.
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
