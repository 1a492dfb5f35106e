// The core has every operation that the TypeScript may name, and refuses all others.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { registerHooks } from 'node:module'
import path from 'node:path'
import { before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { REPOSITORY } from './packed.mjs'

/** What the build makes of the core, before it is bundled. */
const CORE = path.join(REPOSITORY, 'target/package/core')

const seam = fs.readFileSync(path.join(REPOSITORY, 'pkg-template/src/seam.ts'), 'utf8')
const [, declared] = /export interface Operations \{\n(.*?)\n\}/s.exec(seam)
const operations = [...declared.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name)

const clientMetadata = {
  client_id: 'https://app.example.com/client-metadata.json',
  redirect_uris: ['https://app.example.com/'],
  scope: 'atproto',
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true,
}

/** In place of the table of sentences, which the bundle has. No sentence is read here. */
const NO_SENTENCES = 'data:text/javascript,export const messageOfLine = String'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './sentences.js' ? { url: NO_SENTENCES, shortCircuit: true } : next(specifier, context),
})

let client

before(async () => {
  const { Client, connect, imports } = await import(pathToFileURL(path.join(CORE, 'glue.js')))
  const names = JSON.parse(fs.readFileSync(path.join(CORE, 'names.json'), 'utf8'))
  const module = new WebAssembly.Module(fs.readFileSync(path.join(CORE, 'core_bg.wasm')))
  const { exports } = await WebAssembly.instantiate(module, imports)
  const named = Object.entries(names).map(([name, short]) => [name, exports[short]])
  connect({ ...exports, ...Object.fromEntries(named) })
  const { BrowserHost } = await import('../../src/host/browser/host.js')
  client = new Client(new BrowserHost({}), { clientMetadata, handleResolver: 'https://pds.example.com' })
})

/** The code of what an operation without arguments rejects with, if it does so at once. */
const codeOf = (operation) =>
  Promise.race([client.call(operation, []), new Promise((resolve) => setTimeout(resolve, 500))]).then(
    () => undefined,
    (error) => error.code,
  )

test('every operation is one of the core', async () => {
  assert.ok(operations.length > 10, operations.join())
  for (const operation of operations) assert.notEqual(await codeOf(operation), 'OPERATION_UNKNOWN', operation)
})

test('any other begins nothing', async () => {
  for (const name of ['', 'signin', 'Init', 'constructor']) assert.equal(await codeOf(name), 'OPERATION_UNKNOWN', name)
})
