// Popup windows, and the messages between a popup and the page that opened it. Opener policies do not cut the channel that
// these go over, as they cut `window.opener`. The messages are the official client's.

import { Channel } from './broadcast_channel.js'

const FEATURES = 'width=600,height=600,menubar=no,toolbar=no'

/** Opens a blank popup; `undefined` where the browser does not. */
export function openPopup() {
  const popup = globalThis.open?.('about:blank', '_blank', FEATURES)
  if (!popup) return undefined
  disown(popup)
  popup.focus()
  return popup
}

/**
 * Sends a popup to an address.
 *
 * @param {Window} popup
 * @param {string} url
 */
export function navigatePopup(popup, url) {
  // Again: a popup that was opened before, by its name, may not have been blank when it was disowned.
  disown(popup)
  try {
    popup.location.href = url
  } catch {
    // The user has closed it.
  }
}

/**
 * What can be told of a popup: `own` or `foreign` by whose page it shows, `gone`, or `hidden`: it is said to be closed, but the
 * focus has not come back, so that its page may only be hidden from us.
 *
 * @param {Window} popup
 */
export function popupState(popup) {
  // A window that the user closed gives the focus back; one whose new page only hides it from us keeps it.
  if (popup.closed) return globalThis.document?.hasFocus() === false ? 'hidden' : 'gone'
  try {
    // Reading where a page of another origin is throws.
    return popup.location.href === undefined ? 'foreign' : 'own'
  } catch {
    return 'foreign'
  }
}

/**
 * Takes the app's window from the popup's reach: otherwise any page that the popup comes to could send it elsewhere.
 *
 * @param {Window} popup
 */
function disown(popup) {
  try {
    popup.opener = null
  } catch {
    // It shows another server's page, which `navigatePopup` ends.
  }
}

/** @typedef {import('./operations.js').PopupMessage} PopupMessage */

/** The channel between popups and the pages that opened them. It is open from its first use until its last listener has gone. */
export class PopupChannel {
  #name
  /** @type {Channel | undefined} */
  #channel
  #listeners = 0

  /** @param {import('./names.js').Names} names */
  constructor({ popup }) {
    this.#name = popup
  }

  get #open() {
    return (this.#channel ??= new Channel(this.#name))
  }

  /** @param {PopupMessage} message */
  post({ key, params, did, failure, failureParams }) {
    if (params !== undefined) {
      // The official client, which listens too, takes no message without `result` or `ack`.
      this.#open.post({ key, params })
    } else if (did !== undefined) {
      this.#open.post({ key, result: { status: 'fulfilled', value: did } })
    } else if (failure !== undefined) {
      const reason = { message: failure, params: [...new URLSearchParams(failureParams)] }
      this.#open.post({ key, result: { status: 'rejected', reason } })
    } else {
      this.#open.post({ key, ack: true })
    }
  }

  /** Whether there are channels at all. */
  get isOpen() {
    return this.#open.isOpen
  }

  /**
   * Listens, until the signal is aborted.
   *
   * @param {(message: PopupMessage) => void} listener
   * @param {AbortSignal} signal
   */
  listen(listener, signal) {
    const channel = this.#open
    const end = channel.hear((data) => {
      const message = read(Object(data))
      if (message) listener(message)
    })
    this.#listeners++
    signal.onabort = () => {
      end()
      if (--this.#listeners) return
      channel.close()
      this.#channel = undefined
    }
  }
}

/**
 * @param {any} data
 * @returns {PopupMessage | undefined}
 */
function read({ key, ack, params, result }) {
  if (typeof key !== 'string') return undefined
  if (ack) return { key }
  if (typeof params === 'string') return { key, params }
  const { status, value, reason } = Object(result)
  if (status === 'fulfilled' && typeof value === 'string') return { key, did: value }
  if (status !== 'rejected' || typeof reason?.message !== 'string' || !Array.isArray(reason.params)) return undefined
  const pairs = reason.params.filter((/** @type {unknown} */ pair) => Array.isArray(pair) && pair.length === 2)
  return { key, failure: reason.message, failureParams: new URLSearchParams(pairs).toString() }
}
