/// <reference lib="esnext.disposable" preserve="true" />
import { rejectWhenAborted } from './abortion.js'
import { BrowserHost } from '../../src/host/browser/host.js'
import { callbackParams } from './callback-params.js'
import { CoreClient } from './core-client.js'
import { loadCore } from './core-loader.js'
import { clientMetadataOf, coreAuthorizeOptions } from './core-options.js'
import type { CoreSession } from './core.js'
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { type ErrorDetails, rethrow, toError } from './error-details.js'
import type { IdentityResolver } from './identity-resolver.js'
import { Notifications } from './notifications.js'
import { argumentInvalid, optionInvalid, pageOnly } from './own-errors.js'
import { openPopup } from './popup.js'
import type { CoreOutcome, Operations, SignInOperation } from './seam.js'
import { OAuthSession } from './session.js'
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
} from './types.js'

/** A finished sign-in. `state` is the text that the app gave, or `null`. */
type SignedIn = { session: OAuthSession; state: string | null }

/** The result of `init`. `state` is present only after a sign-in. */
type Initialized = { session: OAuthSession; state?: never } | SignedIn

/**
 * The sign-ins that `init` is finishing on this page, by client id and storage name. Only one client can use the authorization
 * response in the page's address. Another client of the same app, such as that of a component that is mounted twice, waits for
 * the result and restores its own session.
 */
const finishing = new Map<string, Promise<Initialized | undefined>>()

/**
 * Signs users of the AT Protocol in to a browser app.
 *
 * The constructor returns at once, and the WebAssembly core loads in the background. If an option is invalid, the first call
 * rejects.
 */
export class BrowserOAuthClient extends EventTarget {
  readonly #options: BrowserOAuthClientOptions
  readonly #notifications: Notifications
  readonly #core: CoreClient
  #initializing: Promise<Initialized | undefined> | undefined

  constructor(options: BrowserOAuthClientOptions) {
    super()
    // Missing options are invalid options: they reject the first call, and the constructor does not throw.
    this.#options = options ?? {}
    this.#notifications = new Notifications(this.#options, this)
    this.#core = new CoreClient(this.#options, this.#notifications)
  }

  /** Loads the published client metadata and creates a client with it. A loopback id needs no request. */
  static async load(options: BrowserOAuthClientLoadOptions): Promise<BrowserOAuthClient> {
    const { clientId, signal, ...others } = options ?? {}
    const clientMetadata = await this.fetchMetadata({ clientId, signal, fetch: others.fetch })
    return new this({ ...others, clientMetadata })
  }

  /** Loads the published client metadata and validates it. */
  static async fetchMetadata(options: {
    /** The URL of the document. */
    clientId: string
    /** Used in place of `globalThis.fetch`. */
    fetch?: Fetch
    /** Aborts the loading. */
    signal?: AbortSignal
  }): Promise<OAuthClientMetadata> {
    const { clientId, fetch, signal } = options ?? {}
    if (fetch != null && typeof fetch !== 'function') throw optionInvalid('fetch', fetch)
    const abortion = signal && rejectWhenAborted(signal)
    try {
      signal?.throwIfAborted()
      const core = await loadCore()
      const loaded = core.Client.loadMetadata(new BrowserHost({ fetch }), String(clientId))
      return await Promise.race([loaded, ...(abortion ? [abortion.promise] : [])])
    } catch (error) {
      return rethrow(error)
    } finally {
      abortion?.stop()
    }
  }

