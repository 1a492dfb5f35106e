import { BrowserHost, type HostOptions } from '../../src/host/browser/host.js'
import { Tabs } from '../../src/host/browser/tabs.js'
import { checkOptions, clientMetadataOf, coreOptions, resumeClient } from './core-options.js'
import { loadCore } from './core-loader.js'
import type { Client } from './core.js'
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { fromCore, rethrow } from './error-details.js'
import { ownResolvers } from './identity-resolver.js'
import { Remembered } from './local-storage.js'
import type { Notifications } from './notifications.js'
import { disposed } from './own-errors.js'
import { resumed } from './resume.js'
import type { CloneableOptions, Hooks, Operations } from './seam.js'
import { OAuthSession } from './session.js'
import type { BrowserOAuthClientOptions } from './types.js'
import { whenIdle } from './when-idle.js'

/** The client in the core, loaded when it is first needed or the page is idle; until then, it serves what needs no core. */
export class CoreClient {
  readonly #options: BrowserOAuthClientOptions
  readonly #notifications: Notifications
  #loading: Promise<Client> | undefined
  #loaded: Client | undefined
  /** Collects the messages of other tabs from the start, so that the core misses none that arrive while it loads. */
  #tabs: Tabs | undefined
  /** The reading of an early session from storage. Until it is done, the page is not idle. */
  #reading: Promise<unknown> = Promise.resolve()
  /** The number of calls under way, which a disposed client still finishes. */
  #calls = 0
  #disposed = false

  constructor(options: BrowserOAuthClientOptions, notifications: Notifications) {
    this.#options = options
    this.#notifications = notifications
    // A server that renders the app loads nothing and signs nobody in.
    if (globalThis.location === undefined) return
    // A turn later, after the app's first call has started to read the database: opening the channel takes as long as that.
    queueMicrotask(() => {
      if (!this.#disposed) this.#tabs = new Tabs(options.storageName)
    })
    // If there may be an early session, loading the core now would only delay it.
    if (!this.#remembered?.active) loadCore().catch(() => undefined)
    // A call loads the core at once. Without any call, the core loads when the page is idle, to handle the messages of other tabs.
    whenIdle(() => this.#reading.then(() => whenIdle(() => this.#disposed || this.#ready().catch(() => undefined))))
  }

  /** The core's client, if it is loaded. */
  get client(): Client | undefined {
    return this.#loaded
  }

  /** The client's id; `undefined` if there is no metadata, for which the core gives the error. */
  get clientId(): string | undefined {
    try {
      return String(clientMetadataOf(this.#options).client_id)
    } catch {
      return undefined
    }
  }

  get #remembered(): Remembered | undefined {
    const { clientId } = this
    return clientId === undefined ? undefined : new Remembered(clientId, this.#options.storageName)
  }

  /** The account that was used last. */
  get active(): string | undefined {
    return this.#loaded ? this.#loaded.active : this.#remembered?.active
  }

  /** Calls an operation of the core. Rejects with an error for the app. */
  async call<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
    params?: URLSearchParams | null,
  ): Promise<ReturnType<Operations[K]>> {
    if (this.#disposed) throw disposed()
    this.#calls++
    try {
      const client = await this.#ready()
      return await client.call(operation, args)
    } catch (thrown) {
      rethrow(thrown, { params, hookError: this.#notifications.hookError })
    } finally {
      this.#calls--
      this.#disposeIfDone()
    }
  }

  /**
   * The active account's session as it is stored. It makes requests before the core is loaded, so that an app shows content
   * one download earlier. Resolves to `undefined` if the core is loaded already or has to do more than to read the session.
   */
  async early(sub: string | undefined, refresh?: boolean): Promise<OAuthSession | undefined> {
    // On `localhost`, the core may have to leave the page first.
    const needsCore = this.#loaded || this.#disposed || refresh || globalThis.location?.hostname === 'localhost'
    const remembered = this.#remembered
    if (needsCore || !remembered || !isAtprotoDid(sub) || sub !== remembered.active) return undefined
    const { clientId = '' } = this
    const { storageName, storage } = this.#options
    const client = resumeClient(this.#options)
    const reading = resumed({ sub, clientId, client, storageName, storage, remembered })
    this.#reading = reading
    const session = await reading
    if (!session || this.#disposed) return undefined
    // `attach` leaves the active account unchanged: another tab may have switched accounts since.
    const attach = () => this.call('attach', [sub, refresh])
    const hasEnded = () => this.#notifications.hasEnded(sub)
    return new OAuthSession({ ...session, did: sub, attach, hasEnded }, this.#options.fetch)
  }

  /** Later calls reject. Calls under way still finish. */
  dispose(): void {
    this.#disposed = true
    this.#disposeIfDone()
  }

  #disposeIfDone(): void {
    if (!this.#disposed || this.#calls) return
    this.#tabs?.close()
    this.#loaded?.dispose()
  }

  #ready(): Promise<Client> {
    // The next call tries again: the core may load then. Invalid options fail again.
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  async #load(): Promise<Client> {
    checkOptions(this.#options)
    const { refreshIn, fetch, storage } = this.#options
    const ticketClient = resumeClient(this.#options).catch(() => undefined)
    const core = await loadCore()
    const options = { ...coreOptions(this.#options), resumeClient: await ticketClient }
    const notifications = this.#notifications
    const hooks: Hooks = {
      updated: (sub, facts) => notifications.updated(sub, facts),
      deleted: (sub, details) => notifications.deleted(sub, fromCore(details)),
      changed: () => notifications.changed(),
    }
    const host = new BrowserHost({
      storageName: this.#options.storageName,
      storage,
      fetch,
      resolvers: ownResolvers(this.#options),
      refresh: this.#refresher(options),
      hooks,
      tabs: this.#tabs,
    })
    const client = new core.Client(host, { ...options, refreshIn, resolvers: ownResolvers(this.#options) })
    this.#loaded = client
    this.#disposeIfDone()
    return client
  }

  /** Refreshes in a worker, if the app wants that and the worker can do the same as this client. */
  #refresher(options: CloneableOptions): HostOptions['refresh'] {
    const { refreshIn: place = 'page', fetch, storage, didResolver, identityResolver } = this.#options
    if (place === 'page' || fetch || storage || didResolver || identityResolver) return undefined
    return async (sub: string, seen: string) => {
      const { refreshIn } = await import('./refresh-page.js')
      // The metadata of a page under development depends on the page's address, which the worker does not have.
      return refreshIn(place, { sub, seen, options: { ...options, clientMetadata: clientMetadataOf(this.#options) } })
    }
  }
}
