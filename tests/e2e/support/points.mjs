import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Runs in a page before everything else. From `arm(n)` on, it numbers the points at which something leaves the page or has just
 * arrived, and stops the page for ever at the nth. `passed` lists their names.
 */
export function numberPoints({ origin, stopUrl }) {
  // The pages of the authorization server are not under test.
  if (location.origin !== origin) return
  let stopAt
  window.passed = []
  window.arm = (n) => { stopAt = n }

  const point = (name) => {
    if (stopAt === undefined) return
    window.passed.push(name)
    console.debug(`point ${name}`)
    if (window.passed.length !== stopAt) return
    // A synchronous request that never gets a response stops the whole page.
    const request = new XMLHttpRequest()
    request.open('POST', stopUrl, false)
    request.send(name)
  }
  const wrap = (target, name, wrapper) => {
    const original = target[name]
    target[name] = function (...args) {
      return wrapper.call(this, () => original.apply(this, args), ...args)
    }
  }
  const around = (target, name, describe) => wrap(target, name, function (go, ...args) {
    const what = describe.apply(this, args)
    if (!what) return go()
    point(`${what}: before`)
    const result = go()
    point(`${what}: after`)
    return result
  })

  wrap(window, 'fetch', async (go, input, init) => {
    const { method, url } = input instanceof Request ? input : new Request(input, init)
    const { pathname, origin: server } = new URL(url)
    if (server === origin) return go()
    const what = `${method} ${pathname.replace(/did:plc:\w+|did%3Aplc%3A\w+/, 'did')}`
    point(`${what}: before`)
    const answer = go()
    point(`${what}: under way`)
    await answer.catch(() => {})
    point(`${what}: answered`)
    return answer
  })
  // No points at reads: a page that stops there has done no more than at the point before.
  wrap(IDBDatabase.prototype, 'transaction', (go, stores, mode) => {
    const transaction = go()
    if (mode === 'readwrite') transaction.addEventListener('complete', () => point(`${stores}: committed`))
    return transaction
  })
  for (const method of ['put', 'delete']) {
    wrap(IDBObjectStore.prototype, method, function (go) {
      point(`${method} ${this.name}: before`)
      return go()
    })
  }
  const isLocal = (storage) => storage === localStorage
  around(Storage.prototype, 'setItem', function () { return isLocal(this) && 'localStorage.setItem' })
  around(Storage.prototype, 'removeItem', function () { return isLocal(this) && 'localStorage.removeItem' })
  around(BroadcastChannel.prototype, 'postMessage', () => 'postMessage')
  around(History.prototype, 'replaceState', () => 'replaceState')
  const requestLock = LockManager.prototype.request
  LockManager.prototype.request = function (name, ...rest) {
    const callback = rest.pop()
    point('lock: before')
    const released = requestLock.call(this, name, ...rest, (lock) => {
      point('lock: held')
      return callback(lock)
    })
    return released.finally(() => point('lock: released'))
  }
  navigation.addEventListener('navigate', ({ hashChange, destination }) => {
    if (!hashChange && !destination.sameDocument) point('leaving')
  })
}

/** The server that a stopped page calls: `of(id)` is the URL for one page, `stopped(id)` the name of the point where it stopped. */
export async function startStops() {
  const waiting = new Map()
  const server = createServer((request, response) => {
    let name = ''
    request.on('data', (chunk) => { name += chunk })
    request.on('end', () => waiting.get(request.url)?.(name))
    // Never responds; the request ends with the page.
    request.socket.on('close', () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const path = (id) => `/${id}`
  return {
    of: (id) => `http://127.0.0.1:${server.address().port}${path(id)}`,
    stopped: (id) => new Promise((resolve) => waiting.set(path(id), resolve)),
    stop: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}