  /**
   * Finishes a sign-in if its authorization response is in the page's address, or else restores the session of the account
   * that was used last. Resolves to `undefined` if no account is signed in. Call it once, when the page loads; overlapping
   * calls share one result. A response that belongs to no sign-in is an error only if there is no session to restore.
   */
  init(refresh?: boolean): Promise<Initialized | undefined> {
    this.#initializing ??= this.#init(refresh).finally(() => {
      this.#initializing = undefined
    })
    return this.#initializing
  }

  async #init(refresh?: boolean): Promise<Initialized | undefined> {
    const key = JSON.stringify([this.#core.clientId, this.#options.storageName])
    const other = finishing.get(key)
    // Await nothing if there is none: of two clients that start together, the first must be in `finishing` before the second looks.
    const shared = other && (await other)
    if (shared?.state !== undefined) return this.#share(shared)
    const params = this.readCallbackParams()
    if (!params) {
      const early = await this.#core.early(this.#core.active, refresh)
      if (early) return { session: early }
    }
    const found = this.#core.call('init', [refresh], params).then((found) => this.#initialized(found))
    if (params) {
      finishing.set(key, found)
      found.catch(() => undefined).then(() => finishing.delete(key))
    }
    return found
  }

  #initialized(found: ReturnType<Operations['init']>): Initialized | undefined {
    if (found === undefined) return undefined
    return 'session' in found ? this.#outcome(found) : { session: this.#session(found) }
  }

  /** This client's own session for a sign-in that another client of the page has finished. */
  async #share({ session, state }: SignedIn): Promise<SignedIn> {
    return { session: this.#session(await this.#core.call('restore', [session.did, false])), state }
  }

  /** Restores the session of the account that was used last. Resolves to `undefined` if there is none. */
  async initRestore(refresh?: boolean): Promise<{ session: OAuthSession } | undefined> {
    const early = await this.#core.early(this.#core.active, refresh)
    if (early) return { session: early }
    const session = await this.#core.call('initRestore', [refresh])
    return session && { session: this.#session(session) }
  }

  /** Finishes a sign-in, by default the one whose authorization response is in the page's address. */
  async initCallback(
    params = this.readCallbackParams(),
    redirectUri?: string,
  ): Promise<{ session: OAuthSession; state: string | null }> {
    const text = params?.toString()
    return this.#outcome(await this.#core.call('initCallback', [text, redirectUri], params))
  }

  /** The app's client metadata: the option, or the metadata of a loopback client for a page under development. */
  get clientMetadata(): Readonly<OAuthClientMetadata> {
    return clientMetadataOf(this.#options)
  }

  /** Where the authorization server puts the parameters of its response. */
  get responseMode(): OAuthResponseMode {
    return this.#options.responseMode ?? 'fragment'
  }

  /**
   * Where sessions are kept. `memory`: the browser denies this page storage, so sessions end with the page, and only a popup
   * can sign in. `durable` until `init` has resolved; final after that.
   */
  get persistence(): Persistence {
    return this.#core.client?.durable === false ? 'memory' : 'durable'
  }

  /** The app's public keys. A browser app has none. */
  get jwks(): { readonly keys: readonly never[] } {
    return { keys: [] }
  }

  /** The identity resolver: the app's own, or the client's. */
  get identityResolver(): IdentityResolver {
    return (
      this.#options.identityResolver ?? {
        resolve: async (identifier, { signal, noCache = false } = {}) => {
          signal?.throwIfAborted()
          const found = await this.#core.call('resolveIdentity', [String(identifier), noCache])
          signal?.throwIfAborted()
          return found
        },
      }
    )
  }

  /**
   * The redirect URI of this page, if it has one. Query and fragment are ignored: the authorization response is in one of them.
   * The core is tested with the same cases, `spec/redirect-uri.json`.
   */
  findRedirectUrl(): string | undefined {
    const { location } = globalThis
    if (!location) return undefined
    return this.clientMetadata.redirect_uris?.find((uri) => {
      if (!URL.canParse(uri)) return false
      const { origin, pathname } = new URL(uri)
      return origin === location.origin && pathname === location.pathname
    })
  }

  /** Does nothing, as in the official client: a prepared sign-in that is not finished expires. */
  async abortRequest(_authorizeUrl: URL): Promise<void> {}

  /** The parameters of the authorization response in the page's address, also behind a hash router's route; `null` if there are none. */
  readCallbackParams(): URLSearchParams | null {
    const { location } = globalThis
    return location ? callbackParams(location, this.responseMode) : null
  }

  /**
   * Signs a user in, by redirect or, with `display: 'popup'`, in a popup.
   *
   * @param input - a handle, a DID, or the URL of a PDS or authorization server, as people type and paste it
   */
  async signIn(input: string, options?: PopupOptions): Promise<OAuthSession> {
    return options?.display === 'popup' ? this.signInPopup(input, options) : this.signInRedirect(input, options)
  }

  /**
   * Signs a user in by redirecting this page to the authorization server. It never resolves, and rejects if the user comes back
   * without a response. The page that the server redirects to handles the response with `init`.
   */
  async signInRedirect(input: string, options?: AuthorizeOptions): Promise<never> {
    if (globalThis.document === undefined) throw pageOnly('Only a page can leave for the authorization server')
    return this.#begin('signIn', input, options)
  }

  /**
   * Signs a user in through a popup, and resolves to the session. Call it in the handler of the click: browsers block a popup
   * that opens later. The page that the server redirects the popup to calls `init` as usual; there it rejects with a
   * {@link LoginContinuedInParentWindowError}.
   */
  async signInPopup(input: string, options?: PopupOptions): Promise<OAuthSession> {
    const popup = openPopup(options)
    try {
      const abortDetails = { name: 'Error', message: 'Aborted' }
      const session = await this.#begin('signInPopup', input, { display: 'popup', ...options }, [popup], abortDetails)
      return this.#session(session)
    } catch (error) {
      // The core closes the popup too, unless it failed to load.
      popup.close()
      throw error
    }
  }

  /** Prepares a sign-in and resolves to the URL of the authorization request. */
  async authorize(input: string, options?: AuthorizeOptions): Promise<URL> {
    return new URL(await this.#begin('authorize', input, options))
  }

  /**
   * Finishes the sign-in that an authorization response belongs to.
   *
   * @param params - the parameters of the response, as the redirect URI received them
   */
  async callback(
    params: URLSearchParams,
    options?: { redirect_uri?: string },
  ): Promise<{ session: OAuthSession; state: string | null }> {
    if (params == null) throw argumentInvalid('params', 'a URLSearchParams', params)
    const text = params.toString()
    return this.#outcome(await this.#core.call('callback', [text, options?.redirect_uri], params))
  }

  /**
   * Restores the session of an account. Needs no network while its access token is valid.
   *
   * @param sub - the account's DID
   * @param refresh - `true` to refresh the tokens now, `false` not to refresh them
   */
  async restore(sub: string, refresh?: boolean | 'auto'): Promise<OAuthSession> {
    const mode = refresh === 'auto' ? undefined : refresh
    const early = await this.#core.early(sub, mode)
    return early ?? this.#session(await this.#core.call('restore', [String(sub), mode]))
  }

  /** Ends the session of an account. Resolves also if there is none. */
  async revoke(sub: string): Promise<void> {
    await this.#core.call('revoke', [String(sub)])
  }

  /**
   * The accounts that are or were signed in here, by this client or another one, most recently used first.
   *
   * When a session ends, its account stays in the list as signed out, until `forget` removes it.
   */
  async accounts(): Promise<Account[]> {
    const accounts = await this.#core.call('accounts', [])
    return accounts.map(({ signedIn, lastUsed, ...facts }) => ({
      ...facts,
      status: signedIn ? 'signed-in' : 'signed-out',
      ...(lastUsed === undefined ? {} : { lastUsed: new Date(lastUsed) }),
    }))
  }

  /** The account that was used last in any tab: the one that `init` restores. */
  get active(): AtprotoDid | undefined {
    const { active } = this.#core
    return isAtprotoDid(active) ? active : undefined
  }

  /**
   * Restores the session of an account and makes it the active one.
   *
   * Rejects if the account is signed out; then pass `error.loginHint` to `signIn`.
   */
  async switchTo(did: string): Promise<OAuthSession> {
    return this.restore(did)
  }

  /** Signs an account out, if it is signed in, and removes it from the list of accounts. */
  async forget(did: string): Promise<void> {
    await this.#core.call('forget', [String(did)])
  }

  /**
   * Closes the database and stops listening to other tabs. Operations under way still finish, and sessions still work; later calls
   * of the client reject.
   */
  async dispose(): Promise<void> {
    this.#core.dispose()
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

  async #begin<K extends SignInOperation>(
    operation: K,
    input: string,
    options: AuthorizeOptions | undefined,
    more: Window[] = [],
    abortDetails: Partial<ErrorDetails> = { key: 'RESOLVING', what: 'identity', subject: input },
  ): Promise<ReturnType<Operations[K]>> {
    // Anything but a string would reach the core's memory unchecked.
    if (typeof input !== 'string') throw argumentInvalid('input', 'a string', input)
    const { signal, onProgress } = options ?? {}
    const abortion = signal && rejectWhenAborted(signal)
    try {
      signal?.throwIfAborted()
      const args = [input, coreAuthorizeOptions(options), onProgress, abortion?.promise, ...more]
      return await this.#core.call(operation, args as Parameters<Operations[K]>)
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error
      throw toError({
        ...abortDetails,
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

  #session(core: CoreSession): OAuthSession {
    this.#notifications.started(core.did as AtprotoDid)
    return new OAuthSession(core, this.#options.fetch)
  }

  #outcome(found: CoreOutcome): { session: OAuthSession; state: string | null } {
    return { session: this.#session(found.session), state: found.state }
  }
}
