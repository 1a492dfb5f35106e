import { rejectWhenAborted } from './abortion.js'
import { HandleResolverError } from './handle-resolver.js'
import { message } from './sentences.js'

/** How long a resolver may take if it is used without a client, in milliseconds: the same as a client's default. */
const LONGEST = 10_000
/** The largest response that is read, in bytes: the same as for the client's own requests. */
const LARGEST = 256 * 1024

/**
 * Does work within a time limit: until `given` is aborted, which a client does at its own time limit, or for 10 s without
 * `given`. The work's signal is aborted at the end in any case, so that no request outlives the work.
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

/** The text of a response of at most 256 KiB. */
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
    // Nothing reads the rest.
    reader.cancel().catch(() => undefined)
    throw error
  }
}

/** The JSON value in a response; rejects if there is none. */
export async function readJson(response: Response, what: string): Promise<unknown> {
  const text = await readText(response)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HandleResolverError(what, { cause })
  }
}
