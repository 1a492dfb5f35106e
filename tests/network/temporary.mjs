// Temporary folders that are gone when the process is, however it ends.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const SIGNALS = ['SIGINT', 'SIGTERM']
const folders = new Set()

function removeAll() {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true })
}

/** A signal ends a process without its exit handlers, unless someone listens; and who listens may yet be killed. */
function onSignal(signal) {
  removeAll()
  if (process.listenerCount(signal) > 1) return
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
}

/** Makes a folder; returns its path and a function that removes it. */
export function makeTemporaryFolder(prefix) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix))
  if (!folders.size) {
    process.on('exit', removeAll)
    for (const signal of SIGNALS) process.on(signal, onSignal)
  }
  folders.add(folder)
  const remove = () => {
    fs.rmSync(folder, { recursive: true, force: true })
    if (!folders.delete(folder) || folders.size) return
    process.off('exit', removeAll)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  return { folder, remove }
}
