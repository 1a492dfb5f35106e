// The page: its address, and what it hears from outside.

/** The page's address; `undefined` where there is no page. A worker has a `location` too: its script's. */
export const pageLocation = () => (globalThis.document === undefined ? undefined : globalThis.location?.href)

/**
 * Where this page, or this worker's script, came from, without query and fragment: a sign-in's answer can be there.
 */
export function ownServer() {
  const { origin, pathname } = globalThis.location ?? {}
  return origin && pathname ? origin + pathname : undefined
}

/**
 * Changes the address shown, without loading anything and without a new history entry.
 *
 * @param {string} url
 */
export function replaceLocation(url) {
  try {
    history.replaceState(null, '', url)
  } catch {
    // Browsers refuse too many changes in a short time, and any in a sandboxed frame.
  }
}

/**
 * Leaves for another page, at once. Resolves when this one comes back out of the back/forward cache, or if there is no page
 * that can leave for such an address.
 *
 * @param {string} url
 * @param {AbortSignal} signal of whoever waits
 * @returns {Promise<void>}
 */
export const leave = (url, signal) =>
  new Promise((resolve) => {
    try {
      listen('pageshow', (event) => /** @type {PageTransitionEvent} */ (event).persisted && resolve(), signal)
      globalThis.location.assign(url)
    } catch {
      resolve()
    }
  })

/**
 * Listens to an event of this page or worker.
 *
 * @param {string} event
 * @param {(event: Event) => void} listener
 * @param {AbortSignal} signal
 */
export const listen = (event, listener, signal) => globalThis.addEventListener?.(event, listener, { signal })
