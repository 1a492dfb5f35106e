import { type Place, REQUEST, type RefreshRequest, type RefreshResponse } from './refresh-message.js'

/** How long a worker may take to say that it has the work, in milliseconds: it may have to be started and loaded first. */
const TAKEN_WITHIN = 2_000
/** How long it may then take, in milliseconds: longer than the time limits of the requests it makes. */
const ANSWERED_WITHIN = 90_000

/** The refreshes under way in workers. */
const asked = new Map<string, Promise<RefreshResponse | undefined>>()

/** Where a worker has said that it cannot do such work: it is not asked again. */
const unable = new Set<Place>()

/** Asks a worker to refresh, once for all who want the same tokens replaced. `undefined`: no worker has done it. */
export function refreshIn(place: Place, request: RefreshRequest): Promise<RefreshResponse | undefined> {
  if (unable.has(place)) return Promise.resolve(undefined)
  const key = `${request.sub} ${request.seen}`
  const answer = asked.get(key) ?? ask(place, request).finally(() => asked.delete(key))
  asked.set(key, answer)
  return answer
}

let sharedWorker: SharedWorker | undefined

async function ask(place: Place, request: RefreshRequest): Promise<RefreshResponse | undefined> {
  const { port1, port2 } = new MessageChannel()
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(resolve, TAKEN_WITHIN)
      port1.onmessage = ({ data }) => {
        if (data?.unable) {
          unable.add(place)
          return resolve(undefined)
        }
        if (data !== 'taken') return resolve(data)
        clearTimeout(timer)
        timer = setTimeout(resolve, ANSWERED_WITHIN)
      }
      // Where browsers tell: the worker has ended.
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
  // Bundlers find the worker by this very form.
  return new SharedWorker(new URL('./refresh-shared.js', import.meta.url), {
    type: 'module',
    name: 'atproto-oauth-wasm',
    extendedLifetime: true,
  } as WorkerOptions)
}
