// `BroadcastChannel`: messages to other tabs and to popups.

/**
 * One `BroadcastChannel`; where there are none, nobody is told and nothing is heard. Posting and hearing go through one
 * object, which alone does not hear itself.
 */
export class Channel {
  #name
  #open

  /** @param {string} name */
  constructor(name) {
    this.#name = name
    this.#open = open(name)
  }

  get isOpen() {
    return this.#open !== undefined
  }

  /**
   * Tells all others, even after the end: what was begun before can be done after it.
   *
   * @param {unknown} data
   */
  post(data) {
    const channel = this.#open ?? open(this.#name)
    channel?.postMessage(data)
  }

  /**
   * Hears the others, until the returned function is called.
   *
   * @param {(data: any) => void} heard
   */
  hear(heard) {
    const listener = (/** @type {MessageEvent} */ { data }) => heard(data)
    this.#open?.addEventListener('message', listener)
    return () => this.#open?.removeEventListener('message', listener)
  }

  close() {
    this.#open?.close()
    this.#open = undefined
  }
}

/** @param {string} name */
function open(name) {
  try {
    /** @type {BroadcastChannel & { unref?(): void }} */
    const channel = new BroadcastChannel(name)
    // In Node an open channel would keep the process alive; browsers have no such method.
    channel.unref?.()
    return channel
  } catch {
    return undefined
  }
}
