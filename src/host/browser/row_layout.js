// The layout of a stored row: the official client's format, so that each client reads what the other stored.
//
// This file alone knows the layout, except for the row's time of expiry, which `indexed_db.js` reads. Callers use a flat
// object: the official client's members by their own names, with `expires_at` in milliseconds since the epoch; the members
// that only this client stores, which are in the row's `extra`, where the official client does not look; and the key, as
// `open` of `web_crypto.js` gives it.

import { open } from './web_crypto.js'

/** The official client's members of a session's token set and of a pending sign-in. */
const OFFICIAL = ['iss', 'sub', 'aud', 'scope', 'access_token', 'refresh_token', 'verifier', 'appState']

/** An access token that a header can carry unchanged: like the core's `is_access_token`, as `spec/tokens.json` says. */
const ACCESS_TOKEN = /^[!-~]([ -~]*[!-~])?$/

/**
 * A stored session as a flat object. Optional members are not checked and can be anything.
 *
 * @typedef {object} SessionRow
 * @property {string} iss
 * @property {string} sub
 * @property {string} aud
 * @property {string} scope
 * @property {string} access_token
 * @property {unknown} refresh_token
 * @property {number | undefined} expires_at
 * @property {{ method: string }} authMethod
 * @property {string} keyId
 * @property {{ pair: CryptoKeyPair, private: CryptoKey, x: string, y: string }} key
 * @property {any} [clientId]
 * @property {any} [server]
 * @property {any} [refreshStartedAt]
 * @property {any} [refusedAt]
 * @property {any} [clockOffset]
 * @property {any} [resume] what a page may do with the session before it has loaded the core: `src/host/rows.rs` writes it
 */

/** @param {unknown} row */
export const isObject = (row) => typeof row === 'object' && row !== null && !Array.isArray(row)

/**
 * The client id in a row. Rows of the official client have none.
 *
 * @param {any} row
 * @returns {unknown}
 */
export const ownerOf = (row) => row?.value?.extra?.clientId

/**
 * The access token of a session's row.
 *
 * @param {any} row
 * @returns {unknown}
 */
export const accessTokenOf = (row) => row?.value?.tokenSet?.access_token

/**
 * The row of a flat object.
 *
 * @param {string} store
 * @param {any} flat with `keyPair` in place of `key`; every time must be valid for a `Date`, and no member `undefined`
 */
export function layOut(store, { authMethod, keyId, keyPair, expires_at, ...members }) {
  /** @type {any} */
  const value = { authMethod, dpopKey: { keyId, keyPair }, extra: {} }
  const official = store === 'session' ? (value.tokenSet = { token_type: 'DPoP' }) : value
  for (const name in members) (OFFICIAL.includes(name) ? official : value.extra)[name] = members[name]
  /** @type {any} */
  const row = { value }
  if (expires_at !== undefined) {
    const time = new Date(expires_at).toISOString()
    if (value.tokenSet) official.expires_at = time
    // A session that can be refreshed outlives its access token.
    if (!('refresh_token' in members)) row.expiresAt = time
  }
  return row
}

/**
 * The flat object of a row.
 *
 * Rejects with an object of one of three kinds: `unreadable` if the browser does not return the row; `corrupt`, with the name of
 * the invalid member as `error`; `key` if WebCrypto is not available.
 *
 * @param {string} store
 * @param {any} row
 */
export async function read(store, row) {
  // WebKit's shared workers return `null` for a row that contains a key. The row exists, and other contexts can read it.
  if (!isObject(row)) throw { kind: 'unreadable' }
  const { value } = row
  check(value != null, 'value')
  const { dpopKey, extra } = value
  const official = store === 'session' ? tokens(value) : pending(value)
  check(dpopKey != null, 'dpopKey')
  check(dpopKey.keyPair != null, 'keyPair')
  const id = texts(dpopKey, ['keyId'])
  const key = await open(dpopKey.keyPair).catch((error) => {
    check(error === undefined, 'dpopKey')
    throw { kind: 'key' }
  })
  return { ...extra, ...official, ...id, key }
}

/**
 * The client authentication method of a row. Rows from before 2025 have none; in a browser they belong to public clients.
 *
 * @param {any} value
 */
function authMethodOf({ authMethod = { method: 'none' } }) {
  check(typeof authMethod?.method === 'string', 'authMethod')
  return authMethod
}

/** @param {any} value */
function pending(value) {
  const { appState, extra } = value
  if (extra?.account != null) texts(extra, ['account'])
  return { ...texts(value, ['iss', 'verifier']), appState, authMethod: authMethodOf(value) }
}

/** @param {any} value */
function tokens(value) {
  const { tokenSet } = value
  const authMethod = authMethodOf(value)
  check(tokenSet != null, 'tokenSet')
  const { token_type, refresh_token, expires_at: time } = tokenSet
  check(token_type === 'DPoP', 'token_type')
  const expires_at = time == null ? undefined : Date.parse(texts(tokenSet, ['expires_at']).expires_at)
  check(expires_at === undefined || expires_at >= 0, 'expires_at')
  const found = texts(tokenSet, ['iss', 'sub', 'aud', 'scope', 'access_token'])
  check(ACCESS_TOKEN.test(found.access_token), 'access_token')
  return { ...found, refresh_token, expires_at, authMethod }
}

/**
 * The entry for a row in a list of sessions, as an array: empty if the row is invalid.
 *
 * @param {any} row
 */
export function listed(row) {
  try {
    return [{ ...tokens(row.value), refusedAt: row.value.extra?.refusedAt }]
  } catch {
    return []
  }
}

/**
 * The named members of an object, each of which must be a text.
 *
 * @param {any} object
 * @param {string[]} names
 */
function texts(object, names) {
  /** @type {any} */
  const found = {}
  for (const name of names) {
    check(typeof object[name] === 'string', name)
    found[name] = object[name]
  }
  return found
}

/**
 * @param {boolean} isGood
 * @param {string} name
 */
function check(isGood, name) {
  if (!isGood) throw { kind: 'corrupt', error: name }
}
