import type { CoreSession } from './core.js'
import { Requests, type Stored } from '../../src/host/browser/request.js'
import type { AtprotoDid } from './did.js'
import { rethrow } from './error-details.js'
import { argumentInvalid, redirected } from './own-errors.js'
import type { Resumed } from './resume.js'
import { whenIdle } from './when-idle.js'
import type { Fetch, OAuthAuthorizationServerMetadata, TokenInfo } from './types.js'

/**
 * A stored session, for the requests that a page makes before the core is loaded.
 *
 * @internal
 */
export interface EarlySession extends Resumed, Stored<CoreSession> {
  did: AtprotoDid
}

/** The session of an account. Hand it to `new Agent(session)`, or use `fetchHandler` as it is. */
export class OAuthSession {
  /** The account's DID. */
  readonly did: AtprotoDid
  readonly #fetch: Fetch | undefined
  readonly #requests: Requests<CoreSession>
  /** The facts of the session that are known without the core. */
  readonly #known: Pick<CoreSession, 'tokenId' | 'serverMetadata'>

  /** @internal */
  constructor(session: CoreSession | EarlySession, fetch?: Fetch) {
    this.did = session.did as AtprotoDid
    this.#fetch = fetch
    if ('attach' in session) {
      const { credentials, serverMetadata } = session
      this.#known = { tokenId: credentials.tokenId, serverMetadata }
      this.#requests = new Requests<CoreSession>(session, whenIdle)
      whenIdle(() => this.#requests.attached().catch(() => undefined))
    } else {
      this.#known = session
      this.#requests = new Requests(session, whenIdle)
    }
  }

  /** The account's DID. */
  get sub(): AtprotoDid {
    return this.did
  }

  /**
   * Identifies the current access token.
   *
   * @internal
   */
  get tokenId(): string {
    return (this.#requests.core ?? this.#known).tokenId
  }

  /** The known metadata of the authorization server. */
  get serverMetadata(): Readonly<OAuthAuthorizationServerMetadata> {
    return (this.#requests.core ?? this.#known).serverMetadata
  }

  /** The authorization server. */
  get server(): { readonly issuer: string; readonly serverMetadata: Readonly<OAuthAuthorizationServerMetadata> } {
    const { serverMetadata } = this
    return { issuer: serverMetadata.issuer, serverMetadata }
  }

  /**
   * Makes a request to the account's PDS with the session's token and a DPoP proof.
   *
   * It rejects a URL of any other server. Otherwise it behaves like `fetch`: it resolves to error responses of the server. An
   * expired token is refreshed first. A request whose body is a stream cannot be sent twice, so its 401 is returned.
   *
   * The token is not sent to the target of a redirect. If the PDS redirects a GET or a HEAD, the request is sent once more
   * without the token and follows the redirect; any other redirected request is rejected. With `redirect: 'manual'` the
   * redirect itself is returned.
   *
   * @param pathname - the path, such as `/xrpc/com.atproto.server.getSession`
   */
  async fetchHandler(pathname: string, init?: RequestInit): Promise<Response> {
    if (typeof pathname !== 'string' && !((pathname as unknown) instanceof URL)) throw argumentInvalid('pathname', 'a string', pathname)
    try {
      return await this.#requests.send(String(pathname), init, this.#fetch)
    } catch (thrown) {
      if (isRedirected(thrown)) throw redirected(thrown.url)
      rethrow(thrown)
    }
  }

  /**
   * Facts about the session's tokens.
   *
   * @param refresh - `true` to refresh the tokens now, `false` not to refresh them
   */
  async getTokenInfo(refresh: boolean | 'auto' = 'auto'): Promise<TokenInfo> {
    const { expiresAt, ...facts } = await this.#withCore((core) => core.tokenInfo(refresh === 'auto' ? undefined : refresh))
    const date = expiresAt === undefined ? undefined : new Date(expiresAt)
    return {
      ...facts,
      expiresAt: date,
      get expired() {
        return date && date.getTime() < Date.now() - 5e3
      },
    }
  }

  /** Signs out: revokes the tokens at the server, if it can be reached, and deletes them here. */
  async signOut(): Promise<void> {
    await this.#withCore((core) => core.signOut())
  }

  async #withCore<T>(operation: (core: CoreSession) => Promise<T>): Promise<T> {
    try {
      return await operation(await this.#requests.attached())
    } catch (thrown) {
      rethrow(thrown)
    }
  }
}

/** Whether a request that must not follow a redirect was redirected: see `request.js`. */
function isRedirected(thrown: unknown): thrown is { url: string } {
  return !(thrown instanceof Error) && (thrown as { name?: unknown } | undefined)?.name === 'Redirected'
}
