// The resolvers that the package offers, alone: what they ask, what they take for an answer, and where they end.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { mock, test } from 'node:test'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const { AtprotoDohHandleResolver, HandleResolverError, XrpcHandleResolver } = await import(path.join(folder, 'index.js'))
const table = (name) => JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec', name), 'utf8')).cases

const HANDLE = 'alice.example.com'
const DNS = 'did:web:dns.example.com'
const OTHER = 'did:web:other.example.com'
const HOST = 'did:web:host.example.com'

const never = () => new Promise(() => {})
const offline = () => { throw new TypeError('offline') }
const json = (body, status = 200) => () => Response.json(body, { status })
const html = (status = 200) => () => new Response('<!doctype html>', { status, headers: { 'content-type': 'text/html' } })
const text = (body, status = 200) => () => new Response(body, { status, headers: { 'content-type': 'text/plain' } })
const txt = (...records) => json({ Status: 0, Answer: records.map((data) => ({ name: 'x', type: 16, TTL: 1, data })) })
const none = json({ Status: 3 })

/** A resolver between a DNS server and the handle's host, each a function that answers; and what was asked of them. */
function between(dns, host) {
  const asked = []
  const fetch = async (url, init) => {
    asked.push([String(url), init])
    return url.hostname === 'doh.example.com' ? dns(init) : host(init)
  }
  return { asked, resolver: new AtprotoDohHandleResolver({ dohEndpoint: 'https://doh.example.com/q?x=1', fetch }) }
}

/** What comes of it: a DID, `null`, or the code of the error. */
async function outcome(resolving) {
  try {
    return await resolving
  } catch (error) {
    assert.ok(error instanceof HandleResolverError, String(error))
    assert.equal(error.name, 'HandleResolverError')
    return error.code
  }
}

const FAILED = 'HANDLE_RESOLUTION_FAILED'
for (const [what, dns, host, expected] of [
  ['both answer', txt(`"did=${DNS}"`), text(HOST), DNS],
  ['only DNS knows', txt(`did=${DNS}`, 'v=spf1'), offline, DNS],
  ['only the host knows', none, text(HOST), HOST],
  ['nobody knows', none, text('Not found', 404), null],
  ['DNS knows nobody, and the host is away', none, offline, null],
  ['DNS has no answers', json({ Status: 0 }), text(HOST), HOST],
  ['DNS has no list', json({ Status: 0, Answer: null }), text(HOST), HOST],
  // DNS over HTTPS fails in whatever way: the host's answer counts.
  ['DNS is overloaded', text('overloaded', 503), text(HOST), HOST],
  ['DNS is away', offline, text(HOST), HOST],
  ['a captive portal answers for DNS', html(), text(HOST), HOST],
  ['DNS answers no JSON', () => new Response('{"Status":', { headers: { 'content-type': 'application/dns-json' } }), text(HOST), HOST],
  ['DNS answers other JSON', json({ hello: 1 }), text(HOST), HOST],
  ['DNS answers an array', json([]), text(HOST), HOST],
  ['DNS has records of no form', json({ Status: 0, Answer: [null] }), text(HOST), HOST],
  ['DNS could not ask', json({ Status: 2 }), text(HOST), HOST],
  ['DNS was not allowed to ask', json({ Status: 5 }), text(HOST), HOST],
  ['DNS answers without end', () => new Response('x'.repeat(300_000), { headers: { 'content-type': 'application/json' } }), text(HOST), HOST],
  ['DNS is silent', never, text(HOST), HOST],
  // Both fail: that is no answer.
  ['DNS is overloaded and the host is away', text('overloaded', 503), offline, FAILED],
  ['DNS is overloaded and the host has nothing', html(503), text('', 404), FAILED],
  ['a captive portal answers for both', html(), html(), FAILED],
  ['DNS could not ask and the host is away', json({ Status: 2 }), offline, FAILED],
  ['DNS answers too much and the host is away',
    () => new Response('x'.repeat(300_000), { headers: { 'content-type': 'application/json' } }), offline, 'RESPONSE_TOO_LARGE'],
  // What the records say.
  ['records disagree', txt(`did=${DNS}`, `did=${OTHER}`), text(HOST), 'HANDLE_AMBIGUOUS'],
  ['records disagree, and the host is away', txt(`did=${DNS}`, `did=${OTHER}`), offline, 'HANDLE_AMBIGUOUS'],
  ['records agree', txt(`did=${DNS}`, `"did=${DNS}"`), text(HOST), DNS],
  ['one record is of no DID', txt('did=nonsense', `did=${DNS}`, 'did='), text(HOST), DNS],
  ['the only record is of no DID', txt('did=nonsense'), offline, null],
  ['a record is split', txt('"did=did:web:" "dns.example.com"'), text(HOST), DNS],
  ['a record is split without space', txt('"did=did:web:""dns.example.com"'), text(HOST), DNS],
  ['a record is escaped', txt('"did\\061did:web\\:dns.example.com"'), text(HOST), DNS],
  ['a record has space around it', txt(`" did=${DNS} "`), text(HOST), DNS],
  ['an alias is on the way', json({ Status: 0, Answer: [{ type: 5, data: `did=${OTHER}` }, { type: 16, data: `did=${DNS}` }] }), offline, DNS],
  // What the host says.
  ['the host has space around it', none, text(`\r\n  ${HOST}\t\r\n`), HOST],
  ['the host says more behind it', none, text(`${HOST}\nsomething else`), HOST],
  ['the host says something else first', none, text(`something else\n${HOST}`), null],
  ['the host has a page', none, html(), null],
  ['the host answers as HTML', none, () => new Response(HOST, { headers: { 'content-type': 'text/html' } }), HOST],
  ['the host answers with 201', none, text(HOST, 201), HOST],
  ['the host answers without end', none, text(HOST + '\n'.repeat(300_000)), null],
]) {
  test(`AtprotoDohHandleResolver: ${what}`, async () => {
    const { asked, resolver } = between(dns, host)
    assert.equal(await outcome(resolver.resolve(HANDLE)), expected)
    assert.deepEqual(asked.map(([url]) => url).sort(), [
      `https://${HANDLE}/.well-known/atproto-did`, `https://doh.example.com/q?x=1&type=TXT&name=_atproto.${HANDLE}`,
    ])
    const [, init] = asked.find(([url]) => url.startsWith(`https://${HANDLE}`))
    assert.equal(init.redirect, 'follow')
    for (const [, { signal }] of asked) assert.ok(signal.aborted, 'no request outlives the resolution')
  })
}

