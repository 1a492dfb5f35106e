/**
 * What resolves handles: the interface, and its answers.
 *
 * @see https://atproto.com/specs/handle#handle-resolution
 * @module
 */
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { isHostName, isReserved } from './host-name.js'
import { message } from './sentences.js'

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
  /**
   * Says what went wrong: `HANDLE_AMBIGUOUS` where DNS names several accounts, `RESERVED_NAME` or `INVALID_HANDLE` where
   * nothing was asked, `NETWORK_TIMEOUT`, `RESPONSE_TOO_LARGE`; `HANDLE_RESOLUTION_FAILED` for all else.
   */
  readonly code: string

  constructor(message?: string, options?: ErrorOptions & { code?: string }) {
    super(message, options)
    this.code = options?.code ?? 'HANDLE_RESOLUTION_FAILED'
  }
}

/** Throws where a text is no handle, or one that leads nowhere by its name: neither is asked for anywhere. */
export function checkHandle(handle: string): void {
  if (!isHostName(handle)) throw new HandleResolverError('Not a handle', { code: 'INVALID_HANDLE' })
  if (isReserved(handle)) {
    throw new HandleResolverError(message('RESERVED_NAME', { value: handle }), { code: 'RESERVED_NAME' })
  }
}

/** Whether a value is an answer of a {@link HandleResolver}. */
export function isResolvedHandle(value: unknown): value is ResolvedHandle {
  return value === null || isAtprotoDid(value)
}
