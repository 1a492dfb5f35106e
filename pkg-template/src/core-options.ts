import { base64url } from '../../src/host/browser/proof.js'
import { digest } from '../../src/host/browser/web_crypto.js'
import { isResolver, ownResolvers } from './identity-resolver.js'
import { atprotoLoopbackClientMetadata, buildLoopbackClientId } from './loopback.js'
import { optionInvalid } from './own-errors.js'
import type { CloneableOptions, CoreAuthorizeOptions } from './seam.js'
import type { AuthorizeOptions, BrowserOAuthClientOptions, OAuthClientMetadata } from './types.js'

/** The app's client metadata: what was given, or that of a page under development. */
export function clientMetadataOf({ clientMetadata }: BrowserOAuthClientOptions): Readonly<OAuthClientMetadata> {
  return clientMetadata ?? atprotoLoopbackClientMetadata(buildLoopbackClientId(globalThis.location))
}

/** Refuses options that would fail only when they are called. The rest is for the core to judge. */
export function checkOptions(options: BrowserOAuthClientOptions): void {
  const { handleResolver, didResolver, identityResolver } = options
  const resolvers = { ...(isResolver(handleResolver) && { handleResolver }), didResolver, identityResolver }
  for (const [name, resolver] of Object.entries(resolvers)) {
    if (resolver != null && typeof resolver.resolve !== 'function') throw optionInvalid(name, resolver)
  }
  for (const name of ['fetch', 'onSessionUpdated', 'onSessionDeleted'] as const) {
    if (options[name] != null && typeof options[name] !== 'function') throw optionInvalid(name, options[name])
  }
}

/** A client's options in the core's own terms, as far as they can be cloned. */
export function coreOptions(options: BrowserOAuthClientOptions): CloneableOptions {
  const { clientMetadata, responseMode, handleResolver, plcDirectoryUrl, allowHttp, timeouts, storageName } = options
  const service = isResolver(handleResolver) ? undefined : handleResolver
  return {
    clientMetadata,
    responseMode,
    handleResolver: service && String(service),
    plcDirectoryUrl: plcDirectoryUrl && String(plcDirectoryUrl),
    allowHttp,
    timeouts,
    storageName,
  }
}

/** Splits the options of a sign-in into what the core names and the request parameters, each in its wire form. */
export function coreAuthorizeOptions(options?: AuthorizeOptions): CoreAuthorizeOptions {
  const { state, redirect_uri, scope, signal: _signal, onProgress: _onProgress, ...others } = options ?? {}
  const parameters = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : jsonOf(name, value)])
  return { state, redirect_uri, scope, parameters }
}

function jsonOf(name: string, value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw optionInvalid(name, value)
  }
}

/**
 * What resume tickets call a client: a digest of all in its options that there is to judge. A page obeys the tickets only of a
 * core that was given the same, so that an early session never hides what is wrong with them.
 */
export async function resumeClient(options: BrowserOAuthClientOptions): Promise<string> {
  checkOptions(options)
  const { refreshIn } = options
  const judged = JSON.stringify([coreOptions(options), clientMetadataOf(options), refreshIn, Object.keys(ownResolvers(options))])
  return base64url(new Uint8Array(await digest(new TextEncoder().encode(judged))))
}
