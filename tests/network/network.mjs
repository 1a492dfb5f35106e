// A real atproto network on loopback: a PLC directory, a PDS with its OAuth provider, a control server, and two accounts.
//
//   node tests/network/network.mjs [--plc-port 2582] [--pds-port 2583] [--control-port 2580] [--token-max-age <ms>]
//                                  [--tls-host <name> --tls-key <pem> --tls-cert <pem> [--tls-port 443] [--tls-address 127.0.0.2]]
//
// prints one line of JSON once everything answers, and stays until SIGINT or SIGTERM. Port 0 picks a free one. Needs Node 22 or newer.
import { parseArgs } from 'node:util'
import { createAccounts } from './accounts.mjs'
import { startControl } from './control.mjs'
import { isMain, stopWithProcess } from './lifetime.mjs'
import { freePort, resolveLocalNames } from './loopback.mjs'
import { startPds } from './pds.mjs'
import { startPlc } from './plc.mjs'
import { createHold } from './slow-tokens.mjs'
import { TLS_ADDRESS, startTlsFront } from './tls.mjs'
import { createTrace } from './trace.mjs'
import { allowWebKitCookies } from './webkit-cookies.mjs'

/** The ports of the demo, which people may type; tests take free ones, so that runs do not collide. */
export const WELL_KNOWN_PORTS = { plcPort: 2582, pdsPort: 2583, controlPort: 2580 }

/**
 * Starts the network and resolves to `{ info, stop }`. Ports are free ones unless given. `tokenMaxAgeMs` is the life of access tokens;
 * `names` who has an account; `tls` is `{ hostname, key, cert, port?, address? }` for a PDS on https.
 */
export async function startNetwork({ plcPort = 0, pdsPort = 0, controlPort = 0, tokenMaxAgeMs, names, tls } = {}) {
  // Undone in reverse, also when a later step of the start fails.
  const undo = []
  const stop = async () => {
    while (undo.length) await undo.pop()()
  }
  try {
    undo.push(resolveLocalNames(tls ? { [tls.hostname]: tls.address ?? TLS_ADDRESS } : {}))

    const plc = await startPlc(plcPort || (await freePort()))
    undo.push(plc.stop)

    const port = pdsPort || (await freePort())
    const pds = await startPds({ port, plcUrl: plc.url, hostname: tls?.hostname })
    undo.push(pds.stop)
    if (tokenMaxAgeMs) pds.provider.tokenManager.tokenMaxAge = tokenMaxAgeMs

    const trace = createTrace()
    trace.follow('plc', plc.server)
    trace.follow('pds', pds.server)
    const slowTokens = createHold()
    slowTokens.follow(pds.server)
    if (tls) undo.push((await startTlsFront({ ...tls, pdsPort: port })).stop)
    else allowWebKitCookies(pds.server)

    const info = {
      pid: process.pid,
      plcUrl: plc.url,
      pdsUrl: pds.url,
      handleResolver: pds.url,
      accounts: await createAccounts(port, names),
      tokenMaxAgeMs: pds.provider.tokenManager.tokenMaxAge,
    }
    const control = await startControl(controlPort, { provider: pds.provider, context: pds.context, trace, slowTokens, info })
    undo.push(control.stop)
    info.controlUrl = control.url
    return { info, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

if (isMain(import.meta)) {
  const { values } = parseArgs({
    options: {
      'plc-port': { type: 'string', default: String(WELL_KNOWN_PORTS.plcPort) },
      'pds-port': { type: 'string', default: String(WELL_KNOWN_PORTS.pdsPort) },
      'control-port': { type: 'string', default: String(WELL_KNOWN_PORTS.controlPort) },
      'token-max-age': { type: 'string' },
      'tls-host': { type: 'string' },
      'tls-port': { type: 'string' },
      'tls-address': { type: 'string' },
      'tls-key': { type: 'string' },
      'tls-cert': { type: 'string' },
    },
  })
  const number = (text) => (text === undefined ? undefined : Number(text))
  const network = await startNetwork({
    plcPort: number(values['plc-port']),
    pdsPort: number(values['pds-port']),
    controlPort: number(values['control-port']),
    tokenMaxAgeMs: number(values['token-max-age']),
    tls: values['tls-host'] && {
      hostname: values['tls-host'],
      key: values['tls-key'],
      cert: values['tls-cert'],
      port: number(values['tls-port']),
      address: values['tls-address'],
    },
  })
  stopWithProcess(network.stop)
  console.log(JSON.stringify(network.info))
}
