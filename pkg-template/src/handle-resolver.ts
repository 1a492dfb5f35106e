/**
 * What resolves handles: the interface, and its answers.
 *
 * @see https://atproto.com/specs/handle#handle-resolution
 * @module
 */
import { type AtprotoDid, isAtprotoDid } from './did.js'

/** How to resolve. */
export interface ResolveHandleOptions {
  /** Gives the resolution up. */
  signal?: AbortSignal
  /** Whether the answer must come from its source, past every cache. */
  noCache?: boolean
}

/** The account that a handle leads to; `null`: to none. */
export type ResolvedHandle = AtprotoDid | null

/** Finds the account that a handle leads to. It need not check that the account claims the handle: the client does. */
export interface HandleResolver {
  /** Rejects where it could not be found out. */
  resolve(handle: string, options?: ResolveHandleOptions): Promise<ResolvedHandle>
}

/** A handle could not be resolved. */
export class HandleResolverError extends Error {
  override readonly name = 'HandleResolverError'
}

/** Whether a value is an answer of a {@link HandleResolver}. */
export function isResolvedHandle(value: unknown): value is ResolvedHandle {
  return value === null || isAtprotoDid(value)
}
