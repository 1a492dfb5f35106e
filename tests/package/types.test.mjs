import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { NAME, REPOSITORY, installPacked, run, tool } from './packed.mjs'

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

// By the table that the Rust crate is held to as well.
test('steps and time limits are declared as the core has them', async () => {
  const { steps, timeouts } = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/names.json'), 'utf8'))
  // A missing name and one too many are both type errors.
  const source = `
    import type { BrowserOAuthClientOptions, Step } from '${NAME}'
    export const steps: Record<Step, true> = { ${steps.map((step) => `${step}: true`).join(', ')} }
    export const limits: Required<NonNullable<BrowserOAuthClientOptions['timeouts']>> = ${JSON.stringify(timeouts)}
  `
  assert.deepEqual(await check(source, MODES.bundler), { code: 0, output: '' })
  const declared = fs.readFileSync(path.join(folder, 'types/types.d.ts'), 'utf8')
  for (const [name, ms] of Object.entries(timeouts)) {
    const [, comment] = new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\s*${name}\\?: number`, 's').exec(declared) ?? []
    const [, limit = ''] = /Default: ([\d ]*\d)/.exec(comment ?? '') ?? []
    assert.equal(Number(limit.replaceAll(' ', '')), ms, name)
  }
})

for (const [entry, file] of Object.entries({ [NAME]: 'index.js', [`${NAME}/scopes`]: 'scopes.js' })) {
  test(`what ${entry} declares is what it exports`, async () => {
    const names = Object.keys(await import(path.join(folder, file)))
    assert.ok(names.length > 0)
    // A missing name and one too many are both type errors.
    const source = `
      import * as api from '${entry}'
      export const names: Record<keyof typeof api, true> = { ${names.map((name) => `${JSON.stringify(name)}: true`).join(', ')} }
    `
    assert.deepEqual(await check(source, MODES.bundler), { code: 0, output: '' })
  })
}

const SCOPES = `
  import { Scope, blob, repo, rpc } from '${NAME}/scopes'
  import type { Permission, ScopeErrorCode } from '${NAME}/scopes'
  const needed = Scope.of('atproto', repo('app.bsky.feed.post', ['create']), rpc(['a.b.c'], '*'), blob('image/*'))
  export const code: ScopeErrorCode = 'SCOPE_VALUE_INVALID'
  export function collections(permission: Permission): readonly string[] {
    return permission.resource === 'repo' ? permission.collection : []
  }
  export const all: readonly string[] = [...needed].flatMap(collections)
  export const missing: string = Scope.parse('atproto').missing(needed).toString()
`

for (const [name, options] of Object.entries(MODES)) {
  test(`scopes type-check with moduleResolution ${name}, and a wrong action does not`, async () => {
    assert.deepEqual(await check(SCOPES, options), { code: 0, output: '' })
    const { code, output } = await check(SCOPES.replace("['create']", "['read']"), options)
    assert.notEqual(code, 0)
    assert.match(output, /read/)
  })
}
