import { Database } from '../../src/host/browser/indexed_db.js'
import type { RequestCredentials } from '../../src/host/browser/proof.js'
import { perform } from '../../src/host/browser/rows.js'
import type { AtprotoDid } from './did.js'
import type { Remembered } from './local-storage.js'
import type { OAuthAuthorizationServerMetadata } from './types.js'

/** A stored session that this page may send requests with before the core is loaded. */
export interface Resumed {
  credentials: RequestCredentials
  serverMetadata: OAuthAuthorizationServerMetadata
}

/** The form of a resume ticket (`src/host/rows.rs`). */
const VERSION = 1

/** How long to wait for the database, in milliseconds, before that is left to the core as well. */
const PATIENCE = 1_000

/** Whose session is to be read. */
export interface Wanted {
  sub: AtprotoDid
  /** The client that must have been granted it. */
  clientId: string
  /** What a ticket must call the client: see `resumeClient`. */
  client: Promise<string>
  /** The app's own database, where it has one. */
  storageName: string | undefined
  remembered: Remembered
}

/** Reads a session and the resume ticket that the core wrote into its row. Without a good ticket, the core has to be asked. */
export async function resumed(wanted: Wanted): Promise<Resumed | undefined> {
  const { sub, remembered } = wanted
  try {
    const [row, client] = await Promise.all([rowOf(wanted), wanted.client])
    const { version, pds, tokenId, head, clockOffset, until, ...ticket } = row?.resume ?? {}
    if (row?.sub !== sub || version !== VERSION || ticket.client !== client) return undefined
    // What is not a number compares as false.
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
    // The core meets the same, and says what to do.
    return undefined
  }
}

async function rowOf({ sub, clientId, storageName }: Wanted) {
  const database = new Database(storageName)
  try {
    const late = new Promise<never>((_, reject) => setTimeout(reject, PATIENCE))
    return await Promise.race([perform(database, 'session', 'get', clientId, sub), late])
  } finally {
    database.dispose()
  }
}
