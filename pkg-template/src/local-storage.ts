// `localStorage`, as far as it is read before the core is loaded.
import { activeAccount } from '../../src/browser/active_account.js'
import { readItem } from '../../src/browser/local_storage.js'
import { type Names, names } from '../../src/browser/names.js'

/** The core's own limit: a header of any length is refused by servers. */
const LONGEST_NONCE = 1_024

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
}
