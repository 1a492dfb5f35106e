/**
 * Loopback client ids, for apps under development: the id itself holds the metadata, and none is published. The Rust crate is
 * tested with the same cases, `spec/loopback.json`.
 *
 * @see https://atproto.com/specs/oauth#localhost-client-development
 * @module
 */
import { configurationError } from './own-errors.js'
import type { OAuthClientMetadata } from './types.js'

export const ATPROTO_SCOPE_VALUE = 'atproto'
export const DEFAULT_ATPROTO_OAUTH_SCOPE = 'atproto'
export const LOOPBACK_CLIENT_ID_ORIGIN = 'http://localhost'
export const DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS: readonly [string, string] = Object.freeze([
  'http://127.0.0.1/',
  'http://[::1]/',
] as const)

/** The parameters of a loopback client id. */
export interface LoopbackClientConfig {
  /** Default: `atproto`. */
  scope?: string
  /** Default: the root of both loopback IP addresses, at any port. */
  redirect_uris?: Iterable<string>
}

/** The metadata that a loopback client id stands for. */
export type AtprotoLoopbackClientMetadata = OAuthClientMetadata & {
  client_id: string
  scope: string
  redirect_uris: [string, ...string[]]
}

/**
 * The loopback client id of a page, with the page itself as the redirect URI.
 *
 * @param localhost - the IP address in place of `localhost`, which no server accepts in a redirect URI
 */
export function buildLoopbackClientId(
  location: { hostname: string; port: string; pathname: string },
  localhost = '127.0.0.1',
): string {
  const { hostname = '', port = '', pathname = '/' } = location ?? {}
  if (!isLoopbackHost(hostname)) {
    throw configurationError('NOT_LOOPBACK', { value: hostname || 'none' })
  }
  const host = hostname === 'localhost' ? localhost : hostname
  const origin = `http://${host}${port && `:${port.replace(':', '')}`}`
  return `${LOOPBACK_CLIENT_ID_ORIGIN}?redirect_uri=${encodeURIComponent(origin + pathname)}`
}

/** A loopback client id, without parameters that have their default. */
export function buildAtprotoLoopbackClientId(config?: LoopbackClientConfig): string {
  const scope = config?.scope ?? DEFAULT_ATPROTO_OAUTH_SCOPE
  const uris = Array.from(config?.redirect_uris ?? DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS)
  if (uris.length === 0) throw loopbackError('Unexpected empty "redirect_uris" config')
  const params = new URLSearchParams()
  if (scope !== DEFAULT_ATPROTO_OAUTH_SCOPE) params.set('scope', checkScope(scope))
  const isDefault = DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS.every((uri) => uris.includes(uri))
  if (!isDefault || uris.length !== DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS.length) {
    for (const uri of uris) params.append('redirect_uri', checkRedirectUri(uri))
  }
  const query = params.toString()
  return LOOPBACK_CLIENT_ID_ORIGIN + (query && `?${query}`)
}

/** Parses a loopback client id. */
export function parseAtprotoLoopbackClientId(clientId: string): {
  scope: string
  redirect_uris: [string, ...string[]]
} {
  const [, slash, question, query = ''] = /^http:\/\/localhost(\/?)(\??)(.*)$/s.exec(clientId) ?? []
  if (slash === undefined) throw invalid({ reason: `Value must start with "${LOOPBACK_CLIENT_ID_ORIGIN}"` })
  if (query.includes('#')) throw invalid('hash')
  if (query && !question) throw invalid('path')
  const params = new URLSearchParams(query)
  for (const name of params.keys()) {
    if (name !== 'scope' && name !== 'redirect_uri') throw invalid({ reason: `Unexpected query parameter "${name}"` })
  }
  const scopes = params.getAll('scope')
  if (scopes.length > 1) throw invalid('scope')
  const [first, ...others] = params.getAll('redirect_uri').map(checkRedirectUri)
  return {
    scope: checkScope(scopes[0] ?? DEFAULT_ATPROTO_OAUTH_SCOPE),
    redirect_uris: first === undefined ? [...DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS] : [first, ...others],
  }
}

/** The client metadata that a loopback client id stands for. */
export function atprotoLoopbackClientMetadata(clientId: string): AtprotoLoopbackClientMetadata {
  return {
    client_id: clientId,
    ...parseAtprotoLoopbackClientId(clientId),
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    dpop_bound_access_tokens: true,
  }
}

/** The client metadata of a loopback client. */
export function buildAtprotoLoopbackClientMetadata(config: LoopbackClientConfig): AtprotoLoopbackClientMetadata {
  return atprotoLoopbackClientMetadata(buildAtprotoLoopbackClientId(config))
}

/** Whether a host name is that of the loopback interface. */
export function isLoopbackHost(host: unknown): host is 'localhost' | '127.0.0.1' | '[::1]' {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]'
}

/** Whether a client id is a well-formed loopback id. */
export function isOAuthClientIdLoopback(clientId: string): boolean {
  try {
    parseAtprotoLoopbackClientId(clientId)
    return true
  } catch {
    return false
  }
}

function checkScope(scope: string): string {
  if (String(scope).split(' ').includes(ATPROTO_SCOPE_VALUE)) return scope
  throw configurationError('CLIENT_LACKS_ATPROTO_SCOPE', { key: 'CLIENT_LACKS_ATPROTO_SCOPE/loopback' })
}

function checkRedirectUri(uri: string): string {
  const { protocol, hostname } = URL.canParse(uri) ? new URL(uri) : { protocol: '', hostname: '' }
  if (protocol === 'http:' && (hostname === '127.0.0.1' || hostname === '[::1]')) return uri
  throw invalid('redirect')
}

/** The error for an invalid loopback client id, by its key in the table of messages, or with a reason that only this package has. */
function invalid(rule: 'hash' | 'path' | 'scope' | 'redirect' | { reason: string }): Error {
  if (typeof rule === 'object') return loopbackError(`Invalid loopback client ID: ${rule.reason}`)
  return configurationError('LOOPBACK_CLIENT_ID_INVALID', { key: `LOOPBACK_CLIENT_ID_INVALID/${rule}` })
}

function loopbackError(message: string): Error {
  return configurationError('LOOPBACK_CLIENT_ID_INVALID', { message })
}
