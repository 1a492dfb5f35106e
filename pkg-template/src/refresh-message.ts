import type { ErrorDetails } from './error-details.js'
import type { CloneableOptions } from './seam.js'
import type { BrowserOAuthClientOptions } from './types.js'

/** Marks the messages that are ours: an app's service worker receives others too. */
export const REQUEST = 'atproto-oauth-wasm:refresh'

/** Where a refresh is done. */
export type Place = NonNullable<BrowserOAuthClientOptions['refreshIn']>

/** What a page asks of the worker. No token and no key is in it: the worker finds those in the database. */
export interface RefreshRequest {
  /** The account. */
  sub: string
  /** The id of the access token that the page wants replaced. */
  seen: string
  /** The client's options, as far as they can be cloned. */
  options: CloneableOptions
}

/** The worker's response: that it is done, the details of the core's error, or that it cannot do such work here. */
export type RefreshResponse = { error?: ErrorDetails; unable?: true }
