import { isResolver, ownResolvers } from './identity-resolver.js'
import { atprotoLoopbackClientMetadata, buildLoopbackClientId } from './loopback.js'
import type { BrowserOAuthClientOptions, OAuthClientMetadata } from './types.js'

/** The app's client metadata: what was given, or that of a page under development. */
export function clientMetadataOf({ clientMetadata }: BrowserOAuthClientOptions): Readonly<OAuthClientMetadata> {
  return clientMetadata ?? atprotoLoopbackClientMetadata(buildLoopbackClientId(globalThis.location))
}

/** A client's options in the core's own terms, as far as they can be cloned. */
export function coreOptions(options: BrowserOAuthClientOptions): BrowserOAuthClientOptions {
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
  } as BrowserOAuthClientOptions
}

/** All that there is to judge about a client's options, as a text; `undefined` where there is none of them. */
export function optionsText(options: BrowserOAuthClientOptions): string | undefined {
  try {
    return JSON.stringify([coreOptions(options), options.refreshIn, Object.keys(ownResolvers(options))])
  } catch {
    return undefined
  }
}
