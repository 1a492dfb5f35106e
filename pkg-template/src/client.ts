/// <reference lib="esnext.disposable" preserve="true" />
import { rejectWhenAborted } from './abortion.js'
import { coreOptions, optionsText } from './core-options.js'
import { loadCore } from './core-loader.js'
import type { Client, Session } from './core.js'
import { type ErrorDetails, popupBlocked, rethrow, saysSessionIsOver, toError } from './errors.js'
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { type IdentityResolver, ownResolvers } from './identity-resolver.js'
import { accept, areAccepted, storedActive } from './local-storage.js'
import { atprotoLoopbackClientMetadata, buildLoopbackClientId } from './loopback.js'
import { type Beginning, type CoreOutcome, type CoreTokenFacts, type Operations, forCore } from './operations.js'
import { OAuthSession } from './session.js'
import { storedGrant } from './stored-grant.js'
import { tabsChannel } from './tabs.js'
import { whenIdle } from './when-idle.js'
import type {
  Account,
  AuthorizeOptions,
  BrowserOAuthClientLoadOptions,
  BrowserOAuthClientOptions,
  Fetch,
  OAuthClientMetadata,
  OAuthResponseMode,
  Persistence,
  PopupOptions,
  SessionEventMap,
  SessionFacts,
} from './types.js'

/** What a page starts with. `state` is there only after a sign-in: the app's own text, or `null`. */
type Initialized = { session: OAuthSession; state?: never } | { session: OAuthSession; state: string | null }

/**
 * The `init` under way on this page. The address holds an answer only once: who asks while it is being used, such as a
 * component that is mounted twice, shares what comes of it, whichever client it asks with.
 */
let initializing: Promise<Initialized | undefined> | undefined

/**
 * Signs users of the AT Protocol in to a browser app.
 *
 * Made synchronously: the WebAssembly core loads meanwhile, and what is wrong with the options rejects the first call
 * that is awaited.
 */
export class BrowserOAuthClient extends EventTarget {
  readonly #options: BrowserOAuthClientOptions
  #core: Promise<Client> | undefined
  /** What the other tabs say, from the start: the core may hear it later, but shall miss nothing. */
  readonly #tabs = globalThis.location && tabsChannel()
  /** The core once it is there, for what cannot wait. */
  #made: Client | undefined
  /** The reading of a session that does without the core: until then, the page is not as idle as it seems. */
  #reading: Promise<unknown> = Promise.resolve()
  #disposed = false
  /** The accounts of whose session's end the app was told. */
  readonly #over = new Set<AtprotoDid>()
  /** What the app's own hook threw: it rejects the call that the hook was part of, as it is. */
  #hookError: unknown

