import type { Session } from './core.js'
import type { AtprotoDid } from './did.js'
import { rethrow } from './errors.js'
import type { Fetch, OAuthAuthorizationServerMetadata, TokenInfo } from './types.js'

/** The methods that `Request` writes in upper case; a proof must name the method as it is sent. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

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
    const method = init?.method ?? 'GET'
    const replayable = !(init?.body instanceof ReadableStream)
    const send = async (url: string, authorization: string, dpop: string): Promise<Response> => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', authorization)
      headers.set('dpop', dpop)
      return (this.#fetch ?? fetch)(new Request(url, { ...init, headers }))
    }
    const normalized = NORMALIZED.test(method) ? method.toUpperCase() : method
    return this.#core.request(normalized, String(pathname), replayable, send).catch(rethrow)
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
