import { Database, digest, open } from './core.js'
import type { AtprotoDid } from './did.js'
import { storedNonce } from './local-storage.js'
import { type Grant, base64url, encoder } from './proof.js'
import type { OAuthAuthorizationServerMetadata } from './types.js'

/** A session as it is stored, as far as requests need it: the core's rows, read without the core. */
export interface StoredGrant {
  grant: Grant
  serverMetadata: OAuthAuthorizationServerMetadata
}

/** A token that is renewed this much later, in milliseconds, is left to the core, which may want to renew it now. */
const FRESH = 60_000

/** How long to wait for the database, in milliseconds, before that is left to the core as well. */
const PATIENCE = 1_000

/**
 * Reads an account's session, if there is nothing about it that only the core can judge.
 *
 * @param clientId - the client that must have been granted it
 */
export async function storedGrant(sub: AtprotoDid, clientId: string): Promise<StoredGrant | undefined> {
  try {
    return await judged(await row(sub), sub, clientId)
  } catch {
    // The core meets the same, and says what to do.
    return undefined
  }
}

/** The row of the database that the core keeps (`src/browser/stores.rs`), in the official client's format; or anything. */
type Row = any

async function row(sub: string): Promise<Row> {
  const database = new Database()
  try {
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE))
    const found = await Promise.race([database.run('session', 'get', sub), late])
    // Whether rows outlive the page, only the core can tell the app.
    return database.durable ? found : undefined
  } finally {
    database.dispose()
  }
}

async function judged({ value }: Row, sub: string, clientId: string): Promise<StoredGrant | undefined> {
  const { tokenSet, dpopKey, authMethod, extra } = value
  const { server: serverMetadata, clockOffset = 0, refreshStartedAt } = extra
  const { access_token: token, token_type: type } = tokenSet
  const staleAt = Date.parse(tokenSet.expires_at) - FRESH
  const isWhole =
    [token, dpopKey.keyId, serverMetadata.issuer].every((text) => typeof text === 'string') && Number.isFinite(clockOffset)
  const isOurs = authMethod.method === 'none' && type === 'DPoP' && tokenSet.sub === sub && extra.clientId === clientId
  // What is not a number compares as false.
  if (!isWhole || !isOurs || refreshStartedAt !== undefined || !(Date.now() < staleAt)) return undefined
  const [{ x, y, private: key }, hash] = await Promise.all([
    open(dpopKey.keyPair),
    digest(encoder.encode(token)),
  ])
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: { kty: 'EC', crv: 'P-256', x, y, kid: dpopKey.keyId } }
  const { origin: pds } = new URL(tokenSet.aud)
  if (!pds.startsWith('http')) return undefined
  const grant: Grant = {
    pds,
    authorization: `DPoP ${token}`,
    tokenId: base64url(new Uint8Array(hash)),
    head: `${base64url(encoder.encode(JSON.stringify(header)))}.`,
    key,
    nonce: storedNonce(sub, pds),
    clockOffset,
    staleAt: staleAt + clockOffset,
  }
  return { grant, serverMetadata }
}
