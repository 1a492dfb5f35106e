import type { OAuthResponseMode } from './types.js'

/**
 * The parameters of the authorization response in a page's address; `null` if there are none. A hash router may have put its
 * route before them. `spec/callback.json` lists the cases; the core is tested with the same.
 */
export function callbackParams({ search, hash }: Pick<Location, 'search' | 'hash'>, mode: OAuthResponseMode): URLSearchParams | null {
  const params = new URLSearchParams(mode === 'query' ? search : hash.slice(1).replace(ROUTE, ''))
  return params.has('state') && (params.has('code') || params.has('error')) ? params : null
}

/** A route such as `/`, `!/` or `/route?`: up to its query, or up to the name of the first parameter if it has none. */
const ROUTE = /^[/!][^?&]*\?|^[^=&]*[/!#?]/
