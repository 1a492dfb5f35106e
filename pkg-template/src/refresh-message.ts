import type { ErrorDetails } from './error-details.js'
import type { CloneableOptions } from './seam.js'
import type { BrowserOAuthClientOptions } from './types.js'

/** The type of our messages: an app's service worker receives others too. */
export const REQUEST = 'atproto-oauth-wasm:refresh'

/** Where a refresh is done. */
export type Place = NonNullable<BrowserOAuthClientOptions['refreshIn']>

/** A page's request to the worker. It contains no token and no key: the worker reads those from the database. */
export interface RefreshRequest {
  /** The account. */
  sub: string
  /** The id of the access token that the page wants replaced. */
  seen: string
  /** The client's options, as far as they can be cloned. */
  options: CloneableOptions
}

/** The worker's response: empty if the refresh is done, the details of the core's error, or that this worker cannot refresh. */
export type RefreshResponse = { error?: ErrorDetails; unable?: true }
