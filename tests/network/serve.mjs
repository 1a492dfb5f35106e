// A static file server on loopback, for the demo and the browser tests.
//
//   node tests/network/serve.mjs [--port 3100] [--root www] [--mount /pkg=pkg]... [--json /network.json=<file or JSON text>]...
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { isMain, stopWithProcess } from './lifetime.mjs'
import { LOOPBACK, close, listen } from './loopback.mjs'

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  // Streaming compilation insists on this one.
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const isInside = (folder, file) => file === folder || file.startsWith(folder + path.sep)

/** The file that a decoded path names below `folder`, or undefined: also for `..` and for links that lead outside. */
function findFile(folder, relative) {
  try {
    const root = fs.realpathSync(folder)
    let file = fs.realpathSync(path.join(root, relative))
    if (fs.statSync(file).isDirectory()) file = fs.realpathSync(path.join(file, 'index.html'))
    return isInside(root, file) && fs.statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

function decodePath(url) {
  try {
    const pathname = decodeURIComponent(new URL(url, `http://${LOOPBACK}`).pathname)
    return pathname.includes('\0') ? undefined : pathname
  } catch {
    return undefined
  }
}

/**
 * A request handler. `mounts` maps path prefixes to folders, which come before `root`; `json` maps paths to values, or to functions
 * asked on each request; `headers` are added to every answer.
 */
export function createHandler({ root, mounts = {}, json = {}, headers = {} }) {
  const prefixes = Object.entries(mounts).sort(([a], [b]) => b.length - a.length)

  const findOnDisk = (pathname) => {
    for (const [prefix, folder] of prefixes)
      if (pathname === prefix || pathname.startsWith(`${prefix}/`)) return findFile(folder, pathname.slice(prefix.length))
    return findFile(root, pathname)
  }

  return (request, response) => {
    const answer = (status, type, body) => {
      const length = Buffer.byteLength(body)
      // Never cached: what is served here was built a moment ago and may be built again.
      response.writeHead(status, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store', ...headers })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, TYPES['.txt'], 'only GET and HEAD\n')
    const pathname = decodePath(request.url)
    if (pathname === undefined) return answer(400, TYPES['.txt'], 'not a path\n')
    if (Object.hasOwn(json, pathname)) {
      const value = typeof json[pathname] === 'function' ? json[pathname]() : json[pathname]
      return answer(200, TYPES['.json'], JSON.stringify(value))
    }
    const file = findOnDisk(pathname)
    if (!file) return answer(404, TYPES['.txt'], 'not found\n')
    return answer(200, TYPES[path.extname(file)] ?? 'application/octet-stream', fs.readFileSync(file))
  }
}

/** Starts a server for the handler's options and resolves to `{ url, port, stop }`. Port 0 picks a free one. */
export async function startServer({ port = 0, ...options }) {
  const server = http.createServer(createHandler(options))
  const bound = await listen(server, { port })
  return { url: `http://${LOOPBACK}:${bound}/`, port: bound, stop: () => close(server) }
}

/** `/path=value` pairs of the command line as an object. */
export function readPairs(pairs = []) {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1 || !pair.startsWith('/')) throw new Error(`expected /path=value: ${pair}`)
      return [pair.slice(0, at).replace(/(.)\/$/, '$1'), pair.slice(at + 1)]
    }),
  )
}

/** JSON text is itself; anything else names a file, read on each request so that it may change. */
const jsonSource = (value) =>
  /^\s*[[{]/.test(value) ? JSON.parse(value) : () => JSON.parse(fs.readFileSync(value, 'utf8'))

if (isMain(import.meta)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3100' },
      root: { type: 'string', default: 'www' },
      mount: { type: 'string', multiple: true },
      json: { type: 'string', multiple: true },
    },
  })
  const json = Object.entries(readPairs(values.json)).map(([at, value]) => [at, jsonSource(value)])
  const server = await startServer({
    port: Number(values.port),
    root: values.root,
    mounts: readPairs(values.mount),
    json: Object.fromEntries(json),
  })
  stopWithProcess(server.stop)
  console.log(server.url)
}
