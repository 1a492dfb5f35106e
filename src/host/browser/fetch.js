// `fetch`, for the client's own requests.
//
// A custom `fetch` is called with one argument, a `Request`, as the official client calls it. Such a function may ignore the
// signal, follow redirects or never respond, so this file enforces the time limit, the size limit and the rule for redirects.

/** Limits for reading the body of a 400 or 401 in search of `use_dpop_nonce`: its size in bytes, the time in milliseconds. */
const LARGEST_COPY = 10 * 1024
const COPY_PATIENCE = 5_000

const TOO_LARGE = { name: 'TooLarge' }

/**
 * Sends a request and reads the response. Rejects with the error of `fetch`, or with an object whose `name` is `Redirected`,
 * `TooLarge` or `TimeoutError`.
 *
 * @param {Function | undefined} custom
 * @param {string} url
 * @param {RequestInit} init the options that differ from one request to another
 * @param {{ signal: AbortSignal, milliseconds: number, largest: number, wanted: string[] }} limits the time limit, 0 for none; the
 *   most bytes of a body; the names of the headers to read
 * @returns {Promise<import('./operations.js').ReceivedResponse>}
 */
export async function sendRequest(custom, url, init, { signal, milliseconds, largest, wanted }) {
  const controller = new AbortController()
  const request = new Request(url, {
    redirect: 'manual',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal: controller.signal,
    ...init,
  })
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {Promise<any>} */
  const ended = new Promise((_, reject) => {
    signal.onabort = () => {
      clearTimeout(timer)
      controller.abort()
      reject()
    }
    if (milliseconds) timer = setTimeout(reject, milliseconds, { name: 'TimeoutError' })
  })
  try {
    // Avoid an unhandled rejection when nothing races against this promise.
    ended.catch(() => {})
    /** @param {any} step */
    const inTime = (step) => Promise.race([step, ended])

    const response = await inTime((custom ?? globalThis.fetch).call(globalThis, request))
    const { status, type, redirected, headers } = response ?? {}
    if (type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)) throw { name: 'Redirected' }
    // The status is missing if this is not a response, and 0 for `Response.error()`.
    if (!(status >= 200 && status < 600)) throw Error('no response')
    if (Number(headers?.get('content-length')) > largest) throw TOO_LARGE
    const body = await read(response, largest, inTime)
    return { status, body, headers: Object.fromEntries(wanted.map((name) => [name, headers?.get(name) ?? undefined])) }
  } catch (error) {
    // Nothing waits for the rest of the response.
    controller.abort()
    throw error
  } finally {
    signal.onabort = null
    clearTimeout(timer)
  }
}

/**
 * Reads a copy of a response's body if it is JSON, and leaves the response itself unread. Rejects if it is too large or too slow.
 *
 * @param {Response} response
 */
export async function peek(response) {
  if (!/[/+]json\b/i.test(response.headers.get('content-type') ?? '')) return undefined
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, COPY_PATIENCE)
  })
  try {
    return await read(response.clone(), LARGEST_COPY, (step) => Promise.race([step, late]))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Reads the body of a response. Counts the bytes as they arrive, to stop at an endless body.
 *
 * @param {Response} response
 * @param {number} largest
 * @param {(step: Promise<any>) => Promise<any>} inTime
 */
async function read(response, largest, inTime) {
  let text = ''
  if (!response.body) {
    // No body, or a response of a custom `fetch` without streams.
    text = String(await inTime(response.text()))
    if (new Blob([text]).size > largest) throw TOO_LARGE
    return text
  }
  const reader = response.body.getReader()
  // Decodes like `Response.text()`: drops a byte order mark, replaces invalid sequences.
  const decoder = new TextDecoder()
  let length = 0
  for (;;) {
    const { value } = await inTime(reader.read())
    if (!(value instanceof Uint8Array)) return text + decoder.decode()
    length += value.length
    if (length > largest) {
      // Do not await this: the stream of a copy is cancelled only when the original's is too.
      reader.cancel().catch(() => {})
      throw TOO_LARGE
    }
    text += decoder.decode(value, { stream: true })
  }
}
