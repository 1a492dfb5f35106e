import { rejectWhenAborted } from './abortion.js'
import { HandleResolverError } from './handle-resolver.js'
import { message } from './sentences.js'

/** How long a resolver that is used without a client may take, in milliseconds: as long as a client's takes by default. */
const LONGEST = 10_000
/** The largest answer that is read, in bytes: that of the client's own requests. */
const LARGEST = 256 * 1024

/**
 * Does work that ends in time: when `given` is aborted, as a client does when its time limit is over; without `given`, after
 * 10 s. The signal that the work is given is aborted when all is over, so that no request outlives it.
 */
export async function inTime<T>(given: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  given?.throwIfAborted()
  const controller = new AbortController()
  const { signal } = controller
  const abortion = rejectWhenAborted(signal)
  const abort = () => controller.abort(given?.reason)
  given?.addEventListener('abort', abort)
  const late = () => controller.abort(new HandleResolverError(message('NETWORK_TIMEOUT', {}), { code: 'NETWORK_TIMEOUT' }))
  const timer = given ? undefined : setTimeout(late, LONGEST)
  try {
    // A custom `fetch` may ignore the signal.
    return await Promise.race([work(signal), abortion.promise])
  } finally {
    clearTimeout(timer)
    given?.removeEventListener('abort', abort)
    abortion.stop()
    controller.abort()
  }
}

/** The text of an answer, of 256 KiB at most. */
export async function readText(response: Response): Promise<string> {
  const check = (size: number) => {
    if (size > LARGEST) throw new HandleResolverError(message('RESPONSE_TOO_LARGE', {}), { code: 'RESPONSE_TOO_LARGE' })
  }
  check(Number(response.headers.get('content-length')))
  if (!response.body) {
    const text = await response.text()
    check(new Blob([text]).size)
    return text
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return text + decoder.decode()
      check((size += value.length))
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    // Nobody reads on.
    reader.cancel().catch(() => undefined)
    throw error
  }
}

/** The JSON value that an answer holds; rejects where it holds none. */
export async function readJson(response: Response, what: string): Promise<unknown> {
  const text = await readText(response)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HandleResolverError(what, { cause })
  }
}
