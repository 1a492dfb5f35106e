// What the tabs of an origin share beside the database: a lock, by Web Locks, or by a queue within the page where there are none;
// messages, by channels, to the other tabs and to popups; and which account each client used last, in `localStorage`.

/**
 * What the things that tabs share are called: those of the official client by its names, so that either finds what the other
 * left, and the others by ours. An app that gives a name has all of them to itself.
 *
 * @param {string} [storageName]
 */
export const names = (storageName) => {
  const [lock, client, items] = storageName
    ? [storageName, storageName, storageName]
    : ['@atproto-oauth-client', '@@atproto/oauth-client-browser', 'atproto-oauth-wasm']
  return {
    /** An account's DID follows. */
    lock: `${lock}-`,
    channel: `${client}(synchronization-channel:2)`,
    popup: `${client}(popup-channel)`,
    /** The item of `localStorage` that says which account was used last, by whatever client. */
    active: `${client}(sub)`,
    /** What our own items of `localStorage` begin with. */
    items: `${items}:`,
  }
}

/** @typedef {ReturnType<typeof names>} Names */

/**
 * For every lock name, the promise of the one who asked last in this page. Shared by all clients of the page.
 *
 * @type {Map<string, Promise<unknown>>}
 */
const last = new Map()

/** A place in the queue for a lock, then the lock itself. */
export class Place {
  #controller = new AbortController()
  #leave = () => {}

