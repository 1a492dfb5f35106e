import { Database } from '../../src/browser/indexed_db.js'
import type { SessionRow } from '../../src/browser/row_layout.js'
import { perform } from '../../src/browser/rows.js'
import { digest } from '../../src/browser/web_crypto.js'
import type { AtprotoDid } from './did.js'
import type { Remembered } from './local-storage.js'
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

/** Whose session is to be read. */
export interface Wanted {
  sub: AtprotoDid
  /** The client that must have been granted it. */
  clientId: string
  /** The app's own database, where it has one. */
  storageName: string | undefined
  remembered: Remembered
}

/** Reads a session, if there is nothing about it that only the core can judge. */
export async function storedGrant(wanted: Wanted): Promise<StoredGrant | undefined> {
  try {
    const found = await row(wanted)
    return found && (await judged(found, wanted))
  } catch {
    // The core meets the same, and says what to do.
    return undefined
  }
}

async function row({ sub, clientId, storageName }: Wanted): Promise<SessionRow | undefined> {
  const database = new Database(storageName)
  try {
    const late = new Promise<never>((_, reject) => setTimeout(reject, PATIENCE))
    const found = await Promise.race([perform(database, 'session', 'get', clientId, sub), late])
    // Whether rows outlive the page, only the core can tell the app.
    return database.durable ? found : undefined
  } finally {
    database.dispose()
  }
}

async function judged(row: SessionRow, { sub, clientId, remembered }: Wanted): Promise<StoredGrant | undefined> {
  const { access_token: token, aud, keyId, key, expires_at = NaN, server: serverMetadata, clockOffset = 0 } = row
  const staleAt = expires_at - FRESH
  // The core knows what to make of a difference that no two clocks have.
  const isWhole = typeof serverMetadata.issuer === 'string' && Number.isSafeInteger(clockOffset)
  const isOurs = row.sub === sub && row.clientId === clientId
  // What is not a number compares as false.
  if (!isWhole || !isOurs || row.refreshStartedAt !== undefined || !(Date.now() < staleAt)) return undefined
  const hash = await digest(encoder.encode(token))
  const jwk = { kty: 'EC', crv: 'P-256', x: key.x, y: key.y, kid: keyId }
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk }
  const { origin: pds } = new URL(aud)
  if (!pds.startsWith('http')) return undefined
  const grant: Grant = {
    pds,
    authorization: `DPoP ${token}`,
    tokenId: base64url(new Uint8Array(hash)),
    head: `${base64url(encoder.encode(JSON.stringify(header)))}.`,
    key: key.private,
    nonce: remembered.nonce(sub, pds),
    // The authorization server's: what the PDS's is, only a page that was refused knows.
    clockOffset,
    staleAt,
  }
  return { grant, serverMetadata }
}
