/**
 * Resolvers that an app provides in place of the client's own.
 *
 * @module
 */
import type { AtprotoDid } from './did.js'
import type { HandleResolver } from './handle-resolver.js'
import type { Ask, Resolvers } from '../../src/host/browser/operations.js'

/** A DID document, with the members that atproto reads. */
export interface DidDocument {
  id: string
  /** Includes the account's handle, as `at://alice.example.com`. */
  alsoKnownAs?: string[]
  /** Includes the account's PDS, as `#atproto_pds`. */
  service?: { id: string; type: string | string[]; serviceEndpoint: unknown }[]
  verificationMethod?: unknown[]
  [other: string]: unknown
}

/** Options of a resolution. */
export interface ResolveOptions {
  /** Aborts the resolution. */
  signal?: AbortSignal
  /** Whether to bypass every cache. */
  noCache?: boolean
}

/** Resolves a DID to its document. Rejects if it cannot. */
export interface DidResolver {
  resolve(did: AtprotoDid, options?: ResolveOptions): Promise<DidDocument>
}

/** The identity of an account. */
export interface IdentityInfo {
  did: AtprotoDid
  didDoc: DidDocument
  /** `handle.invalid` if the account has no handle that resolves to it. */
  handle: string
}

/** Resolves a handle or DID to an account, and checks that handle and DID point to each other. Rejects if it cannot. */
export interface IdentityResolver {
  resolve(identifier: string, options?: ResolveOptions): Promise<IdentityInfo>
}

/** The client's options for resolvers. */
export interface ResolverOptions {
  handleResolver?: string | URL | HandleResolver
  didResolver?: DidResolver
  identityResolver?: IdentityResolver
}

/**
 * The app's own resolvers, as the core calls them.
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

/** Whether the handle resolver is an object, and not the URL of a server. */
export function isResolver(resolver: string | URL | HandleResolver | undefined): resolver is HandleResolver {
  return typeof resolver === 'object' && resolver !== null && 'resolve' in resolver
}

function asks(resolver: { resolve(subject: never, options?: ResolveOptions): Promise<unknown> }): Ask {
  return async (subject, noCache, signal) => resolver.resolve(subject as never, { noCache, signal })
}
