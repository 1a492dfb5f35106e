// Web Locks, or a queue within the page where there are none.

/**
 * For every lock name, the promise of the one who asked last in this page. Shared by all clients of the page.
 *
 * @type {Map<string, Promise<unknown>>}
 */
const last = new Map()

/** A place in the queue for a lock, then the lock itself. */
export class Place {
  #controller = new AbortController()
  #leave = () => {}

  /**
   * Resolves once the lock is held. `navigator.locks` hands one to a callback and keeps it until the promise which that
   * returns is settled.
   *
   * @param {string} name
   */
  async take(name) {
    const { signal } = this.#controller
    /** @type {Promise<void>} */
    const left = new Promise((resolve) => (this.#leave = resolve))
    try {
      await new Promise((resolve, reject) => {
        const grant = () => {
          resolve(undefined)
          return left
        }
        navigator.locks.request(name, { signal }, grant).catch(reject)
      })
    } catch {
      // There are no Web Locks, or they refuse (a frame without an origin of its own), unless it was left already.
      if (!signal.aborted) await this.#queue(name)
    }
  }

  /**
   * The page's own queue, first come first served: whoever comes next waits for this one's promise.
   *
   * @param {string} name
   */
  #queue(name) {
    const before = last.get(name)
    // A promise resolved by another follows it: whoever waits behind a waiter that has gone now waits for the one before.
    last.set(name, new Promise((resolve) => (this.#leave = () => resolve(before))))
    return before
  }

  /** Out of the queue, or released. */
  leave() {
    // Before the abort: should the grant be under way already, its callback then returns a settled promise.
    this.#leave()
    this.#controller.abort()
  }
}
