// The script of the shared worker. It leads to nothing that starts one: bundlers follow the address of a worker's script, and
// do not come back from a circle.
import { handleRefresh } from './refresh-worker.js'

addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) port.onmessage = handleRefresh
})
