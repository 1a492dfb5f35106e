// The DPoP nonces of an account's sessions, which the core stores in `localStorage`: a line for each server, with its origin and
// the nonce. A page that makes requests before the core is loaded reads them here.

import { readItem } from './local_storage.js'

/** A nonce that the core accepts, as `spec/nonces.json` says. Servers refuse headers that are too long. */
const NONCE = /^[ -~]{1,1024}$/

/**
 * The name of the item with the nonces of an account.
 *
 * @param {import('./names.js').Names} names
 * @param {string} did
 */
export const noncesItem = ({ items }, did) => `${items}nonces:${did}`

/**
 * The last stored nonce that an account's session received from a server.
 *
 * @param {import('./names.js').Names} names
 * @param {string} did
 * @param {string} origin
 */
export function storedNonce(names, did, origin) {
  const lines = readItem(noncesItem(names, did))?.split('\n') ?? []
  const own = lines.filter((line) => line.startsWith(`${origin} `))
  const nonces = own.map((line) => line.slice(origin.length + 1))
  return nonces.filter((nonce) => NONCE.test(nonce)).pop()
}
