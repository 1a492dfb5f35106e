// A mark in `localStorage`, to detect whether this tab can read what another tab wrote before it sent a message.

import { writeItem } from './local_storage.js'

/** How often to look for the mark of a change, and how long to wait in between, in milliseconds. */
const LOOKS = 10
const PAUSE = 10

/**
 * Writes a new mark after a change to `localStorage`, and returns it.
 *
 * @param {string} item
 */
export function markChange(item) {
  const mark = String(Math.random())
  // If the mark cannot be written, the change was not written either.
  writeItem(item, mark)
  return mark
}

/**
 * Waits until this tab can read a marked change. Browsers do not guarantee that a message arrives after what was written before
 * it, and a tab that reads the active account at the message must not get the former one. Later changes have marks and messages
 * of their own.
 *
 * @param {string} item
 * @param {unknown} mark
 */
export async function changeReadable(item, mark) {
  for (let look = 0; look < LOOKS && !shows(item, mark); look++) await new Promise((done) => setTimeout(done, PAUSE))
}

/**
 * @param {string} item
 * @param {unknown} mark
 */
function shows(item, mark) {
  try {
    return !mark || localStorage.getItem(item) === mark
  } catch {
    // Storage is denied: there is nothing to wait for.
    return true
  }
}
