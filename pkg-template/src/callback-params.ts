import type { OAuthResponseMode } from './types.js'

/**
 * The answer to an authorization request in a page's address; `null` where there is none. A hash router may have put its
 * route in front of it. The cases are in `spec/callback.json`, and the core reads them likewise.
 */
export function callbackParams({ search, hash }: Pick<Location, 'search' | 'hash'>, mode: OAuthResponseMode): URLSearchParams | null {
  const params = new URLSearchParams(mode === 'query' ? search : hash.slice(1).replace(ROUTE, ''))
  return params.has('state') && (params.has('code') || params.has('error')) ? params : null
}

/** `/`, `!/`, `/route?` and the like: up to the query of a route, else up to the name of the first parameter. */
const ROUTE = /^[/!][^?&]*\?|^[^=&]*[/!#?]/
