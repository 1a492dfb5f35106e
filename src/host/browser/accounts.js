// What a client remembers about each account, in `localStorage`: no secrets. Records that cannot be stored are kept in memory,
// for this page only.

import { readItem, writeItem } from './local_storage.js'

/** Followed by an account's DID and the client id. One item for each account, so that tabs do not overwrite each other's records. */
const ACCOUNT = 'account:'

/** The account records of all clients of an origin. */
export class AccountRecords {
  #prefix
  /** The items that could not be stored. They take precedence over stored items. @type {Map<string, string>} */
  #unstored = new Map()

  /** @param {import('./names.js').Names} names */
  constructor({ items }) {
    this.#prefix = items + ACCOUNT
  }

  /**
   * The records of a client's accounts as they were written, each with its `did`.
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
   * Writes or removes the record of an account.
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
 * Whether a change of an item may concern the accounts.
 *
 * @param {string | null} name the item's name; `null` if all items were removed
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
