// WebCrypto: the client's keys and digests.
//
// Keys are P-256, and private keys cannot be extracted. `crypto.subtle` exists in secure contexts only; elsewhere these
// functions throw `undefined`.

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }

/** Generates a key pair: `{ pair, private, x, y }`, with the coordinates of its public key. */
export async function generate() {
  return describe(await subtle().generateKey(ALGORITHM, false, ['sign', 'verify']))
}

/**
 * The same for a stored key pair. Throws if it is not for ES256.
 *
 * @param {CryptoKeyPair} pair
 */
export async function open(pair) {
  const { type, usages, algorithm } = pair.privateKey
  const { name, namedCurve } = /** @type {EcKeyAlgorithm} */ (algorithm)
  if (name !== ALGORITHM.name || namedCurve !== ALGORITHM.namedCurve || type !== 'private' || !usages.includes('sign'))
    throw Error('another kind of key')
  return describe(pair)
}

/**
 * Not `async`, which would take one more turn: every request of the app signs a proof.
 *
 * @param {CryptoKey} key
 * @param {BufferSource} data
 */
export const sign = (key, data) => subtle().sign({ name: 'ECDSA', hash: 'SHA-256' }, key, data)

/** @param {BufferSource} data */
export const digest = (data) => subtle().digest('SHA-256', data)

function subtle() {
  const subtle = globalThis.crypto?.subtle
  if (!subtle) throw undefined
  return subtle
}

/** @param {CryptoKeyPair} pair */
async function describe(pair) {
  const { x, y } = await subtle().exportKey('jwk', pair.publicKey)
  if (!x || !y) throw Error('another kind of key')
  return { pair, private: pair.privateKey, x, y }
}
