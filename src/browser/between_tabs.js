// What passes between the tabs of an origin: a lock, by Web Locks, or by a queue within the page where there are none; and
// messages, by channels, to the other tabs and to popups.

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

const CHANNEL = '@@atproto/oauth-client-browser(synchronization-channel:2)'
/** For us alone: the official client calls what hook of the app's has this name, and apps have none. */
const ACCOUNTS = 'accountsChanged'

/** The item of `localStorage` that marks what was written before as one change. */
const CHANGE = 'atproto-oauth-wasm:change'
/** How often to look whether what a message is about can be read, and how long to wait in between, in milliseconds. */
const LOOKS = 10
const PAUSE = 10

/** @typedef {(message: { name: unknown, sub: unknown, code: unknown, words: unknown }) => void} Heard */

/**
 * The other tabs, in messages the official client understands. What they tell before there is somebody to hear it is kept.
 *
 * That client puts the whole session, tokens included, into its messages. Ours never do, and of its messages only the
 * account is read.
 */
export class Tabs {
  #channel = new Channel(CHANNEL)
  /** @type {Parameters<Heard>[0][]} */
  #kept = []
  /** @type {Heard} */
  #heard = (message) => this.#kept.push(message)

  constructor() {
    this.#listen()
  }

  #listen() {
    this.#channel.hear(async (data) => {
      const { name, args } = Object(data)
      const { 0: about, 2: ours } = Object(args)
      if (name === ACCOUNTS) await readable(about)
      this.#heard({ name, sub: about, code: ours?.code, words: ours?.words })
    })
  }

  /** @param {Heard} heard */
  hear(heard) {
    if (!this.#channel.isOpen) {
      this.#channel = new Channel(CHANNEL)
      this.#listen()
    }
    this.#heard = heard
    for (const message of this.#kept.splice(0)) heard(message)
  }

  /**
   * @param {string} name
   * @param {string} sub the account; nobody's is the list of accounts
   * @param {string} [cause] of an end, in the words the app sees
   * @param {{ code: string, words?: string }} [end]
   */
  post(name, sub, cause, end) {
    // The official client hands the second argument to the app as the cause; the third is for us alone, since a structured
    // clone strips an error of everything but its message.
    this.#channel.post({ name, args: [sub || marked(), ...(end ? [new Error(cause), end] : [])] })
  }

  close() {
    this.#heard = () => {}
    this.#channel.close()
  }
}

/** Marks what was written to `localStorage` so far as one change; the mark. */
function marked() {
  const mark = String(Math.random())
  try {
    localStorage.setItem(CHANGE, mark)
  } catch {
    // Then nothing else was written there either.
  }
  return mark
}

/**
 * Waits until a marked change can be read here: browsers do not promise that what is written before a message is sent is
 * there when it arrives, and a tab that asks who is active now must not be given the answer of before the change. Later
 * changes have other marks, and are told by themselves.
 *
 * @param {unknown} mark
 */
async function readable(mark) {
  for (let look = 0; look < LOOKS && !shows(mark); look++) await new Promise((done) => setTimeout(done, PAUSE))
}

/** @param {unknown} mark */
function shows(mark) {
  try {
    return !mark || localStorage.getItem(CHANGE) === mark
  } catch {
    // There is nothing to wait for.
    return true
  }
}
