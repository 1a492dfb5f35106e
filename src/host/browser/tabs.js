// The messages between the tabs of an origin, in the official client's format.

import { Channel } from './broadcast_channel.js'
import { changeReadable, markChange } from './change_mark.js'
import { names } from './names.js'

/**
 * `words` is an error's message. `ended` is the account whose session's end has changed the list of accounts.
 *
 * @typedef {(message: { name: unknown, sub: unknown, client: unknown, code: unknown, words: unknown, ended: unknown }) => void} Handler
 */

/**
 * The other tabs, which exchange messages that the official client understands. Messages are kept until there is a handler.
 *
 * The official client puts the whole session, tokens included, into its messages. Ours contain no tokens, and of the official
 * client's messages only the account is read.
 */
export class Tabs {
  #names
  #channel
  /** @type {Parameters<Handler>[0][]} */
  #kept = []
  /** @type {Handler} */
  #handle = (message) => this.#kept.push(message)

  /** @param {string} [storageName] */
  constructor(storageName) {
    this.#names = names(storageName)
    this.#channel = new Channel(this.#names.channel)
    this.#receive()
  }

  #receive() {
    this.#channel.listen(async (data) => {
      const { name, args } = Object(data)
      const { 0: about, 2: ours } = Object(args)
      // A message about no account is about the list of accounts, and contains the mark of the change.
      if (typeof about !== 'string' || !about.startsWith('did:')) await changeReadable(this.#change, about)
      this.#handle({ name, sub: about, client: ours?.client, code: ours?.code, words: ours?.words, ended: ours?.ended })
    })
  }

  /** The item of `localStorage` with the mark of the last change. */
  get #change() {
    return `${this.#names.items}change`
  }

  /**
   * Passes the messages kept so far and all further ones to a handler.
   *
   * @param {Handler} handle
   */
  listen(handle) {
    if (!this.#channel.isOpen) {
      this.#channel = new Channel(this.#names.channel)
      this.#receive()
    }
    this.#handle = handle
    for (const message of this.#kept.splice(0)) handle(message)
  }

  /**
   * @param {string} name
   * @param {string} sub the account; empty if the message is about the list of accounts
   * @param {string | undefined} cause the error's message as the app sees it, if a session ended
   * @param {{ client: string, code?: string, words?: string, ended?: string }} ours the client of the session, and why it ended
   */
  post(name, sub, cause, ours) {
    // The official client passes the second argument to the app as the cause. Only our clients read the third: a structured
    // clone keeps nothing of an error but its message.
    this.#channel.post({ name, args: [sub || markChange(this.#change), cause === undefined ? undefined : new Error(cause), ours] })
  }

  close() {
    this.#handle = () => {}
    this.#channel.close()
  }
}
