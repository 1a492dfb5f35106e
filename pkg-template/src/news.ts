import type { AtprotoDid } from './did.js'
import type { CoreTokenFacts } from './seam.js'
import type { BrowserOAuthClientOptions, SessionFacts } from './types.js'

/** What an app is told of its sessions, by its hooks first, then by its client's events; the core sees to it that it is told once. */
export class News {
  readonly #options: BrowserOAuthClientOptions
  readonly #events: EventTarget
  /** The accounts of whose session's end the app was told. */
  readonly #over = new Set<AtprotoDid>()
  #hookError: unknown

  constructor(options: BrowserOAuthClientOptions, events: EventTarget) {
    this.#options = options
    this.#events = events
  }

  /** What the app's own hook threw: it rejects the call that the hook was part of, as it is. */
  get hookError(): unknown {
    return this.#hookError
  }

  /** Whether the app was told that the account's session is over. */
  isOver(sub: AtprotoDid): boolean {
    return this.#over.has(sub)
  }

  /** The app has a session of this account. */
  begun(sub: AtprotoDid): void {
    this.#over.delete(sub)
  }

  async updated(sub: AtprotoDid, { expires_at, ...facts }: CoreTokenFacts): Promise<void> {
    this.begun(sub)
    const session: SessionFacts = {
      tokenSet: {
        ...facts,
        token_type: 'DPoP',
        ...(expires_at === undefined ? {} : { expires_at: new Date(expires_at).toISOString() }),
      },
      authMethod: { method: 'none' },
    }
    const { onSessionUpdated } = this.#options
    await this.#hook(() => onSessionUpdated?.(sub, session))
    this.#events.dispatchEvent(new CustomEvent('updated', { detail: { sub, ...session } }))
  }

  async deleted(sub: AtprotoDid, cause: Error): Promise<void> {
    this.#over.add(sub)
    const { onSessionDeleted } = this.#options
    await this.#hook(() => onSessionDeleted?.(sub, cause))
    this.#events.dispatchEvent(new CustomEvent('deleted', { detail: { sub, cause } }))
  }

  /** The list of accounts, or which of them is active. */
  changed(): void {
    this.#events.dispatchEvent(new Event('changed'))
  }

  async #hook(call: () => void | PromiseLike<void>): Promise<void> {
    try {
      await call()
    } catch (error) {
      this.#hookError = error
      throw error
    }
  }
}
