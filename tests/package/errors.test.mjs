// What errors say, of which class they are and what is behind them: by the table that the Rust crate is held to as well.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { REPOSITORY, installPacked } from './packed.mjs'

const { cases } = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/errors.json'), 'utf8'))
const TABLE = path.join(REPOSITORY, 'src/sentences.txt')
const table = fs.readFileSync(TABLE, 'utf8')

/** A module of the package's TypeScript, with what it imports. */
async function load(name) {
  const toTable = { name: 'table', setup: ({ onResolve }) => onResolve({ filter: /sentences\.txt$/ }, () => ({ path: TABLE })) }
  const entry = path.join(REPOSITORY, 'pkg-template/src', `${name}.ts`)
  const options = { bundle: true, format: 'esm', write: false, loader: { '.txt': 'text' }, plugins: [toTable] }
  const { outputFiles } = await build({ entryPoints: [entry], ...options })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
}

const { toError } = await load('error-details')
const { className, keyOfLine, message: messageOf } = await load('sentences')

function chain(error) {
  return error instanceof Error ? [[error.name, error.message], ...chain(error.cause)] : []
}

for (const { details, message, help, errors } of cases) {
  test(`${details.code} at ${details.step}: ${message}`, () => {
    const error = toError(details)
    assert.equal(messageOf(details.key ?? details.code, details), message)
    assert.equal(error.help, help)
    assert.deepEqual(chain(error), errors)
  })
}

test('what the app\'s own hook threw stays what it was, and is the cause in a callback', () => {
  const hookError = Object.freeze(new Error('The hook of the app'))
  const details = { code: 'HOOK_FAILED', step: 'token', message: 'The hook failed' }
  assert.equal(toError(details, { hookError }), hookError)
  assert.equal(toError({ ...details, inCallback: true }, { hookError }).cause, hookError)
})

test('every message of the table has a class, which is made', () => {
  const rows = table.split('\n\n')[0].split('\n')
  rows.forEach((row, line) => {
    if (!row.includes(' ')) return
    const key = keyOfLine(line)
    assert.equal(row.split(' ')[0], key)
    const [code] = key.split('/')
    const error = toError({ code, key, step: 'request', payload: {} })
    assert.equal(error.name, className(key))
    const isPlain = ['Error', 'HookError', 'IdentityResolverError'].includes(error.name)
    assert.equal(error.constructor === Error, isPlain, key)
  })
})

test('no sentence is in the WebAssembly', () => {
  const core = fs.readFileSync(path.join(installPacked().folder, 'core_bg.wasm'), 'latin1')
  const sentences = table.split('\n').map((line) => line.replace(/^\S+ /, '')).filter((text) => text.length > 24)
  assert.ok(sentences.length > 100)
  for (const sentence of sentences) assert.ok(!core.includes(sentence), sentence)
})
