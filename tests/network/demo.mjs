// The demo in one process: the local network on its well-known ports, and the demo page with the built package beside it.
//
//   node tests/network/demo.mjs [--port 3100] [--root www] [--mount /pkg=pkg]...
//
// Its first line of output is the page's address. It stays until SIGINT or SIGTERM, or until standard input closes.
import { parseArgs } from 'node:util'
import { stopWithProcess } from './lifetime.mjs'
import { WELL_KNOWN_PORTS, startNetwork } from './network.mjs'
import { readPairs, startServer } from './serve.mjs'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3100' },
    root: { type: 'string', default: 'www' },
    mount: { type: 'string', multiple: true },
  },
})

const { info, stop } = await startNetwork(WELL_KNOWN_PORTS)
const { pdsUrl, plcUrl, handleResolver, accounts } = info
let page
try {
  page = await startServer({
    port: Number(values.port),
    root: values.root,
    mounts: readPairs(values.mount),
    json: { '/network.json': { pdsUrl, plcUrl, handleResolver, accounts } },
  })
} catch (error) {
  await stop()
  throw error
}

stopWithProcess(
  async () => {
    await page.stop()
    await stop()
  },
  { withStdin: true },
)

console.log(page.url)
console.log()
for (const { handle, password } of accounts) console.log(`  account ${handle}   password ${password}`)
console.log(`\n  PDS ${pdsUrl}   PLC directory ${plcUrl}   control ${info.controlUrl}`)
