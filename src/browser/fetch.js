// `fetch`, for the client's own requests.
//
// A custom `fetch` is called with one argument, a `Request`, as the official client calls it. Such a function may ignore
// the signal, follow redirects or never answer, so time limit, size limit and redirects are judged here and not left to
// it.

const TOO_LARGE = { name: 'TooLarge' }

/** One request: its abort signal and its time limit. */
export class Exchange {
  /** @type {AbortController | undefined} */
  #controller
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** @type {(reason?: unknown) => void} */
  #giveUp = () => {}

  /**
   * Sends the request and reads the answer: `{ status, headers, body }`. What fails is rejected with what was thrown, or an
   * object whose name is `Redirected`, `TooLarge` or `TimeoutError`.
   *
   * @param {Function | undefined} custom
   * @param {string} url
   * @param {RequestInit} init what requests differ in
   * @param {number | undefined} limit in milliseconds
   * @param {number} largest the most bytes of a body
   */
  async send(custom, url, init, limit, largest) {
    this.#controller = new AbortController()
    const { signal } = this.#controller
    const request = new Request(url, { redirect: 'manual', credentials: 'omit', referrerPolicy: 'no-referrer', signal, ...init })
    /** @type {Promise<any>} */
    const over = new Promise((_, reject) => {
      this.#giveUp = reject
      if (limit) this.#timer = setTimeout(reject, limit, { name: 'TimeoutError' })
    })
    // It is told to who waits, if anyone does.
    over.catch(() => {})
    /** @param {any} step */
    const inTime = (step) => Promise.race([step, over])

    const answer = await inTime((custom ?? globalThis.fetch).call(globalThis, request))
    const { status, type, redirected, headers } = answer ?? {}
    if (type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)) throw { name: 'Redirected' }
    // What is no answer, and the answer that stands for a network error, have no status, or 0.
    if (!(status >= 200 && status < 600)) throw Error('no response')
    if (Number(headers?.get('content-length')) > largest) throw TOO_LARGE
    const body = await read(answer, largest, inTime)
    // From here on there is nothing to abort.
    this.#controller = undefined
    return { status, headers, body }
  }

  /** Stops the clock, and aborts the request if it is under way. */
  end() {
    clearTimeout(this.#timer)
    this.#controller?.abort()
    this.#giveUp()
  }
}

/**
 * Reads a copy of an answer's body, if that is JSON, and leaves the answer as it is. Rejected where it is too large or too slow.
 *
 * @param {Response} answer
 * @param {number} largest
 * @param {number} limit in milliseconds
 */
export async function peek(answer, largest, limit) {
  if (!/[/+]json\b/i.test(answer.headers.get('content-type') ?? '')) return undefined
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, limit)
  })
  try {
    return await read(answer.clone(), largest, (step) => Promise.race([step, late]))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Counts the bytes as they come, so that an endless answer ends here.
 *
 * @param {Response} answer
 * @param {number} largest
 * @param {(step: Promise<any>) => Promise<any>} inTime
 */
async function read(answer, largest, inTime) {
  let text = ''
  if (!answer.body) {
    // No body, or a custom `fetch` whose answer has no streams.
    text = await inTime(answer.text())
    if (new Blob([text]).size > largest) throw TOO_LARGE
    return text
  }
  const reader = answer.body.getReader()
  // As `Response.text()` decodes: without a byte order mark, broken sequences replaced.
  const decoder = new TextDecoder()
  let length = 0
  for (;;) {
    const { value } = await inTime(reader.read())
    if (!(value instanceof Uint8Array)) return text + decoder.decode()
    length += value.length
    if (length > largest) {
      // Not waited for: that of a copy is cancelled only with the other one.
      reader.cancel().catch(() => {})
      throw TOO_LARGE
    }
    text += decoder.decode(value, { stream: true })
  }
}
