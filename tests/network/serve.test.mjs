import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readPairs, startServer } from './serve.mjs'

let folder
let server

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'atproto-oauth-wasm-serve-'))
  for (const name of ['root', 'root-secret', 'pkg']) fs.mkdirSync(path.join(folder, name))
  fs.writeFileSync(path.join(folder, 'root/index.html'), '<!doctype html>')
  fs.writeFileSync(path.join(folder, 'root-secret/file.txt'), 'secret')
  fs.writeFileSync(path.join(folder, 'pkg/core_bg.wasm'), '\0asm')
  fs.symlinkSync(path.join(folder, 'root-secret'), path.join(folder, 'root/link'))
  server = await startServer({
    root: path.join(folder, 'root'),
    mounts: { '/pkg': path.join(folder, 'pkg') },
    json: { '/network.json': { answer: 42 } },
  })
})

after(async () => {
  await server.stop()
  fs.rmSync(folder, { recursive: true })
})

/** Asks for a path exactly as written: `fetch` would tidy it first. */
function get(rawPath, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, path: rawPath, method }, async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode, type: response.headers['content-type'], body })
    })
    request.on('error', reject).end()
  })
}

test('a folder is answered with its index page', async () => {
  assert.deepEqual(await get('/?code=x'), { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html>' })
})

test('a mounted wasm file has the type that streaming compilation asks for', async () => {
  assert.deepEqual(await get('/pkg/core_bg.wasm'), { status: 200, type: 'application/wasm', body: '\0asm' })
})

test('JSON is served at its path', async () => {
  assert.deepEqual(await get('/network.json'), { status: 200, type: 'application/json', body: '{"answer":42}' })
})

test('nothing outside the folder is served', async () => {
  const attempts = [
    '/../root-secret/file.txt',
    '/%2e%2e/root-secret/file.txt',
    '/..%2froot-secret/file.txt',
    '/pkg/../../root-secret/file.txt',
    '/pkg/..%2froot-secret%2ffile.txt',
    '/link/file.txt',
    '/%00',
    '/%',
  ]
  for (const attempt of attempts) {
    const { status, body } = await get(attempt)
    assert.ok(status === 404 || status === 400, `${attempt}: ${status}`)
    assert.ok(!body.includes('secret'), attempt)
  }
})

test('only reading is allowed', async () => {
  assert.equal((await get('/', 'POST')).status, 405)
  assert.deepEqual(await get('/', 'HEAD'), { status: 200, type: 'text/html; charset=utf-8', body: '' })
})

test('pairs of the command line', () => {
  assert.deepEqual(readPairs(['/pkg/=pkg', '/a.json={"b":"c=d"}']), { '/pkg': 'pkg', '/a.json': '{"b":"c=d"}' })
  assert.throws(() => readPairs(['pkg']))
})
