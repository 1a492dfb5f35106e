// The page: its address and its events.

/** The page's address; `undefined` if there is no page. A worker's `location` is that of its script. */
export const pageLocation = () => (globalThis.document === undefined ? undefined : globalThis.location?.href)

/**
 * The address of this page or of this worker's script, without query and fragment, which may hold an authorization response.
 */
export function ownServer() {
  const { origin, pathname } = globalThis.location ?? {}
  return origin && pathname ? origin + pathname : undefined
}

/**
 * Changes the address of the page without loading anything and without a new history entry.
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
 * Leaves for another page at once. Resolves when this page is restored from the back/forward cache, or if it cannot leave.
 *
 * @param {string} url
 * @param {AbortSignal} signal aborted when nothing waits for the return any more
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
