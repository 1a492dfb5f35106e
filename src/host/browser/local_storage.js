// `localStorage`, which a page may be denied: then no item exists, and none is stored. A worker has none.

/** @param {string} name */
export function readItem(name) {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

/**
 * Writes an item, or removes it; whether that was done.
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
