/**
 * The interface of handle resolvers, and their results.
 *
 * @see https://atproto.com/specs/handle#handle-resolution
 * @module
 */
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { isHostName, isReserved } from './host-name.js'
import { message } from './sentences.js'

/** Options of a resolution. */
export interface ResolveHandleOptions {
  /** Aborts the resolution. */
  signal?: AbortSignal
  /** Whether to bypass every cache. */
  noCache?: boolean
}

/** The account that a handle resolves to; `null` if there is none. */
export type ResolvedHandle = AtprotoDid | null

/** Resolves a handle to an account. It need not check that the account claims the handle: the client does. */
export interface HandleResolver {
  /** Rejects if the resolution failed. */
  resolve(handle: string, options?: ResolveHandleOptions): Promise<ResolvedHandle>
}

/** A handle could not be resolved. */
export class HandleResolverError extends Error {
  override readonly name = 'HandleResolverError'
  /**
   * What went wrong: `HANDLE_AMBIGUOUS` if DNS names several accounts; `RESERVED_NAME` or `INVALID_HANDLE` if no request was
   * made; `NETWORK_TIMEOUT`; `RESPONSE_TOO_LARGE`; `HANDLE_RESOLUTION_FAILED` for everything else.
   */
  readonly code: string

  constructor(message?: string, options?: ErrorOptions & { code?: string }) {
    super(message, options)
    this.code = options?.code ?? 'HANDLE_RESOLUTION_FAILED'
  }
}

/** Throws if a text is not a handle, or a reserved name, which must not be resolved. */
export function checkHandle(handle: string): void {
  if (!isHostName(handle)) throw new HandleResolverError('Not a handle', { code: 'INVALID_HANDLE' })
  if (isReserved(handle)) {
    throw new HandleResolverError(message('RESERVED_NAME', { value: handle }), { code: 'RESERVED_NAME' })
  }
}

/** Whether a value is a valid result of a {@link HandleResolver}. */
export function isResolvedHandle(value: unknown): value is ResolvedHandle {
  return value === null || isAtprotoDid(value)
}
