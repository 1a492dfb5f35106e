// The nonces that servers gave the sessions of an account, which the core keeps in `localStorage`: a line for each server, its
// origin and the nonce. A page that makes requests before the core is loaded reads them here.

import { readItem } from './local_storage.js'

/** What the core takes for a nonce, by the table `spec/nonces.json`: a header of any length is refused by servers. */
const NONCE = /^[ -~]{1,1024}$/

/**
 * The name of the item with the nonces of an account.
 *
 * @param {import('./names.js').Names} names
 * @param {string} did
 */
export const noncesItem = ({ items }, did) => `${items}nonces:${did}`

/**
 * The last nonce that a server gave an account's session, if it is known.
 *
 * @param {import('./names.js').Names} names
 * @param {string} did
 * @param {string} origin
 */
export function keptNonce(names, did, origin) {
  const lines = readItem(noncesItem(names, did))?.split('\n') ?? []
  const own = lines.filter((line) => line.startsWith(`${origin} `))
  const nonces = own.map((line) => line.slice(origin.length + 1))
  return nonces.filter((nonce) => NONCE.test(nonce)).pop()
}
