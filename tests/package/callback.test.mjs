// The answer in a page's address, by the table that `tests/wire/page.rs` reads too: Rust and TypeScript find the same.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const { BrowserOAuthClient } = await import(path.join(folder, 'index.js'))
const table = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/callback.json'), 'utf8'))

const options = { handleResolver: 'https://pds.example.com', clientMetadata: {} }
const clients = Object.fromEntries(['fragment', 'query'].map((responseMode) => [responseMode, new BrowserOAuthClient({ ...options, responseMode })]))
after(() => delete globalThis.location)

for (const { mode, at, params } of table) {
  test(`in ${mode} mode, "${at}" has ${params ? 'an answer' : 'none'}`, () => {
    globalThis.location = new URL(`https://app.example.com/cb${at}`)
    const found = clients[mode].readCallbackParams()
    assert.deepEqual(found && Object.fromEntries(found), params)
  })
}

// Also by a table that Rust is held to, in `tests/wire/tables.rs`.
for (const { redirect_uris, page, is } of JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/redirect-uri.json'), 'utf8')).cases) {
  test(`${page} is ${is ?? 'none'} of ${redirect_uris}`, () => {
    globalThis.location = new URL(page)
    assert.equal(new BrowserOAuthClient({ ...options, clientMetadata: { redirect_uris } }).findRedirectUrl(), is)
  })
}

test('where there is no page, there is no answer', () => {
  delete globalThis.location
  assert.equal(clients.fragment.readCallbackParams(), null)
})
