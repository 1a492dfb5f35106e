import { optionInvalid } from './own-errors.js'

/** A promise that rejects when the signal is aborted, and a function that removes its listener. */
export function rejectWhenAborted(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  if (typeof signal.addEventListener !== 'function') throw optionInvalid('signal', signal)
  let abort = () => {}
  const promise = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  promise.catch(() => undefined)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return { promise, stop: () => signal.removeEventListener('abort', abort) }
}
