import type { Session } from './core.js'
import type { AtprotoDid } from './did.js'
import { argumentInvalid, redirected, rethrow, saysSessionIsOver } from './errors.js'
import { type Grant, signed, unsignedProof } from './proof.js'
import type { StoredGrant } from './stored-grant.js'
import { whenIdle } from './when-idle.js'
import type { Fetch, OAuthAuthorizationServerMetadata, TokenInfo } from './types.js'

/** The methods that `Request` writes in upper case; a proof must name the method as it is sent. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

/** A path that a URL parser leaves as it is: neither another host nor a step in the path. It then needs no parser. */
const PLAIN_PATH = /^(?=\/)(?!\/\/)(?:\/(?![.%])|[\w\-~?=&:+,@.%])*$/

/** What says by whom a request is made: for the PDS only. */
interface Credentials {
  authorization: string
  dpop: string
}

function withHeaders(given: HeadersInit, ours: Credentials | undefined): Headers {
  const headers = new Headers(given)
  for (const name of ['authorization', 'dpop'] as const) {
    if (ours) headers.set(name, ours[name])
    else headers.delete(name)
  }
  return headers
}

/** Whether a body can be read once only: a stream, or what some hosts take for one. */
function isStream(body: unknown): boolean {
  const stream = body as { getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined
  return Boolean(stream?.getReader ?? stream?.[Symbol.asyncIterator])
}

/** Whether an answer sends the client to another address, or comes from one: a custom `fetch` may follow all the same. */
function isRedirect({ type, redirected, status }: Response): boolean {
  return type === 'opaqueredirect' || redirected || [301, 302, 303, 307, 308].includes(status)
}

/**
 * A session as it was stored, for the requests that a page makes before the core is there.
 *
 * @internal
 */
export interface EarlySession extends StoredGrant {
  did: AtprotoDid
  /** Has the core restore it. */
  restore(): Promise<Session>
  /** Whether another tab has ended it since. */
  isOver(): boolean
}

/** The session of an account. Hand it to `new Agent(session)`, or use `fetchHandler` as it is. */
export class OAuthSession {
  /** The account's DID. */
  readonly did: AtprotoDid
  readonly #fetch: Fetch | undefined
  readonly #early: EarlySession | undefined
  #core: Session | undefined
  #arriving: Promise<Session> | undefined
  /** What requests are made with, as long as that is what the core has in force. */
  #grant: Grant | undefined
  /** An answer that the core is yet to learn the nonce from. */
  #untold: [sent: object, answer: Response] | undefined

  /** @internal */
  constructor(session: Session | EarlySession, fetch?: Fetch) {
    this.did = session.did as AtprotoDid
    this.#fetch = fetch
    if ('restore' in session) {
      this.#early = session
      this.#grant = session.grant
      whenIdle(() => this.#reach().catch(() => undefined))
    } else {
      this.#core = session
    }
  }

  /** The session in the core, once that is there. */
  async #reach(): Promise<Session> {
    if (this.#core) return this.#core
    this.#arriving ??= this.#early!.restore().then(
      (core) => (this.#core = core),
      (error) => {
        this.#arriving = undefined
        // A good token serves also where the core cannot be loaded, or its client was disposed of.
        if (saysSessionIsOver(error)) this.#grant = undefined
        throw error
      },
    )
    return this.#arriving
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
    return (this.#core ?? this.#early!.grant).tokenId
  }

  /** The authorization server's metadata, as far as it is known. */
  get serverMetadata(): Readonly<OAuthAuthorizationServerMetadata> {
    return (this.#core ?? this.#early!).serverMetadata
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
    const given = init?.method ?? 'GET'
    const method = NORMALIZED.test(given) ? given.toUpperCase() : given
    const path = String(pathname)
    const replayable = !isStream(init?.body)
    try {
      for (let tried = 0; ; ) {
        const grant = this.#inForce() ?? (await this.#freshened())
        const { nonce, tokenId, clockOffset } = grant
        const url = grant.pds && PLAIN_PATH.test(path) ? grant.pds + path : (await this.#reach()).url(path)
        const signedAt = Date.now()
        const input = unsignedProof(grant, method, url, signedAt)
        const signature = await signed(grant.key, input).catch(async () => (await this.#reach()).sign(input))
        const answer = await this.#send(url, init, { authorization: grant.authorization, dpop: `${input}.${signature}` })
        if (isRedirect(answer)) {
          if (init?.redirect === 'manual') return answer
          if (method !== 'GET' && method !== 'HEAD') throw redirected(url)
          return await this.#send(url, init)
        }
        const received = answer.headers.get('dpop-nonce')
        const isNew = received && received !== nonce
        // Nearly all end here: nothing is waited for but the browser.
        if (answer.status !== 401 && !isNew) return answer
        const sent = { url, tokenId, nonce, signedAt, clockOffset, tried }
        // A 400 may demand the nonce in its body.
        if (answer.status !== 401 && answer.status !== 400) {
          grant.nonce = received
          this.#tell(sent, answer)
          return answer
        }
        const judged = this.#judge(sent, answer)
        // Most are about the request, and are the app's also where the core cannot be loaded.
        const next = await (answer.status === 400 ? judged.catch(() => undefined) : judged)
        if (next === undefined || !replayable) return answer
        tried = next
      }
    } catch (thrown) {
      rethrow(thrown)
    }
  }

  /** What to make a request with, at once; `undefined` where something must be waited for first. */
  #inForce(): Grant | undefined {
    const core = this.#core
    if (core && core.stamp !== this.#grant?.stamp) this.#grant = core.stamp ? core.grant() : undefined
    const grant = core || !this.#early?.isOver() ? this.#grant : undefined
    return Date.now() < (grant?.staleAt ?? Infinity) ? grant : undefined
  }

  async #freshened(): Promise<Grant> {
    const core = await this.#reach()
    await core.freshen()
    return (this.#grant = core.grant() as Grant)
  }

  async #judge(sent: object, answer: Response): Promise<number | undefined> {
    const core = await this.#reach()
    const next = await core.judge(sent, answer)
    // It may have learned more than the nonce.
    this.#grant = undefined
    return next
  }

  /** Tells the core of a new nonce, in time: some servers have one in every answer. */
  #tell(sent: object, answer: Response): void {
    if (!this.#untold) {
      whenIdle(() => {
        const [sent, answer] = this.#untold!
        this.#untold = undefined
        this.#judge(sent, answer).catch(() => undefined)
      })
    }
    this.#untold = [sent, answer]
  }

  /** Sends a request: with credentials it follows no redirect, and without it does what the app says. */
  #send(url: string, init: RequestInit | undefined, ours?: Credentials): Promise<Response> {
    const sent: RequestInit = { ...init }
    if (init?.headers) sent.headers = withHeaders(init.headers, ours)
    else if (ours) sent.headers = { ...ours }
    if (ours && (init?.redirect ?? 'follow') === 'follow') sent.redirect = 'manual'
    const own = this.#fetch
    return own ? own(new Request(url, sent)) : fetch(url, sent)
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

  async #ask<T>(question: (core: Session) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#reach())
    } catch (thrown) {
      rethrow(thrown)
    }
  }
}