  constructor(options: BrowserOAuthClientOptions) {
    super()
    this.#options = options
    // On a server that renders the app there is nothing to load, and nothing to sign in with.
    if (globalThis.location === undefined) return
    // Loading it would only hold up a session that can be had without.
    if (!storedActive()) loadCore().catch(() => undefined)
    // Whoever calls this client does not wait for that; but it shall heed the other tabs when nobody does.
    whenIdle(() => this.#reading.then(() => whenIdle(() => this.#disposed || this.#ready().catch(() => undefined))))
  }

  /** Loads the published client metadata and makes a client of it. A loopback id is read without any network. */
  static async load(options: BrowserOAuthClientLoadOptions): Promise<BrowserOAuthClient> {
    const { clientId, signal, ...others } = options
    const clientMetadata = await this.fetchMetadata({ clientId, signal, fetch: others.fetch })
    return new this({ ...others, clientMetadata })
  }

  /** Loads the published client metadata, and judges it. */
  static async fetchMetadata({
    clientId,
    fetch,
    signal,
  }: {
    /** The URL of the document. */
    clientId: string
    /** Calls the network in place of `globalThis.fetch`. */
    fetch?: Fetch
    /** Aborts the loading. */
    signal?: AbortSignal
  }): Promise<OAuthClientMetadata> {
    const abortion = signal && rejectWhenAborted(signal)
    try {
      signal?.throwIfAborted()
      const core = await loadCore()
      const loaded = core.Client.loadMetadata(String(clientId), fetch)
      return await Promise.race([loaded, ...(abortion ? [abortion.promise] : [])])
    } catch (error) {
      return rethrow(error)
    } finally {
      abortion?.stop()
    }
  }

  /**
   * Finishes a sign-in whose answer is in the page's address, or else restores the session of the account that was used
   * last. `undefined`: nobody is signed in. Call it once, when the page loads; calls that overlap share one outcome.
   */
  init(refresh?: boolean): Promise<Initialized | undefined> {
    initializing ??= this.#init(refresh).finally(() => {
      initializing = undefined
    })
    return initializing
  }

  async #init(refresh?: boolean): Promise<Initialized | undefined> {
    const params = this.readCallbackParams()
    const early = params ? undefined : await this.#early(storedActive() ?? '', refresh)
    if (early) return { session: early }
    const found = await this.#call('init', [refresh], params)
    if (found === undefined) return undefined
    return 'session' in found ? this.#outcome(found) : { session: this.#session(found) }
  }

  /** Restores the session of the account that was used last. `undefined`: there is none. */
  async initRestore(refresh?: boolean): Promise<{ session: OAuthSession } | undefined> {
    const early = await this.#early(storedActive() ?? '', refresh)
    if (early) return { session: early }
    const session = await this.#call('initRestore', [refresh])
    return session && { session: this.#session(session) }
  }

  /**
   * The active account's session as it is stored, which makes requests before the core is there: an app shows its user a
   * download earlier. `undefined` where the core is there, or has more to do than to look at the session; that it does
   * later.
   */
  async #early(sub: string, refresh?: boolean): Promise<OAuthSession | undefined> {
    // On `localhost`, the core may have to leave the page first.
    const isForCore = this.#made || this.#disposed || refresh || globalThis.location?.hostname === 'localhost'
    if (isForCore || !isAtprotoDid(sub) || sub !== storedActive() || !areAccepted(optionsText(this.#options))) return undefined
    const reading = storedGrant(sub, String(this.clientMetadata.client_id))
    this.#reading = reading
    const stored = await reading
    if (!stored || this.#disposed) return undefined
    const restore = () => this.#takeUp(sub, refresh)
    return new OAuthSession({ ...stored, did: sub, restore }, this.#options.fetch)
  }

  /** Has the core restore a session that the app has been given already. */
  async #takeUp(sub: AtprotoDid, refresh?: boolean): Promise<Session> {
    try {
      return await this.#call('restore', [sub, refresh])
    } catch (error) {
      // An ending of before it was there, it takes for one that the app has heard of. What the app's hook throws is no
      // answer to the request that waits.
      if (saysSessionIsOver(error)) await this.#tellDeleted(sub, error).catch(() => undefined)
      throw error
    }
  }

  /** Finishes a sign-in, by default the one whose answer is in the page's address. */
  async initCallback(
    params = this.readCallbackParams(),
    redirectUri?: string,
  ): Promise<{ session: OAuthSession; state: string | null }> {
    const text = params?.toString()
    return this.#outcome(await this.#call('initCallback', [text, redirectUri], params))
  }

  /** The app's client metadata: what was given, or that of a page under development. */
  get clientMetadata(): Readonly<OAuthClientMetadata> {
    const { clientMetadata } = this.#options
    return clientMetadata ?? atprotoLoopbackClientMetadata(buildLoopbackClientId(globalThis.location))
  }

  /** Where the authorization server puts its answer. */
  get responseMode(): OAuthResponseMode {
    return this.#options.responseMode ?? 'fragment'
  }

  /**
   * Where sessions are kept. `memory`: the browser gives this page no storage, so that they end with it, and only a
   * popup can sign in. It is settled when `init` resolves; `durable` until then.
   */
  get persistence(): Persistence {
    return this.#made?.durable === false ? 'memory' : 'durable'
  }

  /** The app's public keys. A browser app has none. */
  get jwks(): { readonly keys: readonly never[] } {
    return { keys: [] }
  }

  /** What finds accounts: the app's own resolver, or the client's. */
  get identityResolver(): IdentityResolver {
    return (
      this.#options.identityResolver ?? {
        resolve: async (identifier, { signal, noCache = false } = {}) => {
          signal?.throwIfAborted()
          const found = await this.#call('resolveIdentity', [String(identifier), noCache])
          signal?.throwIfAborted()
          return found
        },
      }
    )
  }

  /** The redirect URI that this page is, if it is one; what the answer adds to the address does not count. */
  findRedirectUrl(): string | undefined {
    const { origin, pathname } = globalThis.location ?? {}
    return this.clientMetadata.redirect_uris.find((uri) => {
      const url = new URL(uri)
      return url.origin === origin && url.pathname === pathname
    })
  }

  /** Does nothing, as in the official client: a prepared sign-in that is not gone through with expires by itself. */
  async abortRequest(_authorizeUrl: URL): Promise<void> {}

  /** The answer to an authorization request in the page's address; `null` where there is none. */
  readCallbackParams(): URLSearchParams | null {
    const { location } = globalThis
    if (!location) return null
    const params = new URLSearchParams(this.responseMode === 'query' ? location.search : location.hash.slice(1))
    return params.has('state') && (params.has('code') || params.has('error')) ? params : null
  }

  /**
   * Signs a user in, by redirect or, with `display: 'popup'`, in a popup.
   *
   * @param input - a handle, a DID, or the URL of a PDS or authorization server
   */
  async signIn(input: string, options?: PopupOptions): Promise<OAuthSession> {
    return options?.display === 'popup' ? this.signInPopup(input, options) : this.signInRedirect(input, options)
  }

  /**
   * Signs a user in by leaving for the authorization server's page. It never resolves, and rejects if the user comes
   * back without an answer; the answer itself is for `init` on the page that the server redirects to.
   */
  async signInRedirect(input: string, options?: AuthorizeOptions): Promise<never> {
    return this.#begin('signIn', input, options)
  }

  /**
   * Signs a user in through a popup, and resolves to the session. Call it in the click: browsers block a popup that
   * opens later. The page that the server redirects the popup to calls `init` as ever, which throws a
   * {@link LoginContinuedInParentWindowError} there.
   */
  async signInPopup(input: string, options?: PopupOptions): Promise<OAuthSession> {
    const features = options?.popupFeatures ?? 'width=600,height=600,menubar=no,toolbar=no'
    const popup = window.open('about:blank', options?.popupName ?? '_blank', features)
    if (!popup) throw popupBlocked()
    popup.focus()
    try {
      const giveUp = { name: 'Error', message: 'Aborted' }
      const session = await this.#begin('signInPopup', input, { display: 'popup', ...options }, [popup], giveUp)
      return this.#session(session)
    } catch (error) {
      // The core closes it too, unless it could not even be loaded.
      popup.close()
      throw error
    }
  }

  /** Prepares a sign-in and resolves to the URL to send the user to. */
  async authorize(input: string, options?: AuthorizeOptions): Promise<URL> {
    return new URL(await this.#begin('authorize', input, options))
  }

  /**
   * Finishes the sign-in that an answer belongs to.
   *
   * @param params - the parameters that came to the redirect URI
   */
  async callback(
    params: URLSearchParams,
    options?: { redirect_uri?: string },
  ): Promise<{ session: OAuthSession; state: string | null }> {
    const text = params.toString()
    return this.#outcome(await this.#call('callback', [text, options?.redirect_uri], params))
  }

  /**
   * Restores the session of an account. Needs no network while its access token lives.
   *
   * @param sub - the account's DID
   * @param refresh - `true` to refresh its tokens now, `false` to leave them as they are
   */
  async restore(sub: string, refresh?: boolean | 'auto'): Promise<OAuthSession> {
    const mode = refresh === 'auto' ? undefined : refresh
    const early = await this.#early(sub, mode)
    return early ?? this.#session(await this.#call('restore', [String(sub), mode]))
  }

  /** Ends the session of an account. Resolves where there is none. */
  async revoke(sub: string): Promise<void> {
    await this.#call('revoke', [String(sub)])
  }

  /**
   * The accounts that are signed in here, by this client or another, and those that were; most recently used first.
   *
   * An account whose session ended stays on the list, signed out, until it is forgotten.
   */
  async accounts(): Promise<Account[]> {
    const accounts = await this.#call('accounts', [])
    return accounts.map(({ signedIn, lastUsed, ...facts }) => ({
      ...facts,
      status: signedIn ? 'signed-in' : 'signed-out',
      ...(lastUsed === undefined ? {} : { lastUsed: new Date(lastUsed) }),
    }))
  }

  /** The account that was used last, in whatever tab: the one that `init` restores. */
  get active(): AtprotoDid | undefined {
    const active = this.#made ? this.#made.active : storedActive()
    return isAtprotoDid(active) ? active : undefined
  }

  /**
   * Restores the session of an account and makes it the active one.
   *
   * Rejects where the account is signed out; `error.loginHint` is then what to give `signIn`.
   */
  async switchTo(did: string): Promise<OAuthSession> {
    return this.restore(did)
  }

  /** Signs an account out, if it is signed in, and removes it from the list of accounts. */
  async forget(did: string): Promise<void> {
    await this.#call('forget', [String(did)])
  }

  /** Closes the database and stops hearing the other tabs. */
  async dispose(): Promise<void> {
    this.#disposed = true
    this.#tabs?.close()
    this.#made?.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose()
  }

  override addEventListener<K extends keyof SessionEventMap>(
    type: K,
    listener: ((event: SessionEventMap[K]) => void) | null,
    options?: AddEventListenerOptions | boolean,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void
  override addEventListener(
    type: string,
    listener: ((event: never) => void) | EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    super.addEventListener(type, listener as EventListener | null, options)
  }

  #ready(): Promise<Client> {
    this.#core ??= this.#make()
    return this.#core
  }

  async #make(): Promise<Client> {
    const options = coreOptions(this.#options)
    const { refreshIn, fetch } = this.#options
    try {
      const core = await loadCore()
      const client = new core.Client(
        {
          ...options,
          refreshIn,
          resolvers: ownResolvers(this.#options),
          renew: this.#renewer(options),
          tabs: this.#tabs?.channel,
        },
        fetch,
        (sub: AtprotoDid, facts: CoreTokenFacts) => this.#tellUpdated(sub, facts),
        (sub: AtprotoDid, details: ErrorDetails) => this.#tellDeleted(sub, toError(details)),
        () => this.dispatchEvent(new Event('changed')),
      )
      accept(optionsText(this.#options))
      // One that was disposed of before it could be made refuses to work all the same.
      if (this.#disposed) client.dispose()
      this.#made = client
      this.#tabs?.tell()
      return client
    } catch (error) {
      // The core may load the next time; options that are wrong will be wrong again.
      this.#core = undefined
      throw error
    }
  }

  /** Asks a worker to refresh, if the app wants that and the worker can do all that this client would. */
  #renewer(options: BrowserOAuthClientOptions): ((sub: string, seen: string) => Promise<unknown>) | undefined {
    const { refreshIn: place = 'page', fetch, didResolver, identityResolver } = this.#options
    if (place === 'page' || fetch || didResolver || identityResolver) return undefined
    return async (sub, seen) => {
      const { refreshIn } = await import('./refresh-worker.js')
      // The metadata of a page under development come from its address, which is not the worker's.
      return refreshIn(place, { sub, seen, options: { ...options, clientMetadata: this.clientMetadata } })
    }
  }

  async #call<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
    params?: URLSearchParams | null,
  ): Promise<ReturnType<Operations[K]>> {
    try {
      const core = await this.#ready()
      return (await core.call(operation, args)) as ReturnType<Operations[K]>
    } catch (thrown) {
      rethrow(thrown, { params, hookError: this.#hookError })
    }
  }

  async #begin<K extends Beginning>(
    operation: K,
    input: string,
    options: AuthorizeOptions | undefined,
    more: Window[] = [],
    giveUp = { name: 'OAuthResolverError', message: `Failed to resolve identity: ${input}` },
  ): Promise<ReturnType<Operations[K]>> {
    // A value of another type in the place of a string would reach the core's memory unchecked.
    if (typeof input !== 'string') throw new TypeError('The input must be a string')
    const { signal, onProgress } = options ?? {}
    const abortion = signal && rejectWhenAborted(signal)
    try {
      signal?.throwIfAborted()
      const args = [input, forCore(options), onProgress, abortion?.promise, ...more]
      return await this.#call(operation, args as Parameters<Operations[K]>)
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error
      throw toError({
        ...giveUp,
        code: 'ABORTED',
        step: 'input',
        retryable: true,
        help: 'The app gave up; let the user try again.',
        cause: error,
      })
    } finally {
      abortion?.stop()
    }
  }

  #session(core: Session): OAuthSession {
    this.#over.delete(core.did as AtprotoDid)
    return new OAuthSession(core, this.#options.fetch)
  }

  #outcome(found: CoreOutcome): { session: OAuthSession; state: string | null } {
    return { session: this.#session(found.session), state: found.state }
  }

  async #tellUpdated(sub: AtprotoDid, { expires_at, ...facts }: CoreTokenFacts): Promise<void> {
    const session: SessionFacts = {
      tokenSet: {
        ...facts,
        token_type: 'DPoP',
        ...(expires_at === undefined ? {} : { expires_at: new Date(expires_at).toISOString() }),
      },
      authMethod: { method: 'none' },
    }
    this.#over.delete(sub)
    const { onSessionUpdated } = this.#options
    await this.#hook(() => onSessionUpdated?.(sub, session))
    this.dispatchEvent(new CustomEvent('updated', { detail: { sub, ...session } }))
  }

  async #tellDeleted(sub: AtprotoDid, cause: Error): Promise<void> {
    // It may have been noticed before another tab's word of it was heard.
    if (this.#over.has(sub)) return
    this.#over.add(sub)
    const { onSessionDeleted } = this.#options
    await this.#hook(() => onSessionDeleted?.(sub, cause))
    this.dispatchEvent(new CustomEvent('deleted', { detail: { sub, cause } }))
  }

  async #hook(call: () => void | PromiseLike<void>): Promise<void> {
    try {
      await call()
    } catch (error) {
      this.#hookError = error
      throw error
    }
  }
}
