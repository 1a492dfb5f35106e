// Requests with a session and their proofs, by the tables that the Rust crate is held to as well: the same code makes them for
// apps in JavaScript and, in a browser, in Rust.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { unsignedProof } from '../../src/host/browser/proof.js'
import { Requests } from '../../src/host/browser/request.js'
import { REPOSITORY } from './packed.mjs'

const table = (name) => JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec', name), 'utf8'))
const paths = table('path.json')
const proofs = table('proof.json')
const part = (encoded) => JSON.parse(Buffer.from(encoded, 'base64url').toString())
const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])

const credentials = (others) =>
  ({ pds: paths.pds, authorization: 'DPoP token', tokenId: 'id', head: proofs.head, key: privateKey, nonce: 'n', clockOffset: 0, until: undefined, ...others })

/** A core that has these credentials, and counts what it is asked. */
function core(others = {}) {
  const asked = []
  return {
    asked,
    stamp: 1,
    credentials: () => {
      asked.push('credentials')
      return credentials()
    },
    refreshIfDue: async () => void asked.push('refreshIfDue'),
    url: (given) => {
      asked.push('url')
      const { url } = paths.paths.find(({ path }) => path === given)
      if (url === null) throw Error('foreign')
      return url
    },
    keyError: (thrown) => ({ keyError: thrown }),
    report: async () => void asked.push('report'),
    ...others,
  }
}

/** A network that answers each request with the next of these responses, and the last of them again and again. */
function network(...responses) {
  const sent = []
  const send = async (request) => {
    sent.push(request)
    return responses[Math.min(sent.length, responses.length) - 1] ?? new Response()
  }
  return { sent, send }
}

test('a request goes where the table says, by the method that it says', async () => {
  for (const { path, url, plain } of paths.paths) {
    const { sent, send } = network()
    const session = core()
    const request = new Requests(session).send(path, undefined, send)
    if (url === null) await assert.rejects(request, { message: 'foreign' }, path)
    else await request
    assert.equal(session.asked.includes('url'), !plain, path)
    assert.deepEqual(sent.map((request) => request.url), url === null ? [] : [url], path)
  }
  for (const { given, sent: expected } of paths.methods) {
    const { sent, send } = network()
    await new Requests(core()).send('/x', { method: given }, send)
    const { htm } = part(sent[0].headers.get('dpop').split('.')[1])
    assert.deepEqual([htm, sent[0].method], [expected, expected], given)
  }
})

test('a plain path is one that a URL parser leaves as it is', () => {
  for (const { path, url, plain } of paths.paths) if (plain) assert.equal(paths.pds + path, url, path)
})

test('proofs are those of the table', () => {
  for (const { why, method, url, now, clockOffset, nonce, tokenId, claims } of proofs.cases) {
    const proof = unsignedProof(credentials({ clockOffset, nonce: nonce ?? undefined, tokenId }), method, url, now)
    assert.ok(proof.startsWith(proofs.head), why)
    const { jti, ...others } = part(proof.slice(proofs.head.length))
    assert.match(jti, /^[\w-]{22}-1$/, why)
    assert.deepEqual(others, claims, why)
  }
  assert.deepEqual(part(proofs.head.slice(0, -1)).jwk, { kty: 'EC', crv: 'P-256', ...proofs.key })
})

test('each proof has an id of its own, and no two sets of credentials have any of it in common', () => {
  const ids = [credentials(), credentials()].flatMap((each) =>
    [0, 1, 2].map(() => part(unsignedProof(each, 'GET', paths.pds, 0).slice(proofs.head.length)).jti))
  assert.equal(new Set(ids).size, 6)
  assert.equal(new Set(ids.map((id) => id.slice(0, 22))).size, 2)
})

test('a steady request asks the core for nothing', async () => {
  const session = core()
  const requests = new Requests(session)
  const { send } = network()
  await requests.send('/x', undefined, send)
  assert.deepEqual(session.asked.splice(0), ['credentials'])
  await requests.send('/x', undefined, send)
  assert.deepEqual(session.asked, [])
})