  /**
   * Resolves once the lock is held. `navigator.locks` hands one to a callback and keeps it until the promise which that
   * returns is settled.
   *
   * @param {string} name
   */
  async take(name) {
    const { signal } = this.#controller
    /** @type {Promise<void>} */
    const left = new Promise((resolve) => (this.#leave = resolve))
    try {
      await new Promise((resolve, reject) => {
        const grant = () => {
          resolve(undefined)
          return left
        }
        navigator.locks.request(name, { signal }, grant).catch(reject)
      })
    } catch {
      // There are no Web Locks, or they refuse (a frame without an origin of its own), unless it was left already.
      if (!signal.aborted) await this.#queue(name)
    }
  }

  /**
   * The page's own queue, first come first served: whoever comes next waits for this one's promise.
   *
   * @param {string} name
   */
  #queue(name) {
    const before = last.get(name)
    // A promise resolved by another follows it: whoever waits behind a waiter that has gone now waits for the one before.
    last.set(name, new Promise((resolve) => (this.#leave = () => resolve(before))))
    return before
  }

  /** Out of the queue, or released. */
  leave() {
    // Before the abort: should the grant be under way already, its callback then returns a settled promise.
    this.#leave()
    this.#controller.abort()
  }
}

/**
 * One `BroadcastChannel`; where there are none, nobody is told and nothing is heard. Posting and hearing go through one
 * object, which alone does not hear itself.
 */
export class Channel {
  #name
  #open

  /** @param {string} name */
  constructor(name) {
    this.#name = name
    this.#open = open(name)
  }

  get isOpen() {
    return this.#open !== undefined
  }

  /**
   * Tells all others, even after the end: what was begun before can be done after it.
   *
   * @param {unknown} data
   */
  post(data) {
    const channel = this.#open ?? open(this.#name)
    channel?.postMessage(data)
  }

  /**
   * Hears the others, until the returned function is called.
   *
   * @param {(data: any) => void} heard
   */
  hear(heard) {
    const listener = (/** @type {MessageEvent} */ { data }) => heard(data)
    this.#open?.addEventListener('message', listener)
    return () => this.#open?.removeEventListener('message', listener)
  }

  close() {
    this.#open?.close()
    this.#open = undefined
  }
}

/** @param {string} name */
function open(name) {
  try {
    /** @type {BroadcastChannel & { unref?(): void }} */
    const channel = new BroadcastChannel(name)
    // In Node an open channel would keep the process alive; browsers have no such method.
    channel.unref?.()
    return channel
  } catch {
    return undefined
  }
}

/** For us alone: the official client calls what hook of the app's has this name, and apps have none. */
const ACCOUNTS = 'accountsChanged'

/** How often to look whether what a message is about can be read, and how long to wait in between, in milliseconds. */
const LOOKS = 10
const PAUSE = 10

/** @typedef {(message: { name: unknown, sub: unknown, client: unknown, code: unknown, words: unknown }) => void} Heard */

/**
 * The other tabs, in messages the official client understands. What they tell before there is somebody to hear it is kept.
 *
 * That client puts the whole session, tokens included, into its messages. Ours never do, and of its messages only the
 * account is read.
 */
export class Tabs {
  #names
  #channel
  /** @type {Parameters<Heard>[0][]} */
  #kept = []
  /** @type {Heard} */
  #heard = (message) => this.#kept.push(message)

  /** @param {string} [storageName] */
  constructor(storageName) {
    this.#names = names(storageName)
    this.#channel = new Channel(this.#names.channel)
    this.#listen()
  }

  #listen() {
    this.#channel.hear(async (data) => {
      const { name, args } = Object(data)
      const { 0: about, 2: ours } = Object(args)
      if (name === ACCOUNTS) await readable(this.#change, about)
      this.#heard({ name, sub: about, client: ours?.client, code: ours?.code, words: ours?.words })
    })
  }

  /** The item of `localStorage` that marks what was written before as one change. */
  get #change() {
    return `${this.#names.items}change`
  }

  /** @param {Heard} heard */
  hear(heard) {
    if (!this.#channel.isOpen) {
      this.#channel = new Channel(this.#names.channel)
      this.#listen()
    }
    this.#heard = heard
    for (const message of this.#kept.splice(0)) heard(message)
  }

  /**
   * @param {string} name
   * @param {string} sub the account; nobody's is the list of accounts
   * @param {string | undefined} cause of an end, in the words the app sees
   * @param {{ client: string, code?: string, words?: string }} ours whose session it is, and of an end, why it came
   */
  post(name, sub, cause, ours) {
    // The official client hands the second argument to the app as the cause; the third is for us alone, since a structured
    // clone strips an error of everything but its message.
    this.#channel.post({ name, args: [sub || marked(this.#change), cause === undefined ? undefined : new Error(cause), ours] })
  }

  close() {
    this.#heard = () => {}
    this.#channel.close()
  }
}

/**
 * Marks what was written to `localStorage` so far as one change; the mark.
 *
 * @param {string} item
 */
function marked(item) {
  const mark = String(Math.random())
  // Where this is not written, nothing else was either.
  write(item, mark)
  return mark
}

/**
 * Waits until a marked change can be read here: browsers do not promise that what is written before a message is sent is
 * there when it arrives, and a tab that asks who is active now must not be given the answer of before the change. Later
 * changes have other marks, and are told by themselves.
 *
 * @param {string} item
 * @param {unknown} mark
 */
async function readable(item, mark) {
  for (let look = 0; look < LOOKS && !shows(item, mark); look++) await new Promise((done) => setTimeout(done, PAUSE))
}

/**
 * @param {string} item
 * @param {unknown} mark
 */
function shows(item, mark) {
  try {
    return !mark || localStorage.getItem(item) === mark
  } catch {
    // There is nothing to wait for.
    return true
  }
}

/**
 * The account that a client used last; `undefined` where it is not known.
 *
 * The official client's item is for all apps of the origin, so each of our clients has one of its own beside it, and believes
 * the common one where no other of ours has written that: then the official client of the same app has.
 *
 * @param {Names} names
 * @param {string} client
 * @returns {string | undefined}
 */
export function activeAccount(names, client) {
  const own = read(ownActive(names, client))
  const common = read(names.active)
  const isCommon = common !== undefined && common !== own && !isOfAnother(names, client, common)
  return isCommon ? common : own
}

/**
 * Remembers the account that a client used last, or that there is none; whether it is stored.
 *
 * @param {Names} names
 * @param {string} client
 * @param {string} [did]
 */
export function setActiveAccount(names, client, did) {
  const own = ownActive(names, client)
  const before = read(own)
  const stored = write(own, did)
  if (did !== undefined) return write(names.active, did) && stored
  const common = read(names.active)
  const isOurs = common !== undefined && (common === before || before === undefined) && !isOfAnother(names, client, common)
  return isOurs ? write(names.active) && stored : stored
}

/**
 * @param {Names} names
 * @param {string} client
 */
const ownActive = ({ items }, client) => `${items}active:${client}`

/**
 * Whether the account is the one that another of our clients used last.
 *
 * @param {Names} names
 * @param {string} client
 * @param {string} did
 */
function isOfAnother(names, client, did) {
  const own = ownActive(names, client)
  const isActive = (/** @type {string} */ name) => name.startsWith(ownActive(names, '')) && name !== own
  return Object.keys(globalThis.localStorage ?? {}).some((name) => isActive(name) && read(name) === did)
}

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

/**
 * Writes an item, or removes it; whether that was done.
 *
 * @param {string} name
 * @param {string} [value]
 */
function write(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
    return true
  } catch {
    return false
  }
}
