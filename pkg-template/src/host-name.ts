/**
 * The host names that may be handles, or be in a `did:web`. Tested with `spec/handle.json` and `spec/did.json`.
 *
 * @see https://atproto.com/specs/handle
 * @module
 */

const HOST_NAME = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])?$/i
const RESERVED = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion)$/i

/** Whether a text has the form of a handle. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && HOST_NAME.test(text)
}

/** Whether a host name is under a reserved top-level domain, where nothing may be resolved, not even in development. */
export function isReserved(host: string): boolean {
  return RESERVED.test(host)
}
