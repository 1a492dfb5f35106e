import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' }

const plain = (status, type, body) => ({ status, headers: { ...CORS, 'content-type': type }, body: Buffer.from(body) })

/**
 * The faults. Each gets `ask()`, which resolves to the server's response, and resolves to the response to pass on, or to nothing if
 * the connection is to be cut.
 */
export const FAULTS = {
  'none': (ask) => ask(),
  'delay before': async (ask, random) => { await pause(random.next() * 120); return ask() },
  'delay after': async (ask, random) => {
    const answer = await ask()
    await pause(random.next() * 120)
    return answer
  },
  'cut before': async () => undefined,
  'cut after': async (ask) => void await ask(),
  '500': async () => plain(500, 'text/plain', 'Internal server error'),
  '503': async () => plain(503, 'application/json', '{"error":"temporarily_unavailable"}'),
  '500 after': async (ask) => { await ask(); return plain(500, 'text/plain', 'Internal server error') },
  'HTML': async () => plain(200, 'text/html', '<!doctype html><title>Sign in to this network</title>'),
  'truncated': async (ask) => {
    const answer = await ask()
    // A cached response would affect more than this one request.
    return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' }, body: answer.body.subarray(0, answer.body.length / 2) }
  },
  'cut within': async (ask) => ({ ...await ask(), cutAt: 0.5 }),
  'duplicate': async (ask) => { await ask(); return ask() },
  'duplicate at once': async (ask, random) => random.pick(await Promise.all([ask(), ask()])),
}

function ask(request, body) {
  return new Promise((resolve, reject) => {
    const onward = send(request.url, { method: request.method, headers: { ...request.headers, connection: 'close' } }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const { 'transfer-encoding': _, connection, 'content-length': length, ...headers } = response.headers
        resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks) })
      })
      response.on('error', reject)
    })
    onward.on('error', reject)
    onward.end(body)
  })
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * An HTTP proxy on loopback between a browser and the servers. `choose(request)` returns the fault of a request as
 * `{ fault, random }`, or nothing. `log` lists what happened, in order; `open()` counts the requests that have not ended.
 */
export async function startFaultProxy() {
  const proxy = { choose: () => undefined, log: [] }
  let open = 0
  const serve = async (request, response) => {
    const body = await bodyOf(request)
    const chosen = request.method === 'OPTIONS' ? undefined : proxy.choose(request)
    const entry = { request: `${request.method} ${new URL(request.url).pathname}`, fault: chosen?.fault, body: String(body) }
    if (chosen) proxy.log.push(entry)
    const answer = await FAULTS[chosen?.fault ?? 'none'](async () => {
      const given = await ask(request, body)
      entry.served = [...entry.served ?? [], given.status]
      return given
    }, chosen?.random)
    if (!answer) return request.socket.destroy()
    const { status, headers, cutAt } = answer
    entry.answer = status
    entry.text = cutAt ? '' : String(answer.body)
    response.writeHead(status, { ...headers, 'content-length': answer.body.length })
    if (!cutAt) return response.end(answer.body)
    response.write(answer.body.subarray(0, answer.body.length * cutAt))
    await pause(10)
    request.socket.destroy()
  }
  const server = createServer((request, response) => {
    open += 1
    serve(request, response).catch(() => request.socket.destroy()).finally(() => { open -= 1 })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${server.address().port}`,
    open: () => open,
    stop: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  })
}
