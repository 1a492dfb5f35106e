import { Database } from '../../src/host/browser/indexed_db.js'
import type { RequestCredentials } from '../../src/host/browser/proof.js'
import { perform } from '../../src/host/browser/rows.js'
import type { AtprotoDid } from './did.js'
import type { Remembered } from './local-storage.js'
import type { OAuthAuthorizationServerMetadata, OAuthStorage } from './types.js'

/** A stored session, as far as requests need it before the core is loaded. */
export interface Resumed {
  credentials: RequestCredentials
  serverMetadata: OAuthAuthorizationServerMetadata
}

/** The version of resume tickets that this file reads (`src/host/rows.rs` writes them). */
const VERSION = 1

/** How long to wait for the database before the core takes over, in milliseconds. */
const PATIENCE = 1_000

/** Identifies the session to read. */
export interface Wanted {
  sub: AtprotoDid
  /** The client that the session must belong to. */
  clientId: string
  /** The client's name in its tickets: see `resumeClient`. */
  client: Promise<string>
  /** The name of the app's own database, if it has one. */
  storageName: string | undefined
  /** The app's own storage, in place of a database. */
  storage: OAuthStorage | undefined
  remembered: Remembered
}

/** Reads a session and the resume ticket in its row. Resolves to `undefined` without a valid ticket; then the core is needed. */
export async function resumed(wanted: Wanted): Promise<Resumed | undefined> {
  const { sub, remembered } = wanted
  try {
    const [row, client] = await Promise.all([rowOf(wanted), wanted.client])
    const { version, pds, tokenId, head, clockOffset, until, ...ticket } = row?.resume ?? {}
    if (row?.sub !== sub || version !== VERSION || ticket.client !== client) return undefined
    // Also true if one of them is not a number.
    if (!(Date.now() + clockOffset < until)) return undefined
    const credentials: RequestCredentials = {
      pds,
      authorization: `DPoP ${row.access_token}`,
      tokenId,
      head,
      key: row.key.private,
      nonce: remembered.nonce(sub, pds),
      clockOffset,
      until: until - clockOffset,
    }
    return { credentials, serverMetadata: row.server }
  } catch {
    // The core will run into the same error and report it.
    return undefined
  }
}

async function rowOf({ sub, clientId, storageName, storage }: Wanted) {
  const database = new Database(storageName)
  try {
    const late = new Promise<never>((_, reject) => setTimeout(reject, PATIENCE))
    return await Promise.race([perform(storage ?? database, 'session', 'get', clientId, sub), late])
  } finally {
    database.dispose()
  }
}
