// A PLC directory that forgets everything when it stops.
import { listenOnLoopback } from './loopback.mjs'

export async function startPlc(port) {
  const { Database, PlcServer } = await import('@did-plc/server')
  const plc = PlcServer.create({ db: Database.mock(), port, version: 'local' })
  listenOnLoopback(plc.app)
  const server = await plc.start()
  return { server, url: `http://localhost:${port}`, stop: () => plc.destroy() }
}
