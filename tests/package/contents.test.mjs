import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { NAME, REPOSITORY, installPacked } from './packed.mjs'

/**
 * What this package weighs now and a hundredth more, so that no change makes it heavier unseen. To be lowered with every
 * byte saved: the goal is to stay below 52 049, which is the official client minified and compressed the same way.
 */
const BROTLI_LIMIT = 108_400

/** What those pay who import `atproto-oauth-wasm/scopes`. */
const SCOPES_BROTLI_LIMIT = 3_400

/** The modules that an app can import. */
const MODULES = ['index', 'refresh-worker', 'scopes']

/** Those that load when a worker is to refresh: the page's part, and the script of the shared worker. */
const WORKER_MODULES = ['refresh-page', 'refresh-shared']

const { folder, files } = installPacked()
const read = (name) => fs.readFileSync(path.join(folder, name))
const manifest = JSON.parse(read('package.json'))

/** The declarations that those of an entry point lead to. */
function declarations(name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  for (const [, to] of read(name).toString().matchAll(/(?:from|import\()\s*["'](\.[^"']+)\.js["']/g))
    declarations(path.posix.join(path.posix.dirname(name), `${to}.d.ts`), found)
  return found
}

test('exactly what is needed is published', () => {
  const expected = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'core_bg.wasm', 'package.json']
  const modules = [...MODULES, ...WORKER_MODULES].flatMap((name) => [`${name}.js`, `${name}.js.map`])
  const types = new Set(MODULES.flatMap((name) => [...declarations(`types/${name}.d.ts`)]))
  assert.deepEqual(files, [...expected, ...modules, ...types].sort())
})

const brotli = (name) => zlib.brotliCompressSync(read(name)).length

test('a visitor downloads no more than was agreed', () => {
  const bytes = brotli('index.js') + brotli('core_bg.wasm')
  assert.ok(bytes <= BROTLI_LIMIT, `${bytes} bytes, allowed are ${BROTLI_LIMIT}`)
})

test('permission scopes are for those who import them, without the core', () => {
  assert.ok(!read('index.js').includes('SCOPE_VALUE_INVALID'))
  assert.ok(!/core_bg\.wasm|index\.js"/.test(read('scopes.js').toString()))
  const bytes = brotli('scopes.js')
  assert.ok(bytes <= SCOPES_BROTLI_LIMIT, `${bytes} bytes, allowed are ${SCOPES_BROTLI_LIMIT}`)
})

test('package.json names the package, and the version is the crate\'s', () => {
  const cargo = fs.readFileSync(path.join(REPOSITORY, 'Cargo.toml'), 'utf8')
  assert.equal(manifest.name, NAME)
  assert.equal(manifest.version, cargo.match(/^version = "(.*)"$/m)[1])
  assert.equal(manifest.license, 'MIT OR Apache-2.0')
  assert.equal(manifest.private, undefined)
})

test('package.json lets bundlers drop what is unused, and brings nothing else along', () => {
  assert.equal(manifest.type, 'module')
  assert.equal(manifest.sideEffects, false)
  for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies', 'scripts', 'bin'])
    assert.deepEqual(manifest[field] ?? {}, {}, field)
})

test('every entry point exists, and types come before code', () => {
  const targets = []
  const collect = (value) => (typeof value === 'string' ? targets.push(value) : Object.values(value).forEach(collect))
  collect(manifest.exports)
  for (const target of [...targets, manifest.types, manifest.main, manifest.module].filter(Boolean))
    assert.ok(files.includes(path.posix.normalize(target)), target)

  const main = manifest.exports['.']
  assert.equal(Object.keys(main)[0], 'types')
  assert.equal(path.posix.normalize(main.types), 'types/index.d.ts')
  assert.equal(path.posix.normalize(main.default ?? main.import), 'index.js')
})

test('the module finds its wasm beside itself, in the form that bundlers understand', () => {
  assert.match(read('index.js').toString(), /new URL\("core_bg\.wasm",\s*import\.meta\.url\)/)
})

/** The modules of the package that one leads to, by import or by address. */
function reached(name, found = new Set()) {
  for (const [, next] of read(`${name}.js`).toString().matchAll(/"\.\/([\w-]+)\.js"/g)) {
    if (found.has(next) || !files.includes(`${next}.js`)) continue
    found.add(next)
    reached(next, found)
  }
  return [...found].sort()
}

test('no module leads back to itself: bundlers that follow the address of a worker would not end', () => {
  assert.deepEqual(reached('index'), ['refresh-page', 'refresh-shared', 'refresh-worker'])
  for (const name of [...MODULES, ...WORKER_MODULES]) assert.ok(!reached(name).includes(name), name)
})

test('the worker has the core, and nothing of what makes requests in a page', () => {
  const code = read('refresh-worker.js').toString()
  assert.match(code, /new URL\("core_bg\.wasm",\s*import\.meta\.url\)/)
  assert.ok(!code.includes('fetchHandler'))
})

test('each module brings what it is made of once', () => {
  for (const name of MODULES) {
    const { sources } = JSON.parse(read(`${name}.js.map`))
    const names = sources.map((source) => path.posix.basename(source))
    assert.equal(new Set(names).size, names.length, `${name}: ${names}`)
  }
})

for (const name of [...MODULES, ...WORKER_MODULES]) {
  test(`the source map of ${name}.js brings its sources along`, () => {
    const map = JSON.parse(read(`${name}.js.map`))
    assert.equal(map.sourcesContent.length, map.sources.length)
    assert.ok(read(`${name}.js`).toString().trimEnd().endsWith(`//# sourceMappingURL=${name}.js.map`))
  })
}

test('nothing tells where it was built', () => {
  for (const name of files) {
    const text = read(name).toString('latin1')
    for (const place of [`${os.homedir()}/`, `${REPOSITORY}/`, '/registry/src/']) assert.ok(!text.includes(place), `${name}: ${place}`)
  }
})
