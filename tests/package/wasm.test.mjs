// The two files of the package that must be of one build, and what the loader says where the wasm is not to be had.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { installPacked } from './packed.mjs'

const { folder } = installPacked()
const { BrowserOAuthClient } = await import(path.join(folder, 'index.js'))
const wasm = fs.readFileSync(path.join(folder, 'core_bg.wasm'))
const address = pathToFileURL(path.join(folder, 'core_bg.wasm')).href

const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(wasm), 'build')
const id = new TextDecoder().decode(section)

/** The same module as of another build. */
const other = Buffer.from(wasm)
other.write('0'.repeat(id.length), wasm.lastIndexOf(id))
/** One of before there were build ids. */
const nameless = wasm.subarray(0, wasm.lastIndexOf(Buffer.from(`build${id}`)) - 3)

const real = { fetch: globalThis.fetch, WebAssembly: globalThis.WebAssembly, addEventListener: globalThis.addEventListener }
afterEach(() => Object.assign(globalThis, real))

/** Loads the core from what a server answers in turn, and gives what was asked and what went wrong. */
async function load(...answers) {
  const asked = []
  globalThis.fetch = async (url, init) => {
    asked.push([String(url), init?.cache])
    const answer = answers[asked.length - 1]
    if (answer instanceof Error) throw answer
    return answer()
  }
  const error = await BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost' }).then(() => undefined, (error) => error)
  return { asked, error }
}

const answer = (body, type = 'application/wasm', status = 200) => () =>
  new Response(body, { status, headers: type ? { 'content-type': type } : {} })

function assertError(error, expected) {
  assert.ok(error instanceof Error)
  const { code, step, retryable, help } = error
  assert.deepEqual({ code, step, retryable }, { step: 'configure', ...expected })
  assert.ok(help.length > 20, help)
}

test('both files carry one build id', () => {
  assert.match(id, /^[0-9a-f]{16}$/)
  assert.ok(fs.readFileSync(path.join(folder, 'index.js'), 'utf8').includes(`"${id}"`))
  assert.ok(new real.WebAssembly.Module(nameless), 'without the section it is the same module')
})

for (const [what, body] of [['of another build', other], ['of before there were build ids', nameless]]) {
  for (const type of ['application/wasm', 'application/octet-stream']) {
    test(`a module ${what}, as ${type}, is fetched once more past the cache, and is then a mismatch`, async () => {
      const { asked, error } = await load(answer(body, type), answer(body, type))
      assert.deepEqual(asked, [[address, undefined], [`${address}?build=${id}`, 'reload']])
      assertError(error, { code: 'WASM_MISMATCH', retryable: true })
      assert.ok(error.message.includes(address), error.message)
    })
  }
}

test('where nothing better comes past the cache, the mismatch says what came', async () => {
  const { error } = await load(answer(other), answer('gone', 'text/plain', 404))
  assertError(error, { code: 'WASM_MISMATCH', retryable: true })
  assertError(error.cause, { code: 'WASM_UNAVAILABLE', retryable: false })
})

const PAGE = '<!doctype html><title>An app</title>'
const TRUNCATED = wasm.subarray(0, 1000)
const refused = (message) => () => { throw new WebAssembly.CompileError(message) }

for (const [what, reply, said, retryable, help] of [
  ['a missing file', answer('', 'text/plain', 404), 'status 404', false, /core_bg\.wasm beside the script/],
  ['a server in trouble', answer('', 'text/plain', 503), 'status 503', true, /core_bg\.wasm/],
  ['a page of the app in its place', answer(PAGE, 'text/html; charset=utf-8'), 'an HTML page came', false, /no page of the app/],
  ['a page without a media type', answer(`\n ${PAGE}`, ''), 'an HTML page came', false, /no page of the app/],
  ['something else', answer('{}', 'application/json'), 'is no WebAssembly', false, /core_bg\.wasm/],
  ['nothing', answer('', ''), 'is no WebAssembly', false, /core_bg\.wasm/],
  ['half of it', answer(TRUNCATED), 'cannot be compiled', false, /core_bg\.wasm/],
  ['half of it, by another type', answer(TRUNCATED, ''), 'cannot be compiled', false, /core_bg\.wasm/],
  ['a page that claims to be wasm', answer(PAGE), 'cannot be compiled', false, /core_bg\.wasm/],
  ['no network', new TypeError('Failed to fetch'), 'no answer came', true, /connection/],
]) {
  test(`${what}: the error says so, and names the address`, async () => {
    const { asked, error } = await load(reply)
    assert.deepEqual(asked, [[address, undefined]])
    assertError(error, { code: 'WASM_UNAVAILABLE', retryable })
    assert.match(error.message, new RegExp(said))
    assert.ok(error.message.includes(address), error.message)
    assert.equal(error.url, address)
    assert.match(error.help, help)
  })
}

for (const message of [
  "WebAssembly.compileStreaming(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source",
  'call to WebAssembly.compileStreaming() blocked by CSP',
  "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed source of script",
]) {
  test(`a policy that forbids compiling, in the words "${message.slice(0, 30)} ..."`, async () => {
    globalThis.WebAssembly = Object.assign(Object.create(real.WebAssembly), { compileStreaming: refused(message), compile: refused(message) })
    const { error } = await load(answer(wasm))
    assertError(error, { code: 'WASM_UNAVAILABLE', retryable: false })
    assert.match(error.message, /policy does not let it be compiled/)
    assert.match(error.help, /'wasm-unsafe-eval' in the page's script-src/)
  })
}

for (const [directive, blocked, reply, said, help] of [
  ['script-src', () => 'wasm-eval', answer(wasm), /let it be compiled/, /script-src/],
  ['connect-src', (url) => url, new TypeError('Load failed'), /let it be fetched/, /connect-src/],
  ['connect-src', () => 'https://elsewhere.example.com/', new TypeError('Load failed'), /no answer came/, /connection/],
]) {
  test(`a violation of ${directive} that the browser tells a little later: ${said}`, async () => {
    globalThis.WebAssembly = Object.assign(Object.create(real.WebAssembly), { compileStreaming: refused('no'), compile: refused('no') })
    globalThis.addEventListener = (type, listener) => {
      assert.equal(type, 'securitypolicyviolation')
      setTimeout(() => listener({ effectiveDirective: directive, blockedURI: blocked(address) }), 20)
    }
    const { error } = await load(reply)
    assertError(error, { code: 'WASM_UNAVAILABLE', retryable: error.message.includes('no answer') })
    assert.match(error.message, said)
    assert.match(error.help, help)
  })
}

test('without WebAssembly nothing is fetched', async () => {
  globalThis.WebAssembly = undefined
  const { asked, error } = await load()
  assert.deepEqual(asked, [])
  assertError(error, { code: 'WASM_UNAVAILABLE', retryable: false })
  assert.match(error.message, /there is no WebAssembly here/)
  assert.ok(error.message.includes(address))
})

// The last, since what was loaded stays.
test('what failed is tried again, and what fits past the cache is taken', async () => {
  const { asked, error } = await load(answer(other), answer(wasm, ''))
  assert.equal(error, undefined)
  assert.equal(asked.length, 2)
})
