// What this tab and the others tell each other, in messages the official client understands.
//
// That client puts the whole session, tokens included, into its messages. Ours never do, and of its messages only the
// account is read.

import { Channel } from './channel.js'

const CHANNEL = '@@atproto/oauth-client-browser(synchronization-channel:2)'
/** For us alone: the official client calls what hook of the app's has this name, and apps have none. */
const ACCOUNTS = 'accountsChanged'

/** The item of `localStorage` that marks what was written before as one change. */
const CHANGE = 'atproto-oauth-wasm:change'
/** How often to look whether what a message is about can be read, and how long to wait in between, in milliseconds. */
const LOOKS = 10
const PAUSE = 10

/** @typedef {(message: { name: unknown, sub: unknown, code: unknown, words: unknown }) => void} Heard */

/** The other tabs. What they tell before there is somebody to hear it is kept. */
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
