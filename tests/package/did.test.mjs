// The guards and helpers for DIDs agree with those that the official package passes on, on every input here. The package
// itself is not imported: it opens a channel, which would keep this process alive.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as did from '@atproto/did'
import * as oauth from '@atproto/oauth-types'
import { isResolvedHandle } from '@atproto-labs/handle-resolver'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const official = { ...oauth, ...did, isResolvedHandle }
const ours = await import(path.join(folder, 'index.js'))

const PLC = 'did:plc:z72i7hdynmk6r22z27h6tvur'
const INPUTS = [
  PLC, PLC.slice(0, -1), `${PLC}a`, PLC.toUpperCase(), 'did:plc:', 'did:plc:z72i7hdynmk6r22z27h6tvu1', 'did:plc:z72i7hdynmk6r22z27h6t:ur',
  'did:web:example.com', 'did:web:localhost', 'did:web:localhost%3A3000', 'did:web:localhost:path', 'did:web:example.com%3A8080',
  'did:web:example.com:user:alice', 'did:web:example.com:', 'did:web::example.com', 'did:web:', 'did:web:exa mple.com', 'did:web:%',
  'did:web:example.com%2Fx', 'did:web:localhosts%3A3000', 'did:web:a%3Ab', 'did:key:zQ3sh', 'did:KEY:zQ3sh', 'did::x', 'did:x', 'did:', 'did',
  'did:x:y:', 'did:x:%4g', 'did:x:%41', 'did:x:ü', `did:x:${'y'.repeat(2042)}`, `did:x:${'y'.repeat(2043)}`, '', 'alice.example.com', undefined, null,
  42, {}, [PLC],
]
const KINDS = ['Did', 'DidPlc', 'DidWeb', 'AtprotoDid', 'AtprotoDidWeb']

/** What a call gives: its value, or the class, code and subject of what it throws. */
function outcome(api, name, input) {
  try {
    return { value: api[name](input) }
  } catch (error) {
    return { isInvalid: error instanceof api.InvalidDidError, isDid: error instanceof api.DidError, code: error.code, did: error.did }
  }
}

for (const kind of KINDS) {
  for (const verb of ['is', 'as', 'assert']) {
    const name = verb + kind
    if (!(name in official)) continue
    test(`${name} agrees`, () => {
      for (const input of INPUTS) assert.deepEqual(outcome(ours, name, input), outcome(official, name, input), JSON.stringify(input))
    })
  }
}

// The Rust core is held to the same table.
const { cases } = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/did.json'), 'utf8'))

test('a DID is one that atproto supports, or not, as the table says', () => {
  for (const { did, atproto, official: theirs = atproto } of cases) {
    assert.equal(ours.isAtprotoDid(did), atproto, did)
    assert.equal(ours.isAtprotoDidWeb(did), atproto && did.startsWith('did:web:'), did)
    assert.equal(ours.isResolvedHandle(did), atproto, did)
    assert.equal(outcome(ours, 'asAtprotoDid', did).value, atproto ? did : undefined, did)
    assert.equal(official.isAtprotoDid(did), theirs, `${did}, by the official client`)
  }
})

test('the helpers agree', () => {
  for (const did of [PLC, 'did:web:example.com:x'])
    assert.equal(ours.extractDidMethod(did), official.extractDidMethod(did))
  for (const did of ['did:web:example.com', 'did:web:localhost%3A3000', 'did:web:example.com%3A8080:user:alice'])
    assert.equal(String(ours.didWebToUrl(did)), String(official.didWebToUrl(did)))
  for (const url of ['https://example.com', 'https://example.com:8080/user/alice', 'http://localhost:3000/'])
    assert.equal(ours.urlToDidWeb(new URL(url)), official.urlToDidWeb(new URL(url)))
  for (const value of [null, PLC, 'x', undefined]) assert.equal(ours.isResolvedHandle(value), official.isResolvedHandle(value))
})

test('the constants agree', () => {
  const names = ['DID_PREFIX', 'DID_PLC_PREFIX', 'DID_WEB_PREFIX', 'CLIENT_ASSERTION_TYPE_JWT_BEARER', 'OAUTH_ENDPOINT_NAMES',
    'ATPROTO_SCOPE_VALUE', 'DEFAULT_ATPROTO_OAUTH_SCOPE', 'LOOPBACK_CLIENT_ID_ORIGIN', 'DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS']
  for (const name of names) assert.deepEqual(ours[name], official[name], name)
})

test('DidError.from makes what the official one makes', () => {
  const shape = ({ did, message, code, status, statusCode, cause }) => ({ did, message, code, status, statusCode, cause })
  for (const thrown of [new Error('x'), Object.assign(new Error('x'), { statusCode: 404 }), { status: 500 }, 'x', undefined])
    assert.deepEqual(shape(ours.DidError.from(thrown, PLC)), shape(official.DidError.from(thrown, PLC)))
})
