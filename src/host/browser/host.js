// The browser as a host of the core: implements the operations of `operations.d.ts` with the modules in this folder.
//
// The constructor uses no Web API, so that a server that renders the app can make a host too.

import { AccountRecords, isOfAccounts } from './accounts.js'
import { activeAccount, setActiveAccount } from './active_account.js'
import { sendRequest } from './fetch.js'
import { Database } from './indexed_db.js'
import { readItem, writeItem } from './local_storage.js'
import { names } from './names.js'
import { noncesItem } from './nonces.js'
import { leave, listen, ownServer, pageLocation, replaceLocation } from './page.js'
import { PopupChannel, navigatePopup, openPopup, popupState } from './popup.js'
import { perform } from './rows.js'
import { Tabs } from './tabs.js'
import { digest, generate, open, sign } from './web_crypto.js'
import { Place } from './web_locks.js'

/** @import { RowStorage } from './indexed_db.js' */
/** @import { Calls, Effect, Effects, Hooks, Host, PopupMessage, ResolverKind, Resolvers, Subscriptions, TabMessageDetails } from './operations.js' */

/**
 * Options of a browser host.
 *
 * @typedef {object} HostOptions
 * @property {string} [storageName] the name of this app's own storage
 * @property {RowStorage} [storage] the app's own, in place of the database
 * @property {Function} [fetch] called in place of `globalThis.fetch`
 * @property {Resolvers} [resolvers] the app's own resolvers
 * @property {(sub: string, tokenId: string) => Promise<unknown>} [refresh] refreshes a session where that outlives the page
 * @property {Hooks} [hooks] notify the app
 * @property {Tabs} [tabs] the other tabs, if the client listens to them already
 */

/**
 * The keys and windows that the core knows by number. All hosts of a page share them, as they share storage.
 *
 * @type {Map<number, any>}
 */
const held = new Map()
let lastNumber = 0

/**
 * Makes a host for a Rust app, which has no other options.
 *
 * @param {string} [storageName]
 * @param {Function} [fetch]
 * @param {HostOptions['resolvers']} [resolvers]
 */
export const browserHost = (storageName, fetch, resolvers) => new BrowserHost({ storageName, fetch, resolvers })

/**
 * The host of one client.
 *
 * @implements {Host}
 * @implements {Calls}
 * @implements {Effects}
 * @implements {Subscriptions}
 */
