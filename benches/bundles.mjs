// The apps as they are deployed: one module each, bundled and minified alike, with the files that it loads beside it.
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { packageDir } from '../tests/e2e/support/harness-server.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** The clients, in the order of the tables, and what their default entry points are. */
export const CLIENTS = {
  ours: { title: 'atproto-oauth-wasm', entries: ['atproto-oauth-wasm'] },
  official: { title: '@atproto/oauth-client-browser', entries: ['@atproto/oauth-client-browser'] },
  atcute: { title: '@atcute/oauth-browser-client', entries: ['@atcute/oauth-browser-client', '@atcute/identity-resolver'] },
  oauth4webapi: { title: 'oauth4webapi + glue', entries: ['oauth4webapi', './apps/oauth4webapi.js'] },
}

/** What a module imports only when it comes to it stays a file of its own, as bundlers leave it. */
const LAZY_APART = {
  name: 'lazy-apart',
  setup: (build) => build.onResolve({ filter: /^\./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
}

const COMMON = {
  bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false, logLevel: 'silent',
  legalComments: 'none', alias: { 'atproto-oauth-wasm': join(packageDir, 'index.js') }, plugins: [LAZY_APART],
}

async function bundle(options) {
  const { outputFiles: [file] } = await build({ ...COMMON, ...options })
  return Buffer.from(file.contents)
}

/** How modules refer to files of the package: what they load beside them, and what they may come to import. */
const BESIDE = /new URL\(\s*["']([^"':]+)["']\s*,\s*import\.meta\.url\s*\)/g
const LAZY = /import\(\s*["'](\.[^"']+)["']\s*\)/g

/** The module with the files that it refers to, and those that they do. Only this package has any. */
async function closure(code, ...patterns) {
  const files = new Map([['', code]])
  const waiting = [code]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const [, reference] of patterns.flatMap((pattern) => [...next.toString().matchAll(pattern)])) {
      const name = posix.normalize(reference)
      if (files.has(name)) continue
      const bytes = await readFile(join(packageDir, name))
      files.set(name, bytes)
      if (name.endsWith('.js')) waiting.push(bytes)
    }
  }
  return files
}

/** Each file compressed by itself, as a server does it. */
function weigh(files) {
  const sum = (measure) => [...files.values()].reduce((total, bytes) => total + measure(bytes).length, 0)
  const brotli = (bytes) => brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })
  return { raw: sum((bytes) => bytes), gzip: sum((bytes) => gzipSync(bytes, { level: 9 })), brotli: sum(brotli) }
}

async function version(name) {
  const folder = name === 'atproto-oauth-wasm' ? packageDir : join(here, '../node_modules', name)
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version
}

/** Writes the page, its driver and the apps into a folder. Of each client its version, and the bytes of its app and of its entry point. */
export async function makeSite(folder) {
  await copyFile(join(here, 'page/index.html'), join(folder, 'index.html'))
  await writeFile(join(folder, 'driver.js'), await bundle({ entryPoints: [join(here, 'page/driver.js')] }))
  for (const number of [1, 2, 3, 4, 5]) await writeFile(join(folder, `empty-${number}.js`), 'export const nothing = 0\n')
  const made = {}
  for (const [client, { title, entries }] of Object.entries(CLIENTS)) {
    const app = await closure(await bundle({ entryPoints: [join(here, `apps/${client}.js`)] }), BESIDE)
    for (const [name, bytes] of app) await writeFile(join(folder, name || `${client}.js`), bytes)
    const contents = entries.map((entry) => `export * from ${JSON.stringify(entry)}`).join('\n')
    const whole = await closure(await bundle({ stdin: { contents, resolveDir: here } }), BESIDE, LAZY)
    made[client] = { title, version: await version(entries[0]), app: weigh(app), entry: weigh(whole) }
  }
  return made
}
