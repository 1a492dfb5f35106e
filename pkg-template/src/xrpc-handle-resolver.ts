import { optionInvalid } from './own-errors.js'
import {
  type HandleResolver,
  HandleResolverError,
  type ResolveHandleOptions,
  type ResolvedHandle,
  checkHandle,
  isResolvedHandle,
} from './handle-resolver.js'
import { inTime, readJson } from './limits.js'

/** Options of {@link XrpcHandleResolver}. */
export interface XrpcHandleResolverOptions {
  /** Used in place of `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch
}

/**
 * Resolves handles through an atproto server, which sees every handle that is resolved.
 *
 * A client whose `handleResolver` is a URL does the same in Rust; both are tested with `spec/handle-resolution.json`.
 */
export class XrpcHandleResolver implements HandleResolver {
  protected readonly serviceUrl: URL
  protected readonly fetch: typeof globalThis.fetch

  /** @param service - the URL of the server */
  constructor(service: string | URL, options?: XrpcHandleResolverOptions) {
    if (!URL.canParse(String(service))) throw optionInvalid('handle resolver URL', service)
    this.serviceUrl = new URL(service)
    this.fetch = options?.fetch ?? ((...request) => globalThis.fetch(...request))
  }

  async resolve(handle: string, options?: ResolveHandleOptions): Promise<ResolvedHandle> {
    checkHandle(handle)
    return inTime(options?.signal, (signal) => this.#ask(handle, signal, options?.noCache))
  }

  async #ask(handle: string, signal: AbortSignal, noCache?: boolean): Promise<ResolvedHandle> {
    const url = new URL('/xrpc/com.atproto.identity.resolveHandle', this.serviceUrl)
    url.searchParams.set('handle', handle)
    const { fetch } = this
    const response = await fetch(url, { redirect: 'error', signal, ...(noCache && { cache: 'no-cache' }) })
    if (!response.ok && response.status !== 400) throw new HandleResolverError('Invalid status code from resolveHandle method')
    const body = await readJson(response, 'Invalid response from resolveHandle method: no JSON')
    const { error, message, did } = Object(body) as Record<string, unknown>
    if (response.status === 400) {
      if (typeof error !== 'string') throw new HandleResolverError('Invalid response from resolveHandle method: no error code')
      // The lexicon's error, or the message that older servers send instead.
      if (error === 'HandleNotFound' || message === 'Unable to resolve handle') return null
      throw new HandleResolverError('Invalid status code from resolveHandle method')
    }
    if (!isResolvedHandle(did)) throw new HandleResolverError('Invalid DID returned from resolveHandle method')
    return did
  }
}
