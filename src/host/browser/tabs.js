// The messages between the tabs of an origin, in the official client's format.

import { Channel } from './broadcast_channel.js'
import { changeReadable, markChange } from './change_mark.js'
import { names } from './names.js'

/**
 * `ended`: the account whose session's end has changed the list of accounts.
 *
 * @typedef {(message: { name: unknown, sub: unknown, client: unknown, code: unknown, words: unknown, ended: unknown }) => void} Heard
 */

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
      // What is about no account is about the list of them, and comes with the mark of the change.
      if (typeof about !== 'string' || !about.startsWith('did:')) await changeReadable(this.#change, about)
      this.#heard({ name, sub: about, client: ours?.client, code: ours?.code, words: ours?.words, ended: ours?.ended })
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
   * @param {{ client: string, code?: string, words?: string, ended?: string }} ours whose session it is, and of an end, why it came
   */
  post(name, sub, cause, ours) {
    // The official client hands the second argument to the app as the cause; the third is for us alone, since a structured
    // clone strips an error of everything but its message.
    this.#channel.post({ name, args: [sub || markChange(this.#change), cause === undefined ? undefined : new Error(cause), ours] })
  }

  close() {
    this.#heard = () => {}
    this.#channel.close()
  }
}
