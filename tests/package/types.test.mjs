import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { NAME, installPacked, run, tool } from './packed.mjs'

const { project, folder } = installPacked()

/** Strict, and with the package's own declarations checked: what an app with the strictest settings sees. */
const STRICT = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
}

async function check(source, compilerOptions) {
  const place = fs.mkdtempSync(path.join(project, 'consumer-'))
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  fs.writeFileSync(path.join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions } }))
  fs.writeFileSync(path.join(place, 'app.ts'), source)
  return run(tool('tsc'), ['--project', '.', '--pretty', 'false'], { cwd: place })
}

const MODES = {
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
}

const APP = `
  import { BrowserOAuthClient } from '${NAME}'
  export async function start(): Promise<string | undefined> {
    const client = await BrowserOAuthClient.load({
      clientId: 'https://app.example.com/client-metadata.json',
      handleResolver: 'https://pds.example.com',
    })
    const result = await client.init()
    const response = await result?.session.fetchHandler('/xrpc/com.atproto.server.getSession')
    await client.signIn('alice.example.com', { state: 'x', signal: AbortSignal.timeout(1000) })
    return response?.ok ? result?.session.did : undefined
  }
`

for (const [name, options] of Object.entries(MODES)) {
  test(`an app type-checks with moduleResolution ${name}`, async () => {
    assert.deepEqual(await check(APP, options), { code: 0, output: '' })
  })
}

test('a wrong option is a type error', async () => {
  const { code, output } = await check(APP.replace('clientId:', 'clientID:'), MODES.bundler)
  assert.notEqual(code, 0)
  assert.match(output, /clientI[dD]/)
})

test('what is declared is what is exported', async () => {
  const names = Object.keys(await import(path.join(folder, 'index.js')))
  assert.ok(names.length > 0)
  // A missing name and one too many are both type errors.
  const source = `
    import * as api from '${NAME}'
    export const names: Record<keyof typeof api, true> = { ${names.map((name) => `${JSON.stringify(name)}: true`).join(', ')} }
  `
  assert.deepEqual(await check(source, MODES.bundler), { code: 0, output: '' })
})
