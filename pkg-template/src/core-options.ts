import { base64url } from '../../src/host/browser/proof.js'
import { digest } from '../../src/host/browser/web_crypto.js'
import { isResolver, ownResolvers } from './identity-resolver.js'
import { atprotoLoopbackClientMetadata, buildLoopbackClientId } from './loopback.js'
import { optionInvalid } from './own-errors.js'
import type { CloneableOptions, CoreAuthorizeOptions } from './seam.js'
import type { AuthorizeOptions, BrowserOAuthClientOptions, OAuthClientMetadata } from './types.js'

/** The app's client metadata: the option, or the metadata of a loopback client for a page under development. */
export function clientMetadataOf({ clientMetadata }: BrowserOAuthClientOptions): Readonly<OAuthClientMetadata> {
  return clientMetadata ?? atprotoLoopbackClientMetadata(buildLoopbackClientId(globalThis.location))
}

/** Throws if an option would fail only when it is called. The core checks the other options. */
export function checkOptions(options: BrowserOAuthClientOptions): void {
  const { handleResolver, didResolver, identityResolver, storage } = options
  const resolvers = { ...(isResolver(handleResolver) && { handleResolver }), didResolver, identityResolver }
  for (const [name, resolver] of Object.entries(resolvers)) {
    if (resolver != null && typeof resolver.resolve !== 'function') throw optionInvalid(name, resolver)
  }
  if (storage != null && (typeof storage.run !== 'function' || typeof storage.durable !== 'boolean')) {
    throw optionInvalid('storage', storage)
  }
  for (const name of ['fetch', 'onSessionUpdated', 'onSessionDeleted'] as const) {
    if (options[name] != null && typeof options[name] !== 'function') throw optionInvalid(name, options[name])
  }
}

/** The client's options that can be cloned, in the core's terms. */
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

/** Splits the options of a sign-in into those that the core knows and the other request parameters, in their wire form. */
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
 * The client's name in resume tickets: a digest of all options that the core checks. A page uses only tickets that a core with
 * the same options wrote, so an early session never hides the error for an invalid option.
 */
export async function resumeClient(options: BrowserOAuthClientOptions): Promise<string> {
  checkOptions(options)
  const { refreshIn } = options
  const checked = JSON.stringify([coreOptions(options), clientMetadataOf(options), refreshIn, Object.keys(ownResolvers(options))])
  return base64url(new Uint8Array(await digest(new TextEncoder().encode(checked))))
}
