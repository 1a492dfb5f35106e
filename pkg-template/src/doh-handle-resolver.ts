import { isAtprotoDid } from './did.js'
import { optionInvalid } from './own-errors.js'
import { type HandleResolver, HandleResolverError, type ResolveHandleOptions, type ResolvedHandle, checkHandle } from './handle-resolver.js'
import { inTime, readJson, readText } from './limits.js'

/** Options of {@link AtprotoDohHandleResolver}. */
export interface AtprotoDohHandleResolverOptions {
  /** The URL of a DNS-over-HTTPS server that returns `application/dns-json`. The server sees every handle that is resolved. */
  dohEndpoint: string | URL
  /** Used in place of `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch
  /** Called with the error if the request to the handle's own host fails; the resolution goes on without it. */
  onError?: (error: unknown, context: { resolver: 'well-known'; handle: string }) => void
}

const SUBDOMAIN = '_atproto'
const PREFIX = 'did='
/** The type of TXT records (RFC 1035 section 3.2.2). */
const TXT = 16
/** The longest name that DNS allows. */
const LONGEST_NAME = 253
/** How long to wait for DNS after the host has named an account, in milliseconds. */
const PATIENCE = 1_000

/** The result of one of the two requests. */
type Outcome = { did: ResolvedHandle } | { error: unknown }

/**
 * Resolves handles at their source, as the specification says: by DNS, which a browser can query over HTTPS only, and at the
 * handle's own host. Both requests run at the same time. DNS takes precedence; if it fails or is slow, the response of the
 * host counts. A page can read that only if the host allows cross-origin requests.
 *
 * Rejects if DNS fails and the host names no account, and if DNS names several accounts.
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
    checkHandle(handle)
    return inTime(options?.signal, async (signal) => {
      const hosted = this.#askHost(handle, signal, options?.noCache)
      const dns = await firstOf(outcome(this.#askDns(handle, signal)), hosted)
      if ('did' in dns && dns.did) return dns.did
      if ('error' in dns && isAmbiguous(dns.error)) throw dns.error
      const host = await hosted
      if (host || 'did' in dns) return host
      throw dns.error
    })
  }

  async #askDns(handle: string, signal: AbortSignal): Promise<ResolvedHandle> {
    const name = `${SUBDOMAIN}.${handle}`
    if (name.length > LONGEST_NAME) return null
    const url = new URL(this.#options.dohEndpoint)
    url.searchParams.set('type', 'TXT')
    url.searchParams.set('name', name)
    const response = await this.#fetch.call(null, url, { headers: { accept: 'application/dns-json' }, redirect: 'follow', signal })
    const type = response.headers.get('content-type') ?? ''
    if (!response.ok) {
      throw new HandleResolverError(type.startsWith('text/plain') ? await readText(response) : `Failed to resolve ${name}`)
    }
    if (!/application\/(?:dns-)?json/i.test(type)) throw new HandleResolverError('Unexpected response from DoH server')
    return accountOf(await readJson(response, 'Invalid DoH response'))
  }

  async #askHost(handle: string, signal: AbortSignal, noCache?: boolean): Promise<ResolvedHandle> {
    try {
      const url = new URL(`https://${handle}/.well-known/atproto-did`)
      const response = await this.#fetch.call(null, url, { redirect: 'follow', signal, ...(noCache && { cache: 'no-cache' }) })
      if (!response.ok) throw new HandleResolverError(`Unexpected status code ${response.status} for "${url}"`)
      // A custom `fetch` may leave out the final URL.
      if (response.url && !response.url.startsWith('https:')) throw new HandleResolverError(`Insecure redirect of "${url}"`)
      const line = (await readText(response)).trim().split('\n')[0]?.trim()
      return isAtprotoDid(line) ? line : null
    } catch (error) {
      if (!signal.aborted) this.#options.onError?.(error, { resolver: 'well-known', handle })
      return null
    }
  }
}

function outcome(request: Promise<ResolvedHandle>): Promise<Outcome> {
  return request.then((did) => ({ did }), (error: unknown) => ({ error }))
}

/** The result of DNS, or `null` if the host has named an account and DNS has not responded in time. */
function firstOf(dns: Promise<Outcome>, host: Promise<ResolvedHandle>): Promise<Outcome> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    host.then((did) => {
      if (did) timer = setTimeout(resolve, PATIENCE, { did: null })
    })
    dns.then((found) => {
      clearTimeout(timer)
      resolve(found)
    })
  })
}

/** The account that the TXT records of a response name. */
function accountOf(response: unknown): ResolvedHandle {
  const { Status, Answer } = Object(response) as { Status?: unknown; Answer?: unknown }
  const records = Answer ?? []
  if (typeof Status !== 'number' || !Array.isArray(records)) throw new HandleResolverError('Invalid DoH response')
  // 3: there is no such name (RFC 1035 section 4.1.1). All other codes are failures.
  if (Status !== 0 && Status !== 3) throw new HandleResolverError(`DNS failed with code ${Status}`)
  const named = new Set(records.map(textOf).filter((text) => text.startsWith(PREFIX)).map((text) => text.slice(PREFIX.length)))
  const [did = null, ...others] = [...named].filter(isAtprotoDid)
  if (others.length) throw new HandleResolverError('DNS names several accounts for this handle', { code: 'HANDLE_AMBIGUOUS' })
  return did
}

const isAmbiguous = (error: unknown) => error instanceof HandleResolverError && error.code === 'HANDLE_AMBIGUOUS'

/** The text of a TXT record: its strings, joined. Servers quote them as in zone files, or not at all. */
function textOf(record: unknown): string {
  const { type, data } = Object(record) as { type?: unknown; data?: unknown }
  if (typeof type !== 'number' || typeof data !== 'string') throw new HandleResolverError('Invalid DoH response')
  if (type !== TXT) return ''
  const strings = data.startsWith('"') ? (data.match(/"(?:[^"\\]|\\.)*"/g) ?? []) : undefined
  const text = strings ? strings.map((quoted) => quoted.slice(1, -1)).join('') : data
  // `\"`, or `\034` (RFC 1035 section 5.1).
  return text.replace(/\\(\d{3}|.)/g, (_, code: string) => (code.length > 1 ? String.fromCharCode(Number(code)) : code)).trim()
}
