import type { CoreSession } from './core.js'
import { Requests, type Stored } from '../../src/host/browser/request.js'
import type { AtprotoDid } from './did.js'
import { rethrow } from './error-details.js'
import { argumentInvalid, redirected } from './own-errors.js'
import type { Resumed } from './resume.js'
import { whenIdle } from './when-idle.js'
import type { Fetch, OAuthAuthorizationServerMetadata, TokenInfo } from './types.js'

/**
 * A session as it was stored, for the requests that a page makes before the core is loaded.
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
  /** What is known of it without the core. */
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
   * Tells one access token from the next.
   *
   * @internal
   */
  get tokenId(): string {
    return (this.#requests.core ?? this.#known).tokenId
  }

  /** The authorization server's metadata, as far as it is known. */
  get serverMetadata(): Readonly<OAuthAuthorizationServerMetadata> {
    return (this.#requests.core ?? this.#known).serverMetadata
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
   * The token does not follow a redirect. Where the PDS redirects a GET or a HEAD, it is sent once more without the token and
   * then goes where it is sent; any other request is rejected. With `redirect: 'manual'` the redirect itself is returned.
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
   * @param refresh - `true` to refresh them now, `false` to leave them as they are
   */
  async getTokenInfo(refresh: boolean | 'auto' = 'auto'): Promise<TokenInfo> {
    const { expiresAt, ...facts } = await this.#ask((core) => core.tokenInfo(refresh === 'auto' ? undefined : refresh))
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
    await this.#ask((core) => core.signOut())
  }

  async #ask<T>(question: (core: CoreSession) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#requests.attached())
    } catch (thrown) {
      rethrow(thrown)
    }
  }
}

/** Whether a request that must not follow a redirect was answered with one: see `request.js`. */
function isRedirected(thrown: unknown): thrown is { url: string } {
  return !(thrown instanceof Error) && (thrown as { name?: unknown } | undefined)?.name === 'Redirected'
}
