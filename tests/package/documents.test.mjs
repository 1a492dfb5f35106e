// The JavaScript in documents, as their readers copy it: each block type-checks against the package.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { NAME, REPOSITORY, installPacked, run, tool } from './packed.mjs'

const { project } = installPacked()

/** What blocks take for granted. */
const GLOBALS = `
  import type { BrowserOAuthClient, OAuthSession } from '${NAME}'
  declare global {
    const client: BrowserOAuthClient
    const session: OAuthSession
    const clientMetadata: { client_id: string, redirect_uris: [string], scope?: string }
    const handleResolver: string
    const input: string
    function addEntry(name: string, isActive: boolean, onClick: () => unknown): void
  }
`

const OPTIONS = {
  target: 'esnext',
  lib: ['esnext', 'dom', 'dom.iterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  types: [],
  allowJs: true,
  checkJs: true,
  strict: false,
  // The agent's declarations are not ours to check.
  skipLibCheck: true,
  noEmit: true,
}

const documents = ['README.md', 'pkg-template/README.md', ...fs.readdirSync(path.join(REPOSITORY, 'docs')).map((name) => `docs/${name}`)]
const blocks = documents.flatMap((name) => {
  const text = fs.readFileSync(path.join(REPOSITORY, name), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code], at) => ({ name: `${name.replaceAll('/', '-')}-${at + 1}.js`, code }))
})

/** Type-checks modules beside each other. */
async function check(modules) {
  const place = fs.mkdtempSync(path.join(project, 'reader-'))
  fs.writeFileSync(path.join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS }))
  fs.writeFileSync(path.join(place, 'globals.d.ts'), GLOBALS)
  for (const { name, code } of modules) fs.writeFileSync(path.join(place, name), code)
  return run(tool('tsc'), ['--project', '.', '--pretty', 'false'], { cwd: place })
}

test('the JavaScript in documents type-checks', async () => {
  assert.ok(blocks.length >= 8, `only ${blocks.length} blocks were found`)
  fs.symlinkSync(path.join(REPOSITORY, 'node_modules/@atproto'), path.join(project, 'node_modules/@atproto'))
  assert.deepEqual(await check(blocks), { code: 0, output: '' })
  const { output } = await check([{ name: 'wrong.js', code: 'client.signin(input)' }])
  assert.match(output, /^wrong\.js.*signin/)
})
