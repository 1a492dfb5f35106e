// `fetch`, for the client's own requests.
//
// A custom `fetch` is called with one argument, a `Request`, as the official client calls it. Such a function may ignore
// the signal, follow redirects or never answer, so time limit, size limit and redirects are judged here and not left to
// it.

/** The largest body that is read in search of a demand for a nonce, in bytes; and how long that may take, in milliseconds. */
const LARGEST_COPY = 10 * 1024
const COPY_PATIENCE = 5_000

const TOO_LARGE = { name: 'TooLarge' }

/**
 * Sends a request and reads the response. What fails is rejected with what was thrown, or an object whose name is `Redirected`,
 * `TooLarge` or `TimeoutError`.
 *
 * @param {Function | undefined} custom
 * @param {string} url
 * @param {RequestInit} init what requests differ in
 * @param {{ signal: AbortSignal, milliseconds: number, largest: number, wanted: string[] }} limits when to give up, 0 for no time
 *   limit; the most bytes of a body; the headers to read
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
  const over = new Promise((_, reject) => {
    signal.onabort = () => {
      clearTimeout(timer)
      controller.abort()
      reject()
    }
    if (milliseconds) timer = setTimeout(reject, milliseconds, { name: 'TimeoutError' })
  })
  try {
    // Whoever does not race it must not be told that nobody caught it.
    over.catch(() => {})
    /** @param {any} step */
    const inTime = (step) => Promise.race([step, over])

    const response = await inTime((custom ?? globalThis.fetch).call(globalThis, request))
    const { status, type, redirected, headers } = response ?? {}
    if (type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)) throw { name: 'Redirected' }
    // What is no response, and the response that stands for a network error, have no status, or 0.
    if (!(status >= 200 && status < 600)) throw Error('no response')
    if (Number(headers?.get('content-length')) > largest) throw TOO_LARGE
    const body = await read(response, largest, inTime)
    return { status, body, headers: Object.fromEntries(wanted.map((name) => [name, headers?.get(name) ?? undefined])) }
  } catch (error) {
    // What is still under way nobody waits for.
    controller.abort()
    throw error
  } finally {
    signal.onabort = null
    clearTimeout(timer)
  }
}

/**
 * Reads a copy of a response's body, if that is JSON, and leaves the response as it is. Rejects if it is too large or too slow.
 *
 * @param {Response} answer
 */
export async function peek(answer) {
  if (!/[/+]json\b/i.test(answer.headers.get('content-type') ?? '')) return undefined
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, COPY_PATIENCE)
  })
  try {
    return await read(answer.clone(), LARGEST_COPY, (step) => Promise.race([step, late]))
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
    text = String(await inTime(answer.text()))
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
