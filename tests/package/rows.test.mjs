// The rows of the database, by the tables that the Rust crate is held to as well: which row is whose, and which cannot be read.
// The same code reads them before the core is loaded and after.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { perform } from '../../src/host/browser/rows.js'
import { REPOSITORY } from './packed.mjs'

const table = (name) => JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec', name), 'utf8'))
const { whose, corrupt } = table('rows.json')

const DID = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa'
const CLIENT = 'https://app.example/client.json'

const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])

const SESSION = { iss: 'https://issuer.example', sub: DID, aud: 'https://pds.example/', scope: 'atproto' }

/** A row as the official client stores it. */
function officialRow(store, access_token = 'token') {
  const value = { authMethod: { method: 'none' }, dpopKey: { keyId: 'key', keyPair } }
  if (store === 'session') return { value: { ...value, tokenSet: { ...SESSION, token_type: 'DPoP', access_token } } }
  return { value: { ...value, iss: SESSION.iss, verifier: 'verifier' } }
}

/** A database with these rows. */
function databaseWith(stored) {
  const rows = {
    get: async (key) => stored.get(key),
    all: async () => [...stored.values()],
    put: async (key, row) => void stored.set(key, row),
    delete: async (key) => void stored.delete(key),
    confirmAbsent: () => {},
  }
  return { run: async (_store, _mode, work) => work(rows) }
}

test('a token is read unless no header can carry it unchanged', async () => {
  for (const { token, access, why } of table('tokens.json')) {
    const database = databaseWith(new Map([[DID, officialRow('session', token)]]))
    const reading = perform(database, 'session', 'get', CLIENT, DID)
    if (access) assert.equal((await reading).access_token, token, why)
    else await assert.rejects(reading, { kind: 'corrupt', error: 'access_token' }, why)
    assert.equal((await perform(database, 'session', 'list', CLIENT, '')).length, access ? 1 : 0, why)
  }
})

for (const { why, steps, sees, owner } of whose) {
  test(`whose row it is: ${why}`, async () => {
    const stored = new Map()
    const database = databaseWith(stored)
    const operate = (client, operation, ...more) => perform(database, 'session', operation, client, DID, ...more)
    for (const { unnamed, client, put, expected, done } of steps) {
      const row = { ...SESSION, access_token: put, clientId: client, keyId: 'key', keyPair }
      if (unnamed !== undefined) stored.set(DID, officialRow('session', unnamed))
      else if (put !== undefined) assert.equal(await operate(client, 'put', row, expected), done)
      else assert.equal(await operate(client, 'delete', undefined, expected), done)
    }
    for (const [client, token] of Object.entries(sees)) {
      assert.equal((await operate(client, 'get'))?.access_token ?? null, token, client)
      assert.equal((await operate(client, 'list')).some(({ access_token }) => access_token === token), token !== null, client)
    }
    assert.equal((await operate('', 'owner')) ?? null, owner)
  })
}

test('a row that cannot be read is refused for the member that the table names', async () => {
  for (const damage of corrupt) {
    const { store, path: place, to, member } = damage
    const row = officialRow(store)
    const names = place.split('.')
    const last = names.pop()
    const parent = names.reduce((object, name) => object[name], row)
    if (to === undefined) delete parent[last]
    else parent[last] = to
    const reading = perform(databaseWith(new Map([[DID, row]])), store, 'get', CLIENT, DID)
    await assert.rejects(reading, { kind: 'corrupt', error: member }, JSON.stringify(damage))
  }
})
