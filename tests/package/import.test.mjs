import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { installPacked, run } from './packed.mjs'

const { project } = installPacked()

/** Runs a module of the project; what it leaves open would keep the process, and so fail here. */
async function runModule(name, source) {
  fs.writeFileSync(path.join(project, name), source)
  return run(process.execPath, [name], { cwd: project, limit: 20_000 })
}

/** Watches everything that an import might do to the world around it. */
const WATCH = `
  const touched = []
  for (const name of ['fetch', 'BroadcastChannel', 'setTimeout', 'setInterval', 'queueMicrotask', 'indexedDB', 'localStorage'])
    Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name) } })
  for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Module', 'Instance'])
    WebAssembly[name] = function () { touched.push('WebAssembly.' + name) }
  for (const name of ['log', 'warn', 'error', 'info', 'debug']) console[name] = () => touched.push('console.' + name)
  process.on('exit', () => process.stdout.write(JSON.stringify(touched)))
  const shape = () => JSON.stringify([Reflect.ownKeys(globalThis), Reflect.ownKeys(Symbol)].map((keys) => keys.map(String)))
  const before = shape()
  const api = await import('atproto-oauth-wasm')
  if (shape() !== before) touched.push('globals')
  if (!Object.keys(api).length) touched.push('no exports')
`

test('importing does nothing: no network, timer, channel, storage, compilation, message or global', async () => {
  assert.deepEqual(await runModule('watch.mjs', WATCH), { code: 0, output: '[]' })
})

test('importing works where a browser\'s interfaces are missing, as in server-side rendering', async () => {
  const gone = ['crypto', 'navigator', 'fetch', 'BroadcastChannel', 'WebAssembly', 'Request', 'Response', 'Headers']
  const source = `
    for (const name of ${JSON.stringify(gone)}) delete globalThis[name]
    const { BrowserOAuthClient } = await import('atproto-oauth-wasm')
    console.log(typeof BrowserOAuthClient)
  `
  assert.deepEqual(await runModule('bare.mjs', source), { code: 0, output: 'function\n' })
})

test('importing works in a worker', async () => {
  const source = `
    import { Worker, isMainThread } from 'node:worker_threads'
    if (isMainThread) new Worker(new URL(import.meta.url)).on('exit', (code) => console.log('worker', code))
    else await import('atproto-oauth-wasm')
  `
  assert.deepEqual(await runModule('worker.mjs', source), { code: 0, output: 'worker 0\n' })
})

test('two imports are one module', async () => {
  const source = `
    const [one, two] = await Promise.all([import('atproto-oauth-wasm'), import('atproto-oauth-wasm')])
    console.log(one === two)
  `
  assert.deepEqual(await runModule('twice.mjs', source), { code: 0, output: 'true\n' })
})

test('apps can use the class in their own', async () => {
  const source = `
    import * as api from 'atproto-oauth-wasm'
    class Mine extends api.BrowserOAuthClient {}
    console.log(Object.getPrototypeOf(Mine) === api.BrowserOAuthClient, typeof api.BrowserOAuthClient.load)
  `
  assert.deepEqual(await runModule('extend.mjs', source), { code: 0, output: 'true function\n' })
})
