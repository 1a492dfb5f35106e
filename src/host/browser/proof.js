// DPoP proofs (RFC 9449) for requests to a PDS. `src/oauth/dpop.rs` makes those for the authorization server; both are tested
// with `spec/proof.json`.

import { sign } from './web_crypto.js'

/**
 * The values that all requests with one access token have in common. Times are milliseconds.
 *
 * @typedef {object} RequestCredentials
 * @property {string | undefined} pds the PDS's origin; absent if the stored value is not a URL
 * @property {string} authorization the `Authorization` header
 * @property {string} tokenId the access token's digest, which is the `ath` claim and identifies the token
 * @property {string} head the encoded header of every proof, with the dot behind it
 * @property {CryptoKey} key
 * @property {string | null | undefined} nonce the last nonce of the PDS
 * @property {number} clockOffset by how much the PDS's time is ahead of this machine's
 * @property {number | undefined} until the time, by this machine's clock, from which the token may not be sent any more
 */

/**
 * For the ids of the proofs with one token: their prefix of 128 random bits, and the number of proofs so far, which makes each
 * id unique. Each prefix goes to one PDS for one account, so that servers cannot link accounts by it.
 *
 * @type {WeakMap<RequestCredentials, { prefix: string, count: number }>}
 */
const ids = new WeakMap()

const encoder = new TextEncoder()

/**
 * A proof without its signature. `url` may have a query.
 *
 * @param {RequestCredentials} credentials
 * @param {string} method
 * @param {string} url
 * @param {number} now
 */
export function unsignedProof(credentials, method, url, now) {
  const { clockOffset, nonce, tokenId: ath } = credentials
  const claims = {
    iat: Math.floor((now + clockOffset) / 1000),
    jti: nextId(credentials),
    htm: method,
    htu: url.replace(/[?#].*$/s, ''),
    nonce,
    ath,
  }
  return credentials.head + base64url(encoder.encode(JSON.stringify(claims)))
}

/** @param {RequestCredentials} credentials */
function nextId(credentials) {
  let id = ids.get(credentials)
  if (!id) ids.set(credentials, (id = { prefix: base64url(crypto.getRandomValues(new Uint8Array(16))), count: 0 }))
  return `${id.prefix}-${++id.count}`
}

/**
 * A signature, base64url.
 *
 * @param {CryptoKey} key
 * @param {string} input
 */
export async function signed(key, input) {
  return base64url(new Uint8Array(await sign(key, encoder.encode(input))))
}

/**
 * Newer browsers have `toBase64` (ECMAScript's proposal "ArrayBuffer to and from Base64"), which takes a tenth of the time.
 *
 * @typedef {{ toBase64?(options: { alphabet: 'base64url', omitPadding: true }): string }} Encodable
 *
 * @param {Uint8Array & Encodable} bytes
 */
export function base64url(bytes) {
  return bytes.toBase64?.({ alphabet: 'base64url', omitPadding: true }) ?? encoded(bytes)
}

/** @param {Uint8Array} bytes */
function encoded(bytes) {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
