import { BrowserHost } from '../../src/host/browser/host.js'
import { canStoreKeys } from './can-store-keys.js'
import { loadCore } from './core-loader.js'
import type { Client } from './core.js'
import { isDetails, named } from './error-details.js'
import { REQUEST, type RefreshRequest, type RefreshResponse } from './refresh-message.js'
import type { CloneableOptions } from './seam.js'

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
  const work = take(data, port).then((response) => port.postMessage(response))
  // A service worker is stopped when nothing keeps it.
  if ('waitUntil' in event) (event.waitUntil as (work: Promise<unknown>) => void)(work)
  return true
}

async function take(request: RefreshRequest, port: MessagePort): Promise<RefreshResponse> {
  // In WebKit's shared workers stored keys can be neither read nor written. The page learns it at once.
  if (!(await canStoreKeys(request.options.storageName))) return { unable: true }
  port.postMessage('taken')
  const turn = (turns.get(request.sub) ?? Promise.resolve()).then(() => refresh(request))
  turns.set(request.sub, turn)
  return turn
}

/** Each account's last refresh: the next looks at what that has stored. */
const turns = new Map<string, Promise<RefreshResponse>>()

/** Kept, since a client still looks after an account when it has responded, and knows the server the next time. */
const clients = new Map<string, Client>()

async function clientFor(options: CloneableOptions): Promise<Client> {
  const core = await loadCore()
  const key = JSON.stringify(options)
  let client = clients.get(key)
  if (!client) {
    // No hooks: the page calls the app's when it learns of the refresh.
    const host = new BrowserHost({ storageName: options.storageName, resolvers: NO_HANDLES })
    client = new core.Client(host, { ...options, resolvers: NO_HANDLES })
    clients.set(key, client)
  }
  return client
}

/** A refresh resolves no handle. */
const NO_HANDLES = { handle: async () => null }

async function refresh({ sub, seen, options }: RefreshRequest): Promise<RefreshResponse> {
  try {
    const client = await clientFor(options)
    const session = await client.call('restore', [sub, false])
    // Otherwise someone has refreshed it since the page looked.
    if (session.tokenId === seen) await session.tokenInfo(true)
    return {}
  } catch (thrown) {
    // What is no error of the core's own, such as one in loading it, is this worker's trouble.
    const error = isDetails(thrown) ? named(thrown) : undefined
    return error && !LACKING.test(error.code) ? { error } : { unable: true }
  }
}
