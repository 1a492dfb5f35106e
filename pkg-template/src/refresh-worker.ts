import { BrowserHost } from '../../src/host/browser/host.js'
import { canStoreKeys } from './can-store-keys.js'
import { loadCore } from './core-loader.js'
import type { Client } from './core.js'
import { isDetails, named } from './error-details.js'
import { REQUEST, type RefreshRequest, type RefreshResponse } from './refresh-message.js'
import type { CloneableOptions } from './seam.js'

/** The codes of errors that only this worker may have, and not the page: of storage, its keys, WebAssembly. */
const WORKER_ONLY = /^(?:STORAGE|KEY|WEBCRYPTO|WASM)_/

/**
 * Handles a page's request for a refresh in a service worker or a shared worker, which keeps running when the page is closed:
 * `addEventListener('message', handleRefresh)`. Returns `false` for any other message.
 */
export function handleRefresh(event: MessageEvent): boolean {
  const { data, ports } = event
  const [port] = ports
  if (data?.type !== REQUEST || !port) return false
  const work = respond(data, port).then((response) => port.postMessage(response))
  // Otherwise the browser may stop the service worker.
  if ('waitUntil' in event) (event.waitUntil as (work: Promise<unknown>) => void)(work)
  return true
}

async function respond(request: RefreshRequest, port: MessagePort): Promise<RefreshResponse> {
  // WebKit's shared workers can neither read nor write stored keys. Tell the page at once.
  if (!(await canStoreKeys(request.options.storageName))) return { unable: true }
  port.postMessage('taken')
  const turn = (turns.get(request.sub) ?? Promise.resolve()).then(() => refresh(request))
  turns.set(request.sub, turn)
  return turn
}

/** The last refresh of each account. The next one waits for it, and then reads what it has stored. */
const turns = new Map<string, Promise<RefreshResponse>>()

/** The clients by their options. They are kept: a client may still have work after a response, and has the server's metadata next time. */
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

/** A client must have a handle resolver, but a refresh resolves no handle. */
const NO_HANDLES = { handle: async () => null }

async function refresh({ sub, seen, options }: RefreshRequest): Promise<RefreshResponse> {
  try {
    const client = await clientFor(options)
    const session = await client.call('restore', [sub, false])
    // If not, the tokens have been refreshed since the page read them.
    if (session.tokenId === seen) await session.tokenInfo(true)
    return {}
  } catch (thrown) {
    // Any other error, such as one in loading the core, is the worker's own.
    const error = isDetails(thrown) ? named(thrown) : undefined
    return error && !WORKER_ONLY.test(error.code) ? { error } : { unable: true }
  }
}