test('AtprotoDohHandleResolver: the host may redirect, but not to http', async () => {
  const at = (url) => () => Object.defineProperty(new Response(HOST), 'url', { value: url })
  for (const [url, expected] of [['https://cdn.example.com/did', HOST], ['http://cdn.example.com/did', null]]) {
    assert.equal(await outcome(between(none, at(url)).resolver.resolve(HANDLE)), expected)
  }
})

test('AtprotoDohHandleResolver: a name that is too long for DNS is asked for at its host only', async () => {
  const long = `${`${'a'.repeat(60)}.`.repeat(4)}com`
  const { asked, resolver } = between(offline, text(HOST))
  assert.equal(await resolver.resolve(long), HOST)
  assert.equal(asked.length, 1)
})

const resolvers = {
  AtprotoDohHandleResolver: (fetch) => new AtprotoDohHandleResolver({ dohEndpoint: 'https://doh.example.com/', fetch }),
  XrpcHandleResolver: (fetch) => new XrpcHandleResolver('https://pds.example.com', { fetch }),
}

for (const [name, make] of Object.entries(resolvers)) {
  test(`${name}: what is no handle, or a reserved one, is asked for nowhere`, async () => {
    for (const { handle, resolves } of table('handle.json')) {
      const asked = []
      const resolver = make(async (url) => {
        asked.push(url)
        return text('', 404)()
      })
      const found = await outcome(resolver.resolve(handle))
      const refused = { nowhere: 'RESERVED_NAME', 'no handle': 'INVALID_HANDLE' }[resolves]
      if (refused) assert.equal(found, refused, handle)
      assert.equal(asked.length > 0, !refused, handle)
    }
  })

  test(`${name}: servers that never answer are waited for 10 s, or as long as the caller's signal says`, async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      for (const answer of [never, () => new Response(new ReadableStream({}), { headers: { 'content-type': 'application/json' } })]) {
        const alone = outcome(make(async () => answer()).resolve(HANDLE))
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
        mock.timers.tick(10_000)
        assert.equal(await alone, 'NETWORK_TIMEOUT')

        const controller = new AbortController()
        const heard = []
        const fetch = async (_url, { signal }) => {
          signal.addEventListener('abort', () => heard.push(signal.reason))
          return answer()
        }
        const waiting = make(fetch).resolve(HANDLE, { signal: controller.signal })
        mock.timers.tick(60_000)
        const reason = new Error('Enough')
        controller.abort(reason)
        await assert.rejects(waiting, reason)
        assert.ok(heard.length > 0 && heard.every((found) => found === reason), 'the requests are given up')
      }
    } finally {
      mock.timers.reset()
    }
  })

  test(`${name}: a signal that was aborted before sends nothing`, async () => {
    const resolver = make(() => assert.fail('nothing to ask'))
    await assert.rejects(resolver.resolve(HANDLE, { signal: AbortSignal.abort(new Error('Enough')) }), /Enough/)
  })
}

test('XrpcHandleResolver: an answer means what the table says', async () => {
  for (const { status, type = 'application/json', body, text = JSON.stringify(body), means, official = means } of table('handle-resolution.json')) {
    const fetch = async () => new Response(text, { status, headers: { 'content-type': type } })
    const resolving = new XrpcHandleResolver('https://pds.example.com', { fetch }).resolve(HANDLE)
    const which = `${status} ${type} ${text}`
    if (official.startsWith('did:')) assert.equal(await resolving, official, which)
    else if (official === 'nobody') assert.equal(await resolving, null, which)
    else {
      const message = official === 'no DID' ? /^Invalid DID/ : /^Invalid (?:status code|response)/
      await assert.rejects(resolving, { name: 'HandleResolverError', code: FAILED, message }, which)
    }
  }
})

for (const [what, answer, expected] of [
  ['an answer without end', () => new Response('x'.repeat(300_000)), 'RESPONSE_TOO_LARGE'],
  ['a stream without end', () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) })), 'RESPONSE_TOO_LARGE'],
]) {
  test(`XrpcHandleResolver: ${what}`, async () => {
    const resolver = new XrpcHandleResolver('https://pds.example.com', { fetch: async () => answer() })
    assert.equal(await outcome(resolver.resolve(HANDLE)), expected)
  })
}
