// `localStorage`, as far as it is read before the core is loaded.
import { activeAccount } from '../../src/host/browser/active_account.js'
import { readItem } from '../../src/host/browser/local_storage.js'
import { type Names, names } from '../../src/host/browser/names.js'
import { keptNonce } from '../../src/host/browser/nonces.js'

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

  /** The last nonce that a server gave an account's session. */
  nonce(sub: string, origin: string): string | undefined {
    return keptNonce(this.#names, sub, origin)
  }
}
