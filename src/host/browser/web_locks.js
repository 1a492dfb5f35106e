// Web Locks, or a queue within the page if there are none.

/**
 * For every lock name, the promise that the next place in this page's queue waits for. All clients of the page share it.
 *
 * @type {Map<string, Promise<unknown>>}
 */
const last = new Map()

/** A place in the queue for a lock, then the lock itself. */
export class Place {
  #controller = new AbortController()
  #leave = () => {}

  /**
   * Resolves once the lock is held. `navigator.locks` calls a callback with the lock, and holds it until the promise that the
   * callback returns settles.
   *
   * @param {string} name
   */
  async take(name) {
    const { signal } = this.#controller
    /** @type {Promise<void>} */
    const left = new Promise((resolve) => (this.#leave = resolve))
    try {
      await new Promise((resolve, reject) => {
        const hold = () => {
          resolve(undefined)
          return left
        }
        navigator.locks.request(name, { signal }, hold).catch(reject)
      })
    } catch {
      // Web Locks are missing or denied (in a frame with an opaque origin), unless `leave` was called.
      if (!signal.aborted) await this.#queue(name)
    }
  }

  /**
   * Joins the page's own queue: the next place waits for this one's promise.
   *
   * @param {string} name
   */
  #queue(name) {
    const before = last.get(name)
    // A promise resolved with another promise follows it: if a place is left while it waits, the next place waits for the one before.
    last.set(name, new Promise((resolve) => (this.#leave = () => resolve(before))))
    return before
  }

  /** Leaves the queue, or releases the lock. */
  leave() {
    // Before the abort: if the callback is about to run, it then returns a settled promise.
    this.#leave()
    this.#controller.abort()
  }
}
