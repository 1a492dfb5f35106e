// The nonce that a page finds before the core is loaded, by the table that `tests/wire/storage.rs` reads too.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { names } from '../../src/host/browser/names.js'
import { storedNonce, noncesItem } from '../../src/host/browser/nonces.js'
import { REPOSITORY } from './packed.mjs'

const { cases } = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/nonces.json'), 'utf8'))
const DID = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa'
const found = () => storedNonce(names(), DID, 'https://pds.example.com') ?? null
after(() => delete globalThis.localStorage)

test('the nonce of a server is the one that the table says', () => {
  for (const { kept, repeat = 0, nonce } of cases) {
    const items = { [noncesItem(names(), DID)]: kept + 'n'.repeat(repeat) }
    globalThis.localStorage = { getItem: (name) => items[name] ?? null }
    assert.equal(found(), nonce && (nonce.repeat(repeat) || nonce), JSON.stringify({ kept, repeat }))
  }
})

test('where nothing can be read, there is none', () => {
  globalThis.localStorage = { getItem: () => { throw new Error('denied') } }
  assert.equal(found(), null)
  delete globalThis.localStorage
  assert.equal(found(), null)
})
