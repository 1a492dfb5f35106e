import type { Prepared, Session } from './core.js'
import type { AtprotoDid } from './did.js'
import { rethrow } from './errors.js'
import type { Fetch, OAuthAuthorizationServerMetadata, TokenInfo } from './types.js'

/** The methods that `Request` writes in upper case; a proof must name the method as it is sent. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

const ES256 = { name: 'ECDSA', hash: 'SHA-256' }

const encoder = new TextEncoder()

type Send = (url: string, authorization: string, dpop: string) => Promise<Response>

/**
 * Sends a request that only wants signing. Nearly all need no more: nothing is waited for but the browser, and the core
 * is asked again only where the answer tells it something. `undefined` where the browser cannot sign: the core says why.
 */
async function sendPrepared(prepared: Prepared, send: Send): Promise<{ answer: Response; isFinal: boolean } | undefined> {
  const [url, authorization, input, key, nonce] = prepared.parts() as [string, string, string, CryptoKey, string | null]
  let isFinal = true
  try {
    let signature: ArrayBuffer
    try {
      signature = await crypto.subtle.sign(ES256, key, encoder.encode(input))
    } catch {
      return undefined
    }
    const answer = await send(url, authorization, `${input}.${base64url(signature)}`)
    const received = answer.headers.get('dpop-nonce')
    isFinal = answer.status !== 401 && (received === nonce || !received)
    return { answer, isFinal }
  } finally {
    if (isFinal) prepared.free()
  }
}

function withHeaders(given: HeadersInit, ours: Record<string, string>): Headers {
  const headers = new Headers(given)
  for (const [name, value] of Object.entries(ours)) headers.set(name, value)
  return headers
}

/** What newer browsers have (ECMAScript's proposal "ArrayBuffer to and from Base64"), in a tenth of the time. */
type Encodable = Uint8Array & { toBase64?(options: { alphabet: 'base64url'; omitPadding: true }): string }

function base64url(octets: ArrayBuffer): string {
  const bytes: Encodable = new Uint8Array(octets)
  return bytes.toBase64?.({ alphabet: 'base64url', omitPadding: true }) ?? encoded(bytes)
}

function encoded(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The session of an account. Hand it to `new Agent(session)`, or use `fetchHandler` as it is. */
export class OAuthSession {
  /** The account's DID. */
  readonly did: AtprotoDid
  readonly #core: Session
  readonly #fetch: Fetch | undefined

  /** @internal */
  constructor(core: Session, fetch?: Fetch) {
    this.did = core.did as AtprotoDid
    this.#core = core
    this.#fetch = fetch
  }

  /** The account's DID. */
  get sub(): AtprotoDid {
    return this.did
  }

  /**
   * Tells one access token from the next.
   *
   * @internal
   */
  get tokenId(): string {
    return this.#core.tokenId
  }

  /** The authorization server's metadata, as far as it is known. */
  get serverMetadata(): Readonly<OAuthAuthorizationServerMetadata> {
    return this.#core.serverMetadata
  }

  /** The authorization server. */
  get server(): { readonly issuer: string; readonly serverMetadata: Readonly<OAuthAuthorizationServerMetadata> } {
    const { serverMetadata } = this
    return { issuer: serverMetadata.issuer, serverMetadata }
  }

  /**
   * Makes a request to the account's PDS, signed and with the session's token.
   *
   * It refuses a URL of any other server, and otherwise behaves like `fetch`: errors of the server are answers. A token
   * that has expired is refreshed first. A request whose body is a stream cannot be sent twice, so its 401 is returned.
   *
   * @param pathname - the path, such as `/xrpc/com.atproto.server.getSession`
   */
  async fetchHandler(pathname: string, init?: RequestInit): Promise<Response> {
    const given = init?.method ?? 'GET'
    const method = NORMALIZED.test(given) ? given.toUpperCase() : given
    const path = String(pathname)
    const replayable = !(init?.body instanceof ReadableStream)
    const send: Send = (url, authorization, dpop) => {
      const ours = { authorization, dpop }
      const headers = init?.headers ? withHeaders(init.headers, ours) : ours
      const own = this.#fetch
      return own ? own(new Request(url, { ...init, headers })) : fetch(url, { ...init, headers })
    }
    try {
      const prepared = this.#core.prepare(method, path)
      const first = prepared && (await sendPrepared(prepared, send))
      if (first?.isFinal) return first.answer
      return await this.#core.request(method, path, replayable, send, first && prepared, first?.answer)
    } catch (thrown) {
      rethrow(thrown)
    }
  }

  /**
   * Facts about the session's tokens.
   *
   * @param refresh - `true` to refresh them now, `false` to leave them as they are
   */
  async getTokenInfo(refresh: boolean | 'auto' = 'auto'): Promise<TokenInfo> {
    const { expiresAt, ...facts } = await this.#core
      .tokenInfo(refresh === 'auto' ? undefined : refresh)
      .catch(rethrow)
    const date = expiresAt === undefined ? undefined : new Date(expiresAt)
    return {
      ...facts,
      expiresAt: date,
      get expired() {
        return date && date.getTime() < Date.now() - 5e3
      },
    }
  }

  /** Signs out: revokes the tokens at the server, as far as that can be reached, and forgets them here. */
  async signOut(): Promise<void> {
    await this.#core.signOut().catch(rethrow)
  }
}
