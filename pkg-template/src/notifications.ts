import type { AtprotoDid } from './did.js'
import type { CoreTokenFacts } from './seam.js'
import type { BrowserOAuthClientOptions, SessionFacts } from './types.js'

/** Notifies the app of changes to its sessions: by its hooks first, then by the client's events. The core calls it once per change. */
export class Notifications {
  readonly #options: BrowserOAuthClientOptions
  readonly #events: EventTarget
  /** The accounts whose last notification was the end of their session. */
  readonly #ended = new Set<AtprotoDid>()
  #hookError: unknown

  constructor(options: BrowserOAuthClientOptions, events: EventTarget) {
    this.#options = options
    this.#events = events
  }

  /** The error that the app's own hook threw. The call that ran the hook rejects with it. */
  get hookError(): unknown {
    return this.#hookError
  }

  /** Whether the app was notified that the account's session has ended. */
  hasEnded(sub: AtprotoDid): boolean {
    return this.#ended.has(sub)
  }

  /** Records that the app has a session of this account. */
  started(sub: AtprotoDid): void {
    this.#ended.delete(sub)
  }

  async updated(sub: AtprotoDid, { expires_at, ...facts }: CoreTokenFacts): Promise<void> {
    this.started(sub)
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
    this.#ended.add(sub)
    const { onSessionDeleted } = this.#options
    await this.#hook(() => onSessionDeleted?.(sub, cause))
    this.#events.dispatchEvent(new CustomEvent('deleted', { detail: { sub, cause } }))
  }

  /** The list of accounts or the active account has changed. */
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
