// The script of the shared worker. It imports nothing that starts a shared worker: bundlers follow the URL of a worker's script,
// and a circle would never end.
import { handleRefresh } from './refresh-worker.js'

addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) port.onmessage = handleRefresh
})