export class BrowserHost {
  #options
  #names
  /** @type {RowStorage} */
  #storage
  #accounts
  #popups
  /** @type {Tabs | undefined} */
  #tabs
  /** The account used last, if it could not be stored. @type {{ did: string | null } | undefined} */
  #active
  /** The effects under way. @type {Map<number, AbortController>} */
  #effects = new Map()
  /** @type {(effect: number, failed: boolean, value: unknown) => void} */
  #deliver = () => {}

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options
    this.#names = names(options.storageName)
    this.#storage = options.storage ?? new Database(options.storageName)
    this.#accounts = new AccountRecords(this.#names)
    this.#popups = new PopupChannel(this.#names)
    this.#tabs = options.tabs
  }

  /** @param {(effect: number, failed: boolean, value: unknown) => void} deliver */
  connect(deliver) {
    this.#deliver = deliver
  }

  /**
   * Runs an operation at once. If it throws, it has no value: the core must not see an exception, which would leave it unusable.
   *
   * @param {string} operation
   * @param {string} args
   */
  call(operation, args) {
    try {
      return /** @type {any} */ (this)[operation](...JSON.parse(args))
    } catch {
      return undefined
    }
  }

  /**
   * @param {number} effect
   * @param {string} operation
   * @param {string} args
   */
  begin(effect, operation, args) {
    const controller = new AbortController()
    this.#effects.set(effect, controller)
    const { signal } = controller
    const deliver = (/** @type {unknown} */ value) => this.#deliver(effect, false, value)
    const fail = (/** @type {unknown} */ error) => this.#deliver(effect, true, error)
    try {
      /** @type {any} */ (this)[operation]({ signal, deliver }, ...JSON.parse(args))?.then(deliver, fail)
    } catch (error) {
      queueMicrotask(() => fail(error))
    }
  }

  /** @param {number} effect */
  end(effect) {
    this.#effects.get(effect)?.abort()
    this.#effects.delete(effect)
  }

  /**
   * Keeps a value that only JavaScript can keep, and returns its number for the core.
   *
   * @param {unknown} value
   */
  hold(value) {
    held.set(++lastNumber, value)
    return lastNumber
  }

  /** Holds a promise, which is settled later. */
  defer() {
    /** @type {any} */
    const deferred = {}
    deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }))
    return this.hold(deferred)
  }

  /** @param {number} deferred */
  promised(deferred) {
    return held.get(deferred).promise
  }

  /**
   * @param {number} deferred
   * @param {boolean} failed
   * @param {unknown} value
   */
  settle(deferred, failed, value) {
    const { resolve, reject } = held.get(deferred)
    held.delete(deferred)
    if (failed) reject(value)
    else resolve(value)
  }

  now() {
    return Date.now()
  }

  timeReference() {
    return ownServer()
  }

  /**
   * @param {Effect} effect
   * @param {number} milliseconds
   * @returns {Promise<void>}
   */
  sleep({ signal }, milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      signal.onabort = () => clearTimeout(timer)
    })
  }

  async generateKey() {
    return this.#describe(await generate())
  }

  /**
   * @param {Effect} _
   * @param {number} pair
   */
  async openKey(_, pair) {
    const given = held.get(pair)
    held.delete(pair)
    return this.#describe(await open(given))
  }

  /** @param {{ private: CryptoKey, x: string, y: string }} pair */
  #describe(pair) {
    return { key: this.hold(pair), x: pair.x, y: pair.y }
  }

  /**
   * @param {Effect} _
   * @param {number} key
   * @param {string} input
   */
  async sign(_, key, input) {
    return characters(await sign(held.get(key).private, octets(input)))
  }

  /**
   * @param {Effect} _
   * @param {string} data
   */
  async digest(_, data) {
    return characters(await digest(octets(data)))
  }

  /** @param {number} key */
  keyPair(key) {
    return held.get(key)?.pair
  }

  /** @param {number} key */
  privateKey(key) {
    return held.get(key)?.private
  }

  /** @param {number} number */
  release(number) {
    held.delete(number)
  }

  /**
   * @param {Effect} effect
   * @param {string} method
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {string | null} body
   * @param {boolean} revalidate
   * @param {number} milliseconds
   * @param {number} largest
   * @param {string[]} wanted
   */
  send({ signal }, method, url, headers, body, revalidate, milliseconds, largest, wanted) {
    const cache = !revalidate ? 'default' : method === 'HEAD' ? 'no-store' : 'no-cache'
    return sendRequest(this.#options.fetch, url, { method, headers, body, cache }, { signal, milliseconds, largest, wanted })
  }

  async settleStorage() {
    await this.#storage.settle?.()
  }

  isDurable() {
    return this.#storage.durable
  }

  /**
   * @param {Effect} effect
   * @param {string} operation
   * @param {'state' | 'session'} store
   * @param {string} client
   * @param {string} key
   * @param {any} row
   * @param {string | null} expected
   */
  async perform({ signal }, operation, store, client, key, row, expected) {
    await this.#storage.connect?.()
    // Store nothing for a caller that gave up while the storage was opening.
    if (signal.aborted) return undefined
    if (row) row.keyPair = held.get(row.key).pair
    delete row?.key
    const found = await perform(this.#storage, store, operation, client, key, row ?? undefined, expected ?? undefined)
    return found?.key && !signal.aborted ? { ...found, key: this.#describe(found.key) } : found
  }

  /** @param {string} client */
  activeAccount(client) {
    return this.#active ? (this.#active.did ?? undefined) : activeAccount(this.#names, client)
  }

  /**
   * If sessions are memory-only, this is kept in memory too: after a reload, a stored one would name a session that is lost.
   *
   * @param {string} client
   * @param {string | null} did
   */
  setActiveAccount(client, did) {
    const stored = this.#storage.durable && setActiveAccount(this.#names, client, did ?? undefined)
    this.#active = stored ? undefined : { did }
    return stored
  }

  /** @param {string} client */
  rememberedAccounts(client) {
    return this.#accounts.list(client)
  }

  /**
   * @param {string} client
   * @param {string} did
   * @param {object | null} account
   */
  rememberAccount(client, did, account) {
    this.#accounts.set(client, did, account ?? undefined)
  }

  /** @param {string} did */
  nonces(did) {
    return readItem(noncesItem(this.#names, did))
  }

  /**
   * @param {string} did
   * @param {string | null} nonces
   */
  setNonces(did, nonces) {
    writeItem(noncesItem(this.#names, did), nonces ?? undefined)
  }

  dispose() {
    this.#storage.dispose?.()
  }

  /**
   * @param {Effect} effect
   * @param {string} name
   */
  async lock({ signal }, name) {
    const place = new Place()
    signal.onabort = () => place.leave()
    await place.take(this.#names.lock + name)
  }

  locksSpanTabs() {
    return globalThis.navigator?.locks !== undefined
  }

  get #otherTabs() {
    return (this.#tabs ??= new Tabs(this.#options.storageName))
  }

  /** @param {Effect} effect */
  listenToTabs({ signal, deliver }) {
    const tabs = this.#otherTabs
    signal.onabort = () => tabs.close()
    tabs.listen(deliver)
  }

  /**
   * @param {string} name
   * @param {string} sub
   * @param {string | null} cause
   * @param {TabMessageDetails} details
   */
  postToTabs(name, sub, cause, details) {
    this.#otherTabs.post(name, sub, cause ?? undefined, details)
  }

  /** @param {Effect} effect */
  listenToPopups({ signal, deliver }) {
    this.#popups.listen(deliver, signal)
  }

  hasPopupChannel() {
    return this.#popups.isOpen
  }

  /** @param {PopupMessage} message */
  postToPopups(message) {
    this.#popups.post(message)
  }

  openPopup() {
    const popup = openPopup()
    return popup && this.hold(popup)
  }

  /**
   * @param {number} popup
   * @param {string} url
   */
  navigatePopup(popup, url) {
    navigatePopup(held.get(popup), url)
  }

  /** @param {number} popup */
  popupState(popup) {
    return popupState(held.get(popup))
  }

  /** @param {number} popup */
  closePopup(popup) {
    held.get(popup)?.close()
    held.delete(popup)
  }

  closeOwnWindow() {
    globalThis.close?.()
  }

  location() {
    return pageLocation()
  }

  /** @param {string} url */
  replaceLocation(url) {
    replaceLocation(url)
  }

  /**
   * @param {Effect} effect
   * @param {string} url
   */
  leave({ signal }, url) {
    return leave(url, signal)
  }

  /** @param {Effect} effect */
  listenToPage({ signal, deliver }) {
    listen('online', () => deliver(true), signal)
    listen('storage', (event) => isOfAccounts(/** @type {StorageEvent} */ (event).key) && deliver(false), signal)
  }

  /** @param {ResolverKind} kind */
  resolves(kind) {
    return typeof this.#options.resolvers?.[kind] === 'function'
  }

  /**
   * @param {Effect} effect
   * @param {ResolverKind} kind
   * @param {string} subject
   * @param {boolean} fresh
   */
  async resolve({ signal }, kind, subject, fresh) {
    return this.#options.resolvers?.[kind]?.(subject, fresh, signal)
  }

  refreshesElsewhere() {
    return this.#options.refresh !== undefined
  }

  /**
   * @param {Effect} _
   * @param {string} sub
   * @param {string} tokenId
   */
  async refresh(_, sub, tokenId) {
    return this.#options.refresh?.(sub, tokenId)
  }

  /**
   * @param {Effect} _
   * @param {number} promise
   */
  async settled(_, promise) {
    const settled = held.get(promise)
    held.delete(promise)
    return settled
  }

  /**
   * @param {number} listener
   * @param {string} step
   */
  report(listener, step) {
    held.get(listener)(step)
  }

  /**
   * @param {Effect} _
   * @param {string} sub
   * @param {any} tokens
   */
  async notifyUpdated(_, sub, tokens) {
    await this.#options.hooks?.updated(sub, tokens)
  }

  /**
   * @param {Effect} _
   * @param {string} sub
   * @param {any} details
   */
  async notifyDeleted(_, sub, details) {
    await this.#options.hooks?.deleted(sub, details)
  }

  notifyAccountsChanged() {
    this.#options.hooks?.changed()
  }
}

/** @param {string} text one character for each octet */
const octets = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** @param {ArrayBuffer} octets */
const characters = (octets) => String.fromCharCode(...new Uint8Array(octets))