test('stored credentials serve until their time, and the core is attached once', async () => {
  let attached = 0
  const session = core()
  const attach = async () => {
    attached += 1
    return session
  }
  const stored = { credentials: credentials({ until: Date.now() + 60_000 }), attach, hasEnded: () => false }
  const { send } = network()
  await new Requests(stored).send('/x', undefined, send)
  assert.deepEqual([attached, session.asked], [0, []])

  const late = { ...stored, credentials: credentials({ until: Date.now() - 1 }) }
  const requests = new Requests(late)
  await Promise.all([requests.send('/x', undefined, send), requests.send('/x', undefined, send)])
  assert.equal(attached, 1)
  assert.equal(requests.core, session)
  await new Requests({ ...stored, hasEnded: () => true }).send('/x', undefined, send)
  assert.equal(attached, 2)
})

test('a core that could not be attached is asked for again', async () => {
  let attempts = 0
  const attach = async () => {
    attempts += 1
    if (attempts === 1) throw Error('offline')
    return core()
  }
  const requests = new Requests({ credentials: credentials({ until: 0 }), attach, hasEnded: () => false })
  const { send } = network()
  await assert.rejects(requests.send('/x', undefined, send), { message: 'offline' })
  await requests.send('/x', undefined, send)
  assert.equal(attempts, 2)
})

test('a refused request is sent again as often as the core says, unless its body is a stream', async () => {
  const tries = []
  const report = async (url, tokenId, nonce, signedAt, clockOffset, tried) => {
    tries.push([url, tokenId, nonce, clockOffset, tried])
    return tried < 2 ? tried + 1 : undefined
  }
  const { sent, send } = network(new Response(null, { status: 401 }))
  const response = await new Requests(core({ report })).send('/x', { method: 'POST', body: 'a' }, send)
  assert.equal(response.status, 401)
  assert.equal(sent.length, 3)
  assert.deepEqual(tries, [0, 1, 2].map((tried) => [`${paths.pds}/x`, 'id', 'n', 0, tried]))

  const stream = network(new Response(null, { status: 401 }))
  await new Requests(core({ report })).send('/x', { method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' }, stream.send)
  assert.equal(stream.sent.length, 1)
})

test('the last new nonce is used at once, and reported when there is time', async () => {
  const later = []
  const nonces = []
  const session = core({ report: async (url, tokenId, nonce, signedAt, clockOffset, tried, status, received) => void nonces.push(received) })
  const requests = new Requests(session, (work) => later.push(work))
  const answer = (nonce) => new Response(null, { headers: { 'dpop-nonce': nonce } })
  const { sent, send } = network(answer('n1'), answer('n2'), answer('n2'))
  for (let turn = 0; turn < 3; turn += 1) await requests.send('/x', undefined, send)
  assert.deepEqual(sent.map((request) => part(request.headers.get('dpop').split('.')[1]).nonce), ['n', 'n1', 'n2'])
  assert.deepEqual([later.length, nonces], [1, []])
  later[0]()
  await new Promise(setImmediate)
  assert.deepEqual(nonces, ['n2'])
})

test('what keeps a key from signing is the core\'s to say', async () => {
  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const session = core({ credentials: () => credentials({ key: publicKey }) })
  const { sent, send } = network()
  await assert.rejects(new Requests(session).send('/x', undefined, send), (thrown) => thrown.keyError instanceof Error)
  assert.equal(sent.length, 0)
})

test('a token follows no redirect', async () => {
  const moved = () => new Response(null, { status: 302 })
  const read = network(moved(), new Response('a picture'))
  const response = await new Requests(core()).send('/x', { headers: { authorization: 'mine', accept: 'image/*' } }, read.send)
  assert.equal(await response.text(), 'a picture')
  const seen = read.sent.map(({ headers, redirect }) => [headers.get('authorization'), headers.has('dpop'), headers.get('accept'), redirect])
  assert.deepEqual(seen, [['DPoP token', true, 'image/*', 'manual'], [null, false, 'image/*', 'follow']])

  const write = network(moved())
  await assert.rejects(new Requests(core()).send('/x', { method: 'POST' }, write.send), { name: 'Redirected', url: `${paths.pds}/x` })
  const manual = network(moved())
  assert.equal((await new Requests(core()).send('/x', { redirect: 'manual' }, manual.send)).status, 302)
  assert.deepEqual([write.sent.length, manual.sent.length], [1, 1])
})
