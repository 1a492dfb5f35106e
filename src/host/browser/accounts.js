// What is remembered of each account, in `localStorage`: no secrets. What cannot be stored is kept
// in memory, so that at least this page remembers.

import { readItem, writeItem } from './local_storage.js'

/** An account's DID and the client id follow. One item for each, so that no tab writes over what another wrote of another. */
const ACCOUNT = 'account:'

/** The accounts that the clients of an origin remember. */
export class AccountRecords {
  #prefix
  /** The items that storage did not take; they go before those that are stored. @type {Map<string, string>} */
  #unstored = new Map()

  /** @param {import('./names.js').Names} names */
  constructor({ items }) {
    this.#prefix = items + ACCOUNT
  }

  /**
   * The accounts of a client, as they were written, each with its `did`.
   *
   * @param {string} client
   */
  list(client) {
    const suffix = ` ${client}`
    const found = new Map()
    for (const name of [...this.#unstored.keys(), ...storedNames()]) {
      if (!name.startsWith(this.#prefix) || !name.endsWith(suffix)) continue
      const did = name.slice(this.#prefix.length, -suffix.length)
      const record = parsed(this.#unstored.get(name) ?? readItem(name))
      if (record && !found.has(did)) found.set(did, { ...record, did })
    }
    return [...found.values()]
  }

  /**
   * Writes what is known of an account, or removes it.
   *
   * @param {string} client
   * @param {string} did
   * @param {object} [record]
   */
  set(client, did, record) {
    const name = `${this.#prefix}${did} ${client}`
    const text = record && JSON.stringify(record)
    const stored = writeItem(name, text)
    if (stored || text === undefined) this.#unstored.delete(name)
    else this.#unstored.set(name, text)
  }
}

/**
 * Whether an item, by its name, may say something of the accounts.
 *
 * @param {string | null} name of no item where all are meant
 */
export const isOfAccounts = (name) => name === null || [ACCOUNT, 'active:', '(sub)'].some((part) => name.includes(part))

function storedNames() {
  try {
    return Object.keys(localStorage)
  } catch {
    return []
  }
}

/** @param {string | undefined} text */
function parsed(text) {
  try {
    const record = JSON.parse(text ?? '')
    return typeof record === 'object' && !Array.isArray(record) && record
  } catch {
    return undefined
  }
}
