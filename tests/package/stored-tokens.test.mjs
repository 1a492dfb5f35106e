// Which access token of a row is one: by the table that the Rust crate is held to as well. Rows are read by the same code
// before the core is loaded and after.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { perform } from '../../src/browser/rows.js'
import { REPOSITORY } from './packed.mjs'

const cases = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/tokens.json'), 'utf8'))

const DID = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa'
const CLIENT = 'https://app.example/client.json'

const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])

function rowWith(access_token) {
  const tokenSet = { iss: 'https://issuer.example', sub: DID, aud: 'https://pds.example/', scope: 'atproto', token_type: 'DPoP', access_token }
  return { value: { authMethod: { method: 'none' }, tokenSet, dpopKey: { keyId: 'key', keyPair } } }
}

test('a row with a token that no header can carry unchanged is corrupt', async () => {
  assert.ok(cases.length > 0)
  for (const { token, access, why } of cases) {
    const row = rowWith(token)
    const rows = { get: async (key) => (key === DID ? row : undefined), all: async () => [row] }
    const database = { run: async (_store, _mode, work) => work(rows) }
    const read = perform(database, 'session', 'get', CLIENT, DID)
    if (access) assert.equal((await read).access_token, token, why)
    else await assert.rejects(read, { kind: 'corrupt', error: 'access_token' }, why)
    assert.equal((await perform(database, 'session', 'list', CLIENT, '')).length, access ? 1 : 0, why)
  }
})
