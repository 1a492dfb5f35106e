import { type AtprotoDid, isAtprotoDid } from './did.js'
import { optionInvalid } from './errors.js'
import { HandleResolverError, type HandleResolver, type ResolveHandleOptions, type ResolvedHandle } from './handle-resolver.js'

/** Options of {@link AtprotoDohHandleResolver}. */
export interface AtprotoDohHandleResolverOptions {
  /** The URL of a DNS-over-HTTPS server that speaks `application/dns-json`. It learns every handle that is asked for. */
  dohEndpoint: string | URL
  /** Calls the network. Default: `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch
  /** Told what kept the handle's own host from answering; the resolution goes on without it. */
  onError?: (error: unknown, context: { resolver: 'well-known'; handle: string }) => void
}

const SUBDOMAIN = '_atproto'
const PREFIX = 'did='
/** The type of TXT records (RFC 1035 section 3.2.2). */
const TXT = 16

/**
 * Resolves handles as the specification says, at their source: by DNS, which a browser can ask over HTTPS only, and at
 * the handle's own host. Both are asked at the same time, and DNS wins. A host answers a page only if it allows
 * cross-origin requests.
 */
export class AtprotoDohHandleResolver implements HandleResolver {
  readonly #options: AtprotoDohHandleResolverOptions
  readonly #fetch: typeof globalThis.fetch

  /** @param options - or only the URL of the DNS-over-HTTPS server */
  constructor(options: AtprotoDohHandleResolverOptions | string | URL) {
    this.#options = typeof options === 'string' || options instanceof URL ? { dohEndpoint: options } : options
    if (!URL.canParse(String(this.#options?.dohEndpoint))) throw optionInvalid('dohEndpoint', this.#options?.dohEndpoint)
    this.#fetch = this.#options.fetch ?? ((...request) => globalThis.fetch(...request))
  }

  async resolve(handle: string, options?: ResolveHandleOptions): Promise<ResolvedHandle> {
    options?.signal?.throwIfAborted()
    const loser = new AbortController()
    const abort = () => loser.abort(options?.signal?.reason)
    options?.signal?.addEventListener('abort', abort)
    try {
      const host = this.#askHost(handle, loser.signal, options?.noCache)
      return (await this.#askDns(handle, loser.signal)) ?? (await host)
    } finally {
      options?.signal?.removeEventListener('abort', abort)
      loser.abort()
    }
  }

  async #askDns(handle: string, signal: AbortSignal): Promise<ResolvedHandle> {
    const name = `${SUBDOMAIN}.${handle}`
    const url = new URL(this.#options.dohEndpoint)
    url.searchParams.set('type', 'TXT')
    url.searchParams.set('name', name)
    const response = await this.#fetch.call(null, url, { headers: { accept: 'application/dns-json' }, redirect: 'follow', signal })
    const type = response.headers.get('content-type') ?? ''
    if (!response.ok) {
      throw new HandleResolverError(type.startsWith('text/plain') ? await response.text() : `Failed to resolve ${name}`)
    }
    if (!/application\/(?:dns-)?json/i.test(type)) throw new HandleResolverError('Unexpected response from DoH server')
    const records = textRecords(await response.json()).filter((record) => record.startsWith(PREFIX))
    // Two records that disagree, or agree, are as good as none.
    if (records.length !== 1) return null
    const did = records[0]?.slice(PREFIX.length)
    return isAtprotoDid(did) ? did : null
  }

  async #askHost(handle: string, signal: AbortSignal, noCache?: boolean): Promise<ResolvedHandle> {
    try {
      const url = new URL(`https://${handle}/.well-known/atproto-did`)
      const response = await this.#fetch.call(null, url, { redirect: 'error', signal, ...(noCache && { cache: 'no-cache' }) })
      if (!response.ok) throw new HandleResolverError(`Unexpected status code ${response.status} for "${url}"`)
      const line = (await response.text()).split('\n')[0]?.trim()
      return isAtprotoDid(line) ? (line as AtprotoDid) : null
    } catch (error) {
      if (!signal.aborted) this.#options.onError?.(error, { resolver: 'well-known', handle })
      return null
    }
  }
}

/** The texts of the TXT records in an answer. */
function textRecords(answer: unknown): string[] {
  const { Status, Answer = [] } = Object(answer) as { Status?: unknown; Answer?: unknown }
  if (typeof Status !== 'number' || !Array.isArray(Answer)) throw new HandleResolverError('Invalid DoH response')
  return Answer.map((record: unknown) => {
    const { type, data } = Object(record) as { type?: unknown; data?: unknown }
    if (typeof type !== 'number' || typeof data !== 'string') throw new HandleResolverError('Invalid DoH response')
    return type === TXT ? data.replace(/^"|"$/g, '').replaceAll('\\"', '"') : ''
  })
}
