// A mark in `localStorage` that tells whether what another tab wrote before a message can be read here.

import { writeItem } from './local_storage.js'

/** How often to look whether a marked change can be read, and how long to wait in between, in milliseconds. */
const LOOKS = 10
const PAUSE = 10

/**
 * Marks what was written to `localStorage` so far as one change, and returns the mark.
 *
 * @param {string} item
 */
export function markChange(item) {
  const mark = String(Math.random())
  // If the mark cannot be written, nothing else was written either.
  writeItem(item, mark)
  return mark
}

/**
 * Waits until a marked change can be read here. Browsers do not promise that what is written before a message is sent can be
 * read when the message arrives, and a tab that asks for the active account now must not get the former one. Later changes
 * have marks and messages of their own.
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
    // There is nothing to wait for.
    return true
  }
}
