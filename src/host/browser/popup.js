// Popup windows, and the messages between a popup and the page that opened it. They use a `BroadcastChannel`, which an opener
// policy does not cut, unlike `window.opener`. The messages are the official client's.

import { Channel } from './broadcast_channel.js'

const FEATURES = 'width=600,height=600,menubar=no,toolbar=no'

/** Opens a blank popup; returns `undefined` if the browser blocks it. */
export function openPopup() {
  const popup = globalThis.open?.('about:blank', '_blank', FEATURES)
  if (!popup) return undefined
  disown(popup)
  popup.focus()
  return popup
}

/**
 * Navigates a popup to a URL.
 *
 * @param {Window} popup
 * @param {string} url
 */
export function navigatePopup(popup, url) {
  // Again: a popup that was reused by its name may have shown another server's page when it was opened.
  disown(popup)
  try {
    popup.location.href = url
  } catch {
    // The user has closed it.
  }
}

/**
 * The state of a popup: `own` or `foreign`, by the origin of its page; `gone`; or `hidden` if it reports that it is closed but
 * the focus has not come back. Then an opener policy of its page may only hide it from us.
 *
 * @param {Window} popup
 */
export function popupState(popup) {
  // A window that the user closes gives the focus back. A window whose page hides it from us keeps the focus.
  if (popup.closed) return globalThis.document?.hasFocus() === false ? 'hidden' : 'gone'
  try {
    // Reading the address of a page of another origin throws.
    return popup.location.href === undefined ? 'foreign' : 'own'
  } catch {
    return 'foreign'
  }
}

/**
 * Removes the popup's reference to the app's window: otherwise any page that the popup shows could navigate the app's window.
 *
 * @param {Window} popup
 */
function disown(popup) {
  try {
    popup.opener = null
  } catch {
    // It shows another server's page. `navigatePopup` tries again, and then replaces that page.
  }
}

/** @typedef {import('./operations.js').PopupMessage} PopupMessage */

/** The channel between popups and the pages that opened them. It is open from its first use until its last listener is removed. */
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
      // The official client, which listens too, ignores messages without `result` or `ack`.
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
    const stop = channel.listen((data) => {
      const message = read(Object(data))
      if (message) listener(message)
    })
    this.#listeners++
    signal.onabort = () => {
      stop()
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
