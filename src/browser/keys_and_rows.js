// WebCrypto's keys and digests, and the rows of the database that keep the keys.
//
// Keys are of P-256, and the browser keeps their private half. `crypto.subtle` exists in secure contexts only; where it does
// not, `undefined` is thrown.
//
// The rows are in the official client's own format, so that either reads what the other stored.
//
// Nothing else knows how a row is laid out, but for its time of expiry. Who stores or reads one has it flat: the official
// client's members by their own names, with `expires_at` in milliseconds since the epoch; what this client keeps beyond that,
// which is in one member of the row's value, `extra`, that the official client does not look at; and the key, as
// `open` gives it.

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }

/** Makes a pair that cannot be read out: `{ pair, private, x, y }`, with the coordinates of its public key. */
export async function generate() {
  return describe(await subtle().generateKey(ALGORITHM, false, ['sign', 'verify']))
}

/**
 * The same of a pair that was stored, if it is one for ES256.
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
 * Not `async`, which would take a turn more: it is on the path of every request of the app.
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

/** The official client's members of a session's token set and of a pending sign-in. */
const OFFICIAL = ['iss', 'sub', 'aud', 'scope', 'access_token', 'refresh_token', 'verifier', 'appState']

/** What a header can carry unchanged: the core's `is_access_token`, by the table `spec/tokens.json`. */
const ACCESS_TOKEN = /^[!-~]([ -~]*[!-~])?$/

/**
 * What can be done with the rows of a store, by name. `expected` is an access token: only a session that has it is replaced or
 * removed, which those resolve to whether they did.
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
  owner: async (rows, { key }) => (await rows.get(key))?.value?.extra?.clientId,
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
  const owner = row?.value?.extra?.clientId
  return typeof owner !== 'string' || owner === client
}

/**
 * @param {any} row
 * @param {unknown} expected
 */
const isExpected = (row, expected) => expected === undefined || row?.value?.tokenSet?.access_token === expected

/** @param {unknown} row */
const isObject = (row) => typeof row === 'object' && row !== null && !Array.isArray(row)

/**
 * Does one operation of a database on the rows of a client. Resolves to a row where it reads one, to a list of what can be
 * told of sessions without their keys where it lists, and else to whether it was done.
 *
 * What fails is rejected as the database does it, or with one of three kinds more: `unreadable`, where there is a row that the
 * browser does not give out, `corrupt`, where `error` is the name of the member that cannot be read, or `key` where no key can
 * be.
 *
 * @param {import('./indexed_db.js').Database} database
 * @param {string} store
 * @param {string} operation
 * @param {string} client the client id
 * @param {string} key
 * @param {any} [row] with `keyPair` in place of `key`, no time that a `Date` cannot hold, and no member that is `undefined`
 * @param {string} [expected]
 */
export async function perform(database, store, operation, client, key, row, expected) {
  const mode = ['get', 'list', 'owner'].includes(operation) ? 'readonly' : 'readwrite'
  const laidOut = row && layOut(store, row)
  const work = /** @type {(typeof OPERATIONS)[string]} */ (OPERATIONS[operation])
  const found = await database.run(store, mode, (rows) => work(rows, { store, client, key }, laidOut, expected))
  if (operation !== 'get' && operation !== 'take') return found
  if (found === undefined) return undefined
  // WebKit's shared workers give `null` for a row that holds a key. It is there, and other contexts can read it.
  if (!isObject(found)) throw { kind: 'unreadable' }
  return read(store, found)
}

/**
 * Whether this context can store a key and read it back: in WebKit, a shared worker cannot. Nothing of it stays.
 *
 * @param {import('./indexed_db.js').Database} database
 */
export async function canKeepKeys(database) {
  try {
    const { pair } = await generate()
    const kept = await database.run('state', 'readwrite', async (rows) => {
      await rows.put(PROBE, pair)
      const kept = await rows.get(PROBE)
      await rows.delete(PROBE)
      return kept
    })
    return database.durable && isObject(kept?.privateKey)
  } catch {
    return false
  }
}

const PROBE = 'atproto-oauth-wasm:probe'

/**
 * @param {string} store
 * @param {any} row
 */
function layOut(store, { keyId, keyPair, expires_at, ...members }) {
  // The only way a browser app authenticates itself: not at all.
  /** @type {any} */
  const value = { authMethod: { method: 'none' }, dpopKey: { keyId, keyPair }, extra: {} }
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
 * @param {string} store
 * @param {any} row
 */
async function read(store, { value }) {
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

/** @param {any} value */
function pending(value) {
  const { appState, extra } = value
  if (extra?.account != null) texts(extra, ['account'])
  return { ...texts(value, ['iss', 'verifier']), appState }
}

/** @param {any} value */
function tokens({ authMethod, tokenSet }) {
  // Rows of before 2025 have no `authMethod`; other methods than `none` are for clients with a server.
  check(authMethod?.method === 'none', 'authMethod')
  check(tokenSet != null, 'tokenSet')
  const { token_type, refresh_token, expires_at: time } = tokenSet
  check(token_type === 'DPoP', 'token_type')
  const expires_at = time == null ? undefined : Date.parse(texts(tokenSet, ['expires_at']).expires_at)
  check(expires_at === undefined || expires_at >= 0, 'expires_at')
  const found = texts(tokenSet, ['iss', 'sub', 'aud', 'scope', 'access_token'])
  check(ACCESS_TOKEN.test(found.access_token), 'access_token')
  return { ...found, refresh_token, expires_at }
}

/** @param {any} row */
function listed(row) {
  try {
    return [{ ...tokens(row.value), refusedAt: row.value.extra?.refusedAt }]
  } catch {
    return []
  }
}

/**
 * The members of an object that must be texts.
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
