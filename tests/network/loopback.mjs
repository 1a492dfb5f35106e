// Keeps the local network on this machine: servers listen on 127.0.0.1, and its made-up names lead nowhere else.
import dns from 'node:dns'
import net from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** Makes an Express app listen on loopback: PLC and PDS call `app.listen(port)`, which means every interface. */
export function listenOnLoopback(app) {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, LOOPBACK, ...rest)
}

/** A TCP port that was free a moment ago. The PDS must know its own address before it listens, so 0 will not do for it. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.once('error', reject)
    probe.listen({ port: 0, host: LOOPBACK }, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** Listens on a loopback address and resolves once connections are accepted. */
export function listen(server, { port, host = LOOPBACK }) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve(server.address().port)
    })
  })
}

/** Closes a server and its idle keep-alive connections, which would hold the process for seconds. */
export function close(server) {
  return new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}

// Several networks may run in one process: the last to stop puts the real lookup back.
const realLookup = dns.lookup
const overrides = new Set()

function lookupLocally(host, options, callback) {
  if (typeof options === 'function') [options, callback] = [{}, options]
  if (!/\.(test|internal)$/.test(host)) return realLookup.call(dns, host, options, callback)
  const found = [...overrides].find((addresses) => Object.hasOwn(addresses, host))
  const address = found?.[host] ?? LOOPBACK
  if (options?.all) return process.nextTick(callback, null, [{ address, family: 4 }])
  return process.nextTick(callback, null, address, 4)
}

/**
 * Resolves `*.test` and `*.internal` to loopback inside this process, so that no hosts file is edited and no name server asked.
 * `addresses` overrides single names. Returns a function that undoes it.
 */
export function resolveLocalNames(addresses = {}) {
  overrides.add(addresses)
  dns.lookup = lookupLocally
  return () => {
    overrides.delete(addresses)
    if (!overrides.size) dns.lookup = realLookup
  }
}
