// `BroadcastChannel`: messages to other tabs and to popups.

/**
 * One `BroadcastChannel`. If the host has no such class, it sends and receives nothing. Posting and listening use the same
 * object, since a `BroadcastChannel` does not receive its own messages.
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
   * Posts a message, also after `close`: an operation that began before may end after it.
   *
   * @param {unknown} data
   */
  post(data) {
    const channel = this.#open ?? open(this.#name)
    channel?.postMessage(data)
  }

  /**
   * Listens until the returned function is called.
   *
   * @param {(data: any) => void} handle
   */
  listen(handle) {
    const listener = (/** @type {MessageEvent} */ { data }) => handle(data)
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
