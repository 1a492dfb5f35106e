import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { dirname, extname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))

/** The package under test: the one this repository builds, unless another is named. */
export const packageDir = resolve(here, process.env.E2E_PKG ?? '../../../pkg')

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm',
  '.json': 'application/json', '.css': 'text/css; charset=utf-8' }

// The strictest policy that allows wasm: nothing inline, no eval, no other origin.
const SCRIPT_POLICY = "script-src 'self' 'wasm-unsafe-eval'"

/** Modules from npm that tests load beside the package. Each is bundled once, at its first request. */
const SOURCES = {
  agent: "export { Agent } from '@atproto/api'",
  official: "export * from '@atproto/oauth-client-browser'",
}
const bundles = {}
function bundle(name) {
  bundles[name] ??= build({
    stdin: { contents: SOURCES[name], resolveDir: here }, bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'silent',
  }).then((result) => Buffer.from(result.outputFiles[0].contents))
  return bundles[name]
}

/** Makes a worker behave like WebKit's shared workers: a row with a key reads as `null` and cannot be written. */
const keyless = (stores) => Buffer.from(`
;if ('SharedWorkerGlobalScope' in globalThis) {
  const { get, put } = IDBObjectStore.prototype
  const isKeyless = (rows) => ${JSON.stringify(stores)}.includes(rows.name)
  IDBObjectStore.prototype.get = function (key) {
    const request = get.call(this, key)
    return isKeyless(this) ? Object.defineProperty(request, 'result', { value: null }) : request
  }
  IDBObjectStore.prototype.put = function (...args) {
    if (isKeyless(this)) throw new DOMException('The object can not be cloned.', 'DataCloneError')
    return put.apply(this, args)
  }
}`)

async function find(path, { root, config, official, keylessStores }) {
  if (path === '/pkg/refresh-worker.js' && keylessStores) {
    return Buffer.concat([await readFile(join(packageDir, 'refresh-worker.js')), keyless(keylessStores)])
  }
  if (path === '/config.js') return Buffer.from(`export const network = ${JSON.stringify(config)}\n`)
  if (path === '/agent.js') return bundle('agent')
  if (path === '/pkg/index.js' && official) return bundle('official')
  if (path.startsWith('/pkg/')) return readFile(join(packageDir, path.slice('/pkg/'.length)))
  return readFile(join(root, path === '/' ? 'index.html' : path))
}

/**
 * Serves a page on a loopback port of its own: `root` at `/`, the package at `/pkg/`,
 * the network's addresses as `/config.js`. A visitor with the cookie `client=official`
 * gets the official client in place of the package; one with `store=no`, pages that browsers do not put in the back/forward cache;
 * one with `keyless-worker`, a refresh worker that can neither read nor write keys, or no sessions. `headers` are in every
 * response.
 */
export async function serveHarness(config, root = join(here, '../harness'), headers = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://harness').pathname))
    try {
      const official = /\bclient=official\b/.test(request.headers.cookie)
      const caching = /\bstore=no\b/.test(request.headers.cookie) ? 'no-store' : 'no-cache'
      const keylessWorker = /\bkeyless-worker=(\w+)/.exec(request.headers.cookie)?.[1]
      const keylessStores = keylessWorker && (keylessWorker === 'yes' ? ['session', 'state'] : ['session'])
      const body = await find(path, { root, config, official, keylessStores })
      response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream',
        'content-security-policy': SCRIPT_POLICY, 'cache-control': caching, ...headers })
      response.end(body)
    } catch (error) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}
