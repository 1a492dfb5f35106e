import { BrowserHost, type HostOptions } from '../../src/host/browser/host.js'
import { Tabs } from '../../src/host/browser/tabs.js'
import { checkOptions, clientMetadataOf, coreOptions, resumeClient } from './core-options.js'
import { loadCore } from './core-loader.js'
import type { Client } from './core.js'
import { type AtprotoDid, isAtprotoDid } from './did.js'
import { fromCore, rethrow } from './error-details.js'
import { ownResolvers } from './identity-resolver.js'
import { Remembered } from './local-storage.js'
import type { News } from './news.js'
import { disposed } from './own-errors.js'
import { resumed } from './resume.js'
import type { CloneableOptions, Hooks, Operations } from './seam.js'
import { OAuthSession } from './session.js'
import type { BrowserOAuthClientOptions } from './types.js'
import { whenIdle } from './when-idle.js'

/** The client in the core: loaded and made once it is needed, or the page is idle; and what goes without it till then. */
export class CoreClient {
  readonly #options: BrowserOAuthClientOptions
  readonly #news: News
  #making: Promise<Client> | undefined
  #made: Client | undefined
  /** What the other tabs say, from the start: the core may hear it later, but shall miss nothing. */
  #tabs: Tabs | undefined
  /** The reading of a session that does without the core: until then, the page is not as idle as it seems. */
  #reading: Promise<unknown> = Promise.resolve()
  /** The calls under way, which a disposed client still finishes. */
  #calls = 0
  #disposed = false

  constructor(options: BrowserOAuthClientOptions, news: News) {
    this.#options = options
    this.#news = news
    // On a server that renders the app there is nothing to load, and nothing to sign in with.
    if (globalThis.location === undefined) return
    // A turn later: to open the channel takes as long as to ask the database, which the app's first call does.
    queueMicrotask(() => {
      if (!this.#disposed) this.#tabs = new Tabs(options.storageName)
    })
    // Loading it would only hold up a session that can be had without.
    if (!this.#remembered?.active) loadCore().catch(() => undefined)
    // Whoever calls this client does not wait for that; but where nobody does, it shall still heed the other tabs.
    whenIdle(() => this.#reading.then(() => whenIdle(() => this.#disposed || this.#ready().catch(() => undefined))))
  }

  /** The core's client once it is there, for what cannot wait. */
  get made(): Client | undefined {
    return this.#made
  }

  /** The client's id; `undefined` where there are no metadata, which the core explains. */
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
    return this.#made ? this.#made.active : this.#remembered?.active
  }

  /** Does what `operation` names. What it rejects with is the app's to see. */
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
      rethrow(thrown, { params, hookError: this.#news.hookError })
    } finally {
      this.#calls--
      this.#disposeIfDone()
    }
  }

  /**
   * The active account's session as it is stored, which makes requests before the core is there: an app shows its user a
   * download earlier. `undefined` where the core is there, or has more to do than to look at the session; that it does
   * later.
   */
  async early(sub: string | undefined, refresh?: boolean): Promise<OAuthSession | undefined> {
    // On `localhost`, the core may have to leave the page first.
    const isForCore = this.#made || this.#disposed || refresh || globalThis.location?.hostname === 'localhost'
    const remembered = this.#remembered
    if (isForCore || !remembered || !isAtprotoDid(sub) || sub !== remembered.active) return undefined
    const { clientId = '' } = this
    const { storageName } = this.#options
    const reading = resumed({ sub, clientId, client: resumeClient(this.#options), storageName, remembered })
    this.#reading = reading
    const session = await reading
    if (!session || this.#disposed) return undefined
    // Another tab may have switched accounts since: what is active stays.
    const attach = () => this.call('takeUp', [sub, refresh])
    const hasEnded = () => this.#news.isOver(sub)
    return new OAuthSession({ ...session, did: sub, attach, hasEnded }, this.#options.fetch)
  }

  /** From now on nothing can be asked of it. What was begun goes on to its end. */
  dispose(): void {
    this.#disposed = true
    this.#disposeIfDone()
  }

  #disposeIfDone(): void {
    if (!this.#disposed || this.#calls) return
    this.#tabs?.close()
    this.#made?.dispose()
  }

  #ready(): Promise<Client> {
    // The core may load the next time; options that are wrong will be wrong again.
    this.#making ??= this.#make().catch((error) => {
      this.#making = undefined
      throw error
    })
    return this.#making
  }

  async #make(): Promise<Client> {
    checkOptions(this.#options)
    const { refreshIn, fetch } = this.#options
    const naming = resumeClient(this.#options).catch(() => undefined)
    const core = await loadCore()
    const options = { ...coreOptions(this.#options), resumeClient: await naming }
    const news = this.#news
    const hooks: Hooks = {
      updated: (sub, facts) => news.updated(sub, facts),
      deleted: (sub, details) => news.deleted(sub, fromCore(details)),
      changed: () => news.changed(),
    }
    const host = new BrowserHost({
      storageName: this.#options.storageName,
      fetch,
      resolvers: ownResolvers(this.#options),
      refresh: this.#refresher(options),
      hooks,
      tabs: this.#tabs,
    })
    const client = new core.Client(host, { ...options, refreshIn, resolvers: ownResolvers(this.#options) })
    this.#made = client
    this.#disposeIfDone()
    return client
  }

  /** Has a worker refresh, if the app wants that and the worker can do all that this client would. */
  #refresher(options: CloneableOptions): HostOptions['refresh'] {
    const { refreshIn: place = 'page', fetch, didResolver, identityResolver } = this.#options
    if (place === 'page' || fetch || didResolver || identityResolver) return undefined
    return async (sub: string, seen: string) => {
      const { refreshIn } = await import('./refresh-page.js')
      // The metadata of a page under development come from its address, which is not the worker's.
      return refreshIn(place, { sub, seen, options: { ...options, clientMetadata: clientMetadataOf(this.#options) } })
    }
  }
}
