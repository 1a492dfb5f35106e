import { type Place, REQUEST, type RefreshRequest, type RefreshResponse } from './refresh-message.js'

/** How long a worker may take to confirm a request, in milliseconds: it may have to start and load first. */
const CONFIRMED_WITHIN = 2_000
/** How long a confirmed refresh may take, in milliseconds: longer than the time limits of its requests. */
const DONE_WITHIN = 90_000

/** The refreshes under way in workers. */
const running = new Map<string, Promise<RefreshResponse | undefined>>()

/** The places whose worker cannot refresh. No further request goes to them. */
const unable = new Set<Place>()

/** Refreshes in a worker, once for all callers that want the same tokens replaced. Resolves to `undefined` if no worker did it. */
export function refreshIn(place: Place, request: RefreshRequest): Promise<RefreshResponse | undefined> {
  if (unable.has(place)) return Promise.resolve(undefined)
  const key = `${request.sub} ${request.seen}`
  const response = running.get(key) ?? ask(place, request).finally(() => running.delete(key))
  running.set(key, response)
  return response
}

let sharedWorker: SharedWorker | undefined

async function ask(place: Place, request: RefreshRequest): Promise<RefreshResponse | undefined> {
  const { port1, port2 } = new MessageChannel()
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(resolve, CONFIRMED_WITHIN)
      port1.onmessage = ({ data }) => {
        if (data?.unable) {
          unable.add(place)
          return resolve(undefined)
        }
        if (data !== 'taken') return resolve(data)
        clearTimeout(timer)
        timer = setTimeout(resolve, DONE_WITHIN)
      }
      // The worker has ended. Not every browser has this event.
      port1.addEventListener('close', () => resolve(undefined))
      const post = (to: Pick<MessagePort, 'postMessage'>) => to.postMessage({ type: REQUEST, ...request }, [port2])
      if (place === 'service-worker') {
        const { serviceWorker } = navigator
        const active = serviceWorker.controller ?? serviceWorker.ready.then(({ active }) => active)
        Promise.resolve(active).then((worker) => post(worker!)).catch(reject)
        return
      }
      sharedWorker ??= startSharedWorker()
      sharedWorker.addEventListener('error', reject)
      post(sharedWorker.port)
    })
  } catch {
    sharedWorker = undefined
    return undefined
  } finally {
    clearTimeout(timer)
    port1.close()
  }
}

function startSharedWorker(): SharedWorker {
  // Bundlers recognize this form and bundle the worker.
  return new SharedWorker(new URL('./refresh-shared.js', import.meta.url), {
    type: 'module',
    name: 'atproto-oauth-wasm',
    extendedLifetime: true,
  } as WorkerOptions)
}
