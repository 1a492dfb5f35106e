/**
 * Resolvers that an app gives in the place of the network.
 *
 * @module
 */
import type { AtprotoDid } from './did.js'
import type { HandleResolver } from './handle-resolver.js'
import type { Ask, Resolvers } from '../../src/host/browser/operations.js'

/** A DID document, as far as atproto reads it. */
export interface DidDocument {
  id: string
  /** Among them the account's handle, as `at://alice.example.com`. */
  alsoKnownAs?: string[]
  /** Among them the account's PDS, as `#atproto_pds`. */
  service?: { id: string; type: string | string[]; serviceEndpoint: unknown }[]
  verificationMethod?: unknown[]
  [other: string]: unknown
}

/** How to resolve. */
export interface ResolveOptions {
  /** Gives the resolution up. */
  signal?: AbortSignal
  /** Whether the answer must come from its source, past every cache. */
  noCache?: boolean
}

/** Finds the document of a DID. Rejects where it cannot. */
export interface DidResolver {
  resolve(did: AtprotoDid, options?: ResolveOptions): Promise<DidDocument>
}

/** Who an account is. */
export interface IdentityInfo {
  did: AtprotoDid
  didDoc: DidDocument
  /** `handle.invalid` where the account has none that leads back to it. */
  handle: string
}

/** Finds an account by its handle or DID, and checks that both lead to each other. Rejects where it cannot. */
export interface IdentityResolver {
  resolve(identifier: string, options?: ResolveOptions): Promise<IdentityInfo>
}

/** The options of a client that say who resolves. */
export interface ResolverOptions {
  handleResolver?: string | URL | HandleResolver
  didResolver?: DidResolver
  identityResolver?: IdentityResolver
}

/**
 * What the core asks in the network's place.
 *
 * @internal
 */
export function ownResolvers(options: ResolverOptions): Resolvers {
  const { handleResolver, didResolver, identityResolver } = options
  return {
    ...(identityResolver && { identity: asks(identityResolver) }),
    ...(isResolver(handleResolver) && { handle: asks(handleResolver) }),
    ...(didResolver && { did: asks(didResolver) }),
  }
}

/** Whether handles are resolved by an object, and not by the server at a URL. */
export function isResolver(resolver: string | URL | HandleResolver | undefined): resolver is HandleResolver {
  return typeof resolver === 'object' && resolver !== null && 'resolve' in resolver
}

function asks(resolver: { resolve(subject: never, options?: ResolveOptions): Promise<unknown> }): Ask {
  return async (subject, noCache, signal) => resolver.resolve(subject as never, { noCache, signal })
}
