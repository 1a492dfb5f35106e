// What one case has to itself: a network, clients whose traces are removed afterwards, and a clock.
import { ALICE, AS, Network, PLC, RESOLVER, SCOPE } from './network.js'
import { rejected, until } from './expect.js'

const DATABASE = '@atproto-oauth-client'
export const POINTER = '@@atproto/oauth-client-browser(sub)'
export const POPUP_CHANNEL = '@@atproto/oauth-client-browser(popup-channel)'
export const POPUP_STATE = '@@atproto/oauth-client-browser(popup-state):'
export const SYNC_CHANNEL = '@@atproto/oauth-client-browser(synchronization-channel:2)'

const settle = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

export class World {
  network = new Network()
  /** Every hook call of this case's clients: `{ hook, sub, data }`. */
  hooks = []
  #clients = []
  #undo = []

  constructor(lib) {
    this.lib = lib
    history.replaceState(null, '', '/')
    this.redirectUri = `${location.origin}/`
  }

  /** The metadata of a client that redirects to this page. */
  metadata(change = {}) {
    const id = `http://localhost?scope=${encodeURIComponent(SCOPE)}&redirect_uri=${encodeURIComponent(this.redirectUri)}`
    return { client_id: id, redirect_uris: [this.redirectUri], scope: SCOPE, response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none', application_type: 'native',
      dpop_bound_access_tokens: true, ...change }
  }

  options(change = {}) {
    const options = {
      clientMetadata: this.metadata(), handleResolver: RESOLVER, plcDirectoryUrl: PLC, fetch: this.network.fetch,
      onSessionUpdated: (sub, data) => { this.hooks.push({ hook: 'updated', sub, data }) },
      onSessionDeleted: (sub, data) => { this.hooks.push({ hook: 'deleted', sub, data }) },
      ...change,
    }
    // An option that is absent is not the same as one that is undefined, to a schema.
    for (const key of Object.keys(options)) if (options[key] === undefined) delete options[key]
    return options
  }

  client(change) {
    const client = new this.lib.BrowserOAuthClient(this.options(change))
    this.#clients.push(client)
    return client
  }

  /** What is thrown for options that are wrong: by the constructor, or by the first call that is awaited. */
  configurationError(change) {
    return rejected(async () => this.client(change).initRestore(), 'a client with these options')
  }

  metadataError(change) {
    return this.configurationError({ clientMetadata: this.metadata(change) })
  }

  /** The `state` that the last pushed request named. */
  get state() {
    return this.network.to('par').at(-1)?.form.state
  }

  /** The answer of the authorization server to the last request. `undefined` takes a parameter away. */
  answer(change = {}) {
    const params = { state: this.state, iss: AS, code: 'code-1', ...change }
    return new URLSearchParams(Object.entries(params).filter(([, value]) => value !== undefined))
  }

  /** A whole sign-in, with no page but this. */
  async signIn({ client = this.client(), input = ALICE.handle, options = {}, answer = {} } = {}) {
    await client.authorize(input, options)
    const { session, state } = await client.callback(this.answer(answer))
    return { client, session, state }
  }

  /** A sign-in that is over, with nothing of it in the log and the hooks. */
  async signedIn(given) {
    const found = await this.signIn(given)
    this.forget()
    return found
  }

  /** Starts the log and the list of hook calls afresh. */
  forget() {
    this.network.log.length = 0
    this.hooks.length = 0
  }

  get told() {
    return this.hooks.map(({ hook, sub, data }) => (hook === 'deleted' ? `deleted ${sub} ${this.className(data)}` : `updated ${sub}`))
  }

  /** The name under which the package exports an error's class; the class's own name may be minified. */
  className(error) {
    const exported = Object.keys(this.lib).find((name) => this.lib[name] === error?.constructor)
    return exported ?? [TypeError, AggregateError, DOMException, Error].find((native) => error?.constructor === native)?.name ?? 'another'
  }

  /** Replaces a property until the case is over. */
  replace(object, name, value) {
    const own = Object.getOwnPropertyDescriptor(object, name)
    Object.defineProperty(object, name, { value, configurable: true, writable: true })
    this.#undo.unshift(() => {
      if (own) Object.defineProperty(object, name, own)
      else delete object[name]
    })
  }

  /** Lets time pass for whoever asks what time it is. Timers keep their pace. */
  later(ms) {
    const now = Date.now
    const RealDate = Date
    this.replace(globalThis, 'Date', class extends RealDate {
      constructor(...given) {
        super(...(given.length ? given : [now() + ms]))
      }

      static now() {
        return now() + ms
      }
    })
  }

  /** Hears a channel, as another tab would. */
  hear(name) {
    const channel = new BroadcastChannel(name)
    const heard = []
    channel.onmessage = ({ data }) => heard.push(data)
    this.#undo.unshift(() => channel.close())
    return { heard, post: (data) => channel.postMessage(data) }
  }

  get pointer() {
    return localStorage.getItem(POINTER)
  }

  /** Works on the stored rows without going through a client: `work(store, settle)`. */
  async store(name, work, mode = 'readwrite') {
    if (!(await indexedDB.databases()).some((found) => found.name === DATABASE)) return undefined // opening would create it
    const database = await settle(indexedDB.open(DATABASE))
    try {
      return await work(database.transaction(name, mode).objectStore(name), settle)
    } finally {
      database.close()
    }
  }

  /** The rows of a store, by their key. */
  async rows(name) {
    return await this.store(name, async (store) => {
      const [keys, values] = await Promise.all([settle(store.getAllKeys()), settle(store.getAll())])
      return Object.fromEntries(keys.map((key, at) => [key, values[at]]))
    }, 'readonly') ?? {}
  }

  /** Empties the caches of documents, as a minute would. */
  async forgetDocuments() {
    for (const cache of ['handleCache', 'didCache', 'protectedResourceMetadataCache', 'authorizationServerMetadataCache']) {
      await this.store(cache, (store) => store.clear())
    }
  }

  /** Changes the stored session of an account: its row, or nothing to delete it. */
  changeSession(did, change) {
    return this.store('session', async (store) => {
      const row = change(await settle(store.get(did)))
      await settle(row ? store.put(row, did) : store.delete(did))
    })
  }

  /** Moves the end of the stored access token. */
  expireIn(seconds, did = ALICE.did) {
    return this.changeSession(did, (row) => {
      const at = Date.now() + seconds * 1000
      row.value.tokenSet.expires_at = new Date(at).toISOString()
      // The core writes both at once: a page without it may send until a minute before the end.
      if (row.value.extra?.resume) row.value.extra.resume.until = at - 60_000
      return row
    })
  }

  until(check, what) {
    return until(check, what)
  }


  async end() {
    for (const undo of this.#undo) undo()
    // A client that could not be made has nothing to dispose of.
    for (const client of this.#clients) await client.dispose?.()
    localStorage.clear()
    history.replaceState(null, '', '/')
    const known = (await indexedDB.databases()).find(({ name }) => name === DATABASE)
    if (!known) return
    const database = await settle(indexedDB.open(DATABASE))
    const names = [...database.objectStoreNames]
    if (names.length) {
      const transaction = database.transaction(names, 'readwrite')
      await Promise.all(names.map((name) => settle(transaction.objectStore(name).clear())))
    }
    database.close()
  }
}
