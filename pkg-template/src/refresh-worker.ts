import {
  BrowserOAuthClient,
  type BrowserOAuthClientOptions,
  type ErrorFacts,
  FetchError,
  OAuthResponseError,
} from './index.js'
import { canStoreKeys } from './can-store-keys.js'
import type { ErrorDetails } from './errors.js'

/** Marks the messages that are ours: an app's service worker hears others. */
const REQUEST = 'atproto-oauth-wasm:refresh'
/** How long a worker may take to say that it has the work, in milliseconds: it may have to be started and loaded first. */
const TAKEN_WITHIN = 2_000
/** How long it may then take, in milliseconds: longer than the time limits of the requests it makes. */
const ANSWERED_WITHIN = 90_000

/** Where a refresh is done. */
type Place = NonNullable<BrowserOAuthClientOptions['refreshIn']>

/** What a page asks of the worker. No token and no key is in it: those the worker finds in the database. */
interface RefreshRequest {
  /** The account. */
  sub: string
  /** The id of the access token that the page wants replaced. */
  seen: string
  /** The client's options, as far as they can be cloned. */
  options: BrowserOAuthClientOptions
}

/** What the worker answers: nothing but that it is done, the error's details, or that it cannot do such work here. */
type Answer = { error?: ErrorDetails & { words?: string }; unable?: true }

/** Codes of what a worker may lack that the page has: storage, its keys, the WebAssembly. */
const LACKING = /^(?:STORAGE|KEY|WEBCRYPTO|WASM)_/

/**
 * Does a refresh that a page asks for, in a service worker or a shared worker, which lives on when the page is closed:
 * `addEventListener('message', handleRefresh)`. `false`: the message is another.
 */
export function handleRefresh(event: MessageEvent): boolean {
  const { data, ports } = event
  const [port] = ports
  if (data?.type !== REQUEST || !port) return false
  const work = take(data, port).then((answer) => port.postMessage(answer))
  // A service worker is stopped when nothing keeps it.
  if ('waitUntil' in event) (event.waitUntil as (work: Promise<unknown>) => void)(work)
  return true
}

async function take(request: RefreshRequest, port: MessagePort): Promise<Answer> {
  // In WebKit's shared workers stored keys can be neither read nor written. The page is told at once.
  if (!(await canStoreKeys(request.options.storageName))) return { unable: true }
  port.postMessage('taken')
  const turn = (turns.get(request.sub) ?? Promise.resolve()).then(() => refresh(request))
  turns.set(request.sub, turn)
  return turn
}

/** Each account's last refresh: the next looks at what that has stored. */
const turns = new Map<string, Promise<Answer>>()

/** Kept, since a client still looks after an account when it has answered, and knows the server the next time. */
const clients = new Map<string, BrowserOAuthClient>()

function clientFor(options: BrowserOAuthClientOptions): BrowserOAuthClient {
  const key = JSON.stringify(options)
  // A refresh resolves no handle.
  const { handleResolver = { resolve: async () => null } } = options
  const client = clients.get(key) ?? new BrowserOAuthClient({ ...options, handleResolver })
  clients.set(key, client)
  return client
}

async function refresh({ sub, seen, options }: RefreshRequest): Promise<Answer> {
  try {
    const session = await clientFor(options).restore(sub, false)
    // Otherwise someone has refreshed it since the page looked.
    if (session.tokenId === seen) await session.getTokenInfo(true)
    return {}
  } catch (thrown) {
    const error = detailsOf(thrown)
    return LACKING.test(error.code) ? { unable: true } : { error }
  }
}

/** An error as the core gave it: structured cloning would strip it of its class and of all but its message. */
function detailsOf(thrown: unknown): ErrorDetails & { words?: string } {
  const error = thrown as Error & ErrorFacts & { sub?: string; newIssuer?: string; cause?: OAuthResponseError }
  const { name, message, code, step, url, retryable, help, sub, newIssuer, cause } = error
  return {
    ...{ name, message, code, step, url, retryable, help, sub, newIssuer },
    ...(error instanceof FetchError && { status: error.statusCode }),
    ...(error instanceof OAuthResponseError && {
      ...{ status: error.status, payload: error.payload },
      refusal: { error: error.error, description: error.errorDescription },
    }),
    // What the core itself knows of the end of a session.
    words: newIssuer ?? cause?.errorDescription ?? (code === 'REFRESH_REJECTED' ? message : undefined),
    cause: cause && detailsOf(cause),
  }
}

// In the shared worker, of which this module is the script. It is also the page's half, and a module of the app's.
if ('SharedWorkerGlobalScope' in globalThis) {
  addEventListener('connect', (event) => {
    for (const port of (event as MessageEvent).ports) port.onmessage = handleRefresh
  })
}

/** The refreshes under way in workers. */
const asked = new Map<string, Promise<Answer | undefined>>()

/** Where a worker has said that it cannot do such work: it is not asked again. */
const unable = new Set<Place>()

/**
 * The page's half: asks a worker, once for all who want the same tokens replaced. `undefined`: no worker has done it.
 *
 * @internal
 */
export function refreshIn(place: Place, request: RefreshRequest): Promise<Answer | undefined> {
  if (unable.has(place)) return Promise.resolve(undefined)
  const key = `${request.sub} ${request.seen}`
  const answer = asked.get(key) ?? ask(place, request).finally(() => asked.delete(key))
  asked.set(key, answer)
  return answer
}

let sharedWorker: SharedWorker | undefined

async function ask(place: Place, request: RefreshRequest): Promise<Answer | undefined> {
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
  return new SharedWorker(new URL('./refresh-worker.js', import.meta.url), {
    type: 'module',
    name: 'atproto-oauth-wasm',
    extendedLifetime: true,
  } as WorkerOptions)
}
