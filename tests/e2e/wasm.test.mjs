// The script and its wasm in Chromium, where what is served is not what belongs together, or is not let in.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { launchBrowser } from './support/browser.mjs'
import { assertTyped } from './support/error-shape.mjs'
import { packageDir, serveHarness } from './support/harness-server.mjs'
import { errorOf, harnessReady, valueOf } from './support/page.mjs'

const wasm = await readFile(join(packageDir, 'core_bg.wasm'))
const script = await readFile(join(packageDir, 'index.js'), 'utf8')
const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(wasm), 'build')
const id = new TextDecoder().decode(section)

/** Both files of another build: the ids are all that these two builds differ in. */
const OTHER = 'f'.repeat(id.length)
const otherWasm = Buffer.from(wasm)
otherWasm.write(OTHER, wasm.lastIndexOf(id))
const otherScript = script.replaceAll(id, OTHER)

const browser = await launchBrowser()
const harness = await serveHarness({ pdsUrl: 'https://pds.example.com', plcUrl: 'https://plc.example.com' })
const { origin } = harness
after(async () => {
  await browser.close()
  await harness.stop()
})

const answerWith = (body, contentType = 'application/wasm') => (route) => route.fulfill({ body, contentType })

/** A page whose files are answered by these; `asked` has the addresses of the wasm. */
async function visit(t, { core, index, policy } = {}) {
  const context = await browser.newContext()
  t.after(() => context.close())
  const asked = []
  context.on('request', (request) => request.url().includes('core_bg.wasm') && asked.push(request.url()))
  if (core) await context.route('**/core_bg.wasm*', core)
  if (index) await context.route('**/pkg/index.js', answerWith(index, 'text/javascript'))
  if (policy) {
    await context.route(`${origin}/`, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
    })
  }
  const page = await context.newPage()
  await page.goto(`${origin}/`)
  await harnessReady(page)
  return { page, asked }
}

/** Loads the core, and nothing else. */
const loads = (page) => valueOf(page, async () => (await lib.BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost' })).scope)
const fails = (page) => errorOf(page, () => lib.BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost' }))

const ADDRESS = `${origin}/pkg/core_bg.wasm`
const pair = (id) => [ADDRESS, `${ADDRESS}?build=${id}`]

for (const [what, files, wanted] of [
  ['a new script and an old wasm', { core: answerWith(otherWasm) }, id],
  ['an old script and a new wasm', { index: otherScript }, OTHER],
]) {
  test(`${what}: a mismatch, and nothing of it is called`, async (t) => {
    const { page, asked } = await visit(t, files)
    await page.evaluate(() => {
      window.instances = 0
      const { instantiate } = WebAssembly
      WebAssembly.instantiate = (...given) => { window.instances += 1; return instantiate(...given) }
    })
    const error = await fails(page)
    assertTyped(error, { code: 'WASM_MISMATCH', step: 'configure', retryable: true, url: ADDRESS })
    assert.ok(error.message.includes(ADDRESS))
    assert.match(error.help, /one build/)
    assert.deepEqual(asked, pair(wanted))
    assert.equal(await page.evaluate(() => instances), 0)
    // Every call of a client says the same, and none is a bare TypeError.
    assertTyped(await errorOf(page, async () => { await makeClient().accounts() }), { code: 'WASM_MISMATCH' })
  })
}

test('an old wasm in a cache is passed by', async (t) => {
  const { page, asked } = await visit(t, { core: (route) => answerWith(route.request().url().includes('?') ? wasm : otherWasm)(route) })
  assert.equal(await loads(page), 'atproto')
  assert.deepEqual(asked, pair(id))
})

test('the files of one build are fetched once', async (t) => {
  const { page, asked } = await visit(t)
  assert.equal(await loads(page), 'atproto')
  assert.deepEqual(asked, [ADDRESS])
})

for (const [what, options, said, help] of [
  ['a missing file', { core: (route) => route.fulfill({ status: 404 }) }, /: status 404$/, /beside the script/],
  ['a page of the app in its place', { core: answerWith('<!doctype html><title>App</title>', 'text/html') }, /HTML page/, /no page of the app/],
  ['no network', { core: (route) => route.abort() }, /no answer came/, /connection/],
  ['a script-src without wasm', { policy: "script-src 'self'" }, /policy does not let it be compiled/, /'wasm-unsafe-eval' in the page's script-src/],
  ['a script-src without wasm, and another media type', { policy: "script-src 'self'", core: answerWith(wasm, 'application/octet-stream') },
    /policy does not let it be compiled/, /'wasm-unsafe-eval'/],
  ['a connect-src without the page itself', { policy: "script-src 'self' 'wasm-unsafe-eval'; connect-src https:" },
    /policy does not let it be fetched/, /connect-src/],
  ['a default-src that lets nothing be fetched', { policy: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" },
    /policy does not let it be fetched/, /connect-src/],
]) {
  test(`${what} is said, with the address`, async (t) => {
    const { page } = await visit(t, options)
    const error = await fails(page)
    assertTyped(error, { code: 'WASM_UNAVAILABLE', step: 'configure', url: ADDRESS, message: said, help })
    assert.ok(error.message.includes(`"${ADDRESS}"`), error.message)
  })
}

test('a browser without WebAssembly is said', async (t) => {
  const { page, asked } = await visit(t)
  await page.evaluate(() => { delete globalThis.WebAssembly })
  assertTyped(await fails(page), { code: 'WASM_UNAVAILABLE', message: /there is no WebAssembly here/ })
  assert.deepEqual(asked, [])
})

test('what failed is loaded by the next call, once it is there', async (t) => {
  let there = false
  const { page } = await visit(t, { core: (route) => (there ? route.continue() : route.fulfill({ status: 404 })) })
  assertTyped(await fails(page), { code: 'WASM_UNAVAILABLE' })
  there = true
  assert.equal(await loads(page), 'atproto')
})

test('a worker has the same loader, opens no popup and leaves for no page', async (t) => {
  const { page } = await visit(t, { core: (route) => route.fulfill({ status: 404 }) })
  const source = `
    import * as lib from '${origin}/pkg/index.js'
    const clientMetadata = lib.buildAtprotoLoopbackClientMetadata({ redirect_uris: ['${origin}/'] })
    const client = new lib.BrowserOAuthClient({ clientMetadata, handleResolver: 'https://pds.example.com' })
    const codeOf = (call) => call().then(() => 'none', (error) => [error.code, error.step, typeof error.help].join())
    postMessage(await Promise.all([
      codeOf(() => client.accounts()),
      codeOf(() => client.signIn('alice.test', { display: 'popup' })),
      codeOf(() => client.signInPopup('alice.test')),
      codeOf(() => client.signIn('alice.test')),
    ]))`
  await page.context().route('**/worker.js', answerWith(source, 'text/javascript'))
  const codes = await page.evaluate(() => new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
  }))
  assert.deepEqual(codes, ['WASM_UNAVAILABLE,configure,string', ...Array(3).fill('PAGE_ONLY,redirect,string')])
})
