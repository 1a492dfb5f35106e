// The items of `localStorage` that are read before the core is loaded.
import { activeAccount } from '../../src/host/browser/active_account.js'
import { readItem } from '../../src/host/browser/local_storage.js'
import { type Names, names } from '../../src/host/browser/names.js'
import { storedNonce } from '../../src/host/browser/nonces.js'

/** What `localStorage` holds for one client. For use until the core is loaded, which also knows what storage did not take. */
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

  /** The last nonce that an account's session received from a server. */
  nonce(sub: string, origin: string): string | undefined {
    return storedNonce(this.#names, sub, origin)
  }
}
