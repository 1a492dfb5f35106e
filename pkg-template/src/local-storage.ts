// `localStorage`, which a page may be denied: then there is nothing in it, and nothing is put into it.
import { activeAccount } from '../../src/browser/active_account.js'
import { type Names, names } from '../../src/browser/names.js'

/** The core's own limit: a header of any length is refused by servers. */
const LONGEST_NONCE = 1_024

function readItem(name: string): string | null {
  try {
    return globalThis.localStorage?.getItem(name) ?? null
  } catch {
    return null
  }
}

function writeItem(name: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(name, value)
  } catch {
    // What is not remembered is worked out anew.
  }
}

/** What `localStorage` says for one client, while the core, which knows better where storage is denied, is not there. */
export class Remembered {
  readonly #names: Names
  readonly #clientId: string

  /** `storageName`: as in the client's options. */
  constructor(clientId: string, storageName?: string) {
    this.#names = names(storageName)
    this.#clientId = clientId
  }

  /** The account that was used last. */
  get active(): string | undefined {
    return activeAccount(this.#names, this.#clientId)
  }

  /** The last nonce that a server gave an account's session: the core keeps them (`src/client/exchange/prover.rs`), a line for each server. */
  nonce(sub: string, origin: string): string | undefined {
    const lines = readItem(`${this.#names.items}nonces:${sub}`)?.split('\n')
    const nonce = lines?.find((line) => line.startsWith(`${origin} `))?.slice(origin.length + 1)
    return nonce && nonce.length <= LONGEST_NONCE ? nonce : undefined
  }

  /** Whether the core has accepted these options the last time. */
  areAccepted(options: string | undefined): boolean {
    return readItem(this.#accepted) === options
  }

  /** The core has accepted these options. */
  accept(options: string | undefined): void {
    if (options && !this.areAccepted(options)) writeItem(this.#accepted, options)
  }

  get #accepted(): string {
    return `${this.#names.items}accepted:${this.#clientId}`
  }
}
