// Makes the PDS public as https://<hostname>: discoverable clients and their issuers must be on https.
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { LOOPBACK, close, listen } from './loopback.mjs'

/** The front's address is not the usual one by default, so that the PDS and an app can both have port 443. */
export const TLS_ADDRESS = '127.0.0.2'

/** `key` and `cert` are paths of PEM files. */
export async function startTlsFront({ port = 443, address = TLS_ADDRESS, key, cert, pdsPort }) {
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (request, response) => {
    const upstream = http.request(
      {
        host: LOOPBACK,
        port: pdsPort,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': LOOPBACK },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders)
        answer.pipe(response)
      },
    )
    upstream.on('error', () => response.destroy())
    request.pipe(upstream)
  })
  await listen(server, { port, host: address })
  return { stop: () => close(server) }
}
