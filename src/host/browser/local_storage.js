// `localStorage`. If it is denied, or missing as in a worker, no item exists and none is stored.

/** @param {string} name */
export function readItem(name) {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

/**
 * Writes or removes an item. Returns whether that worked.
 *
 * @param {string} name
 * @param {string} [value]
 */
export function writeItem(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
    return true
  } catch {
    return false
  }
}
