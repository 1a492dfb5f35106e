// Section "fetchHandler": requests with a session, and its end.
import { equal, isError, match, ok, rejected } from '../expect.js'
import { ALICE, AS, BOB, INVALID_TOKEN, OTHER_PDS, PDS, UNREACHABLE, json, oauthError, unauthorized } from '../network.js'

const NONCE = (nonce) => unauthorized('DPoP error="use_dpop_nonce"', { 'dpop-nonce': nonce })
const sent = (w) => w.network.to('xrpc')
const refreshes = (w) => w.network.to('token').length
const stored = async (w) => (await w.rows('session'))[ALICE.did]?.value.tokenSet
const stream = (text) => new Blob([text]).stream()

async function thumb(token) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
  return btoa(String.fromCharCode(...digest)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export const cases = {
  'F111 a request goes to the PDS with token and proof': async (w) => {
    const { session } = await w.signedIn()
    const answer = await session.fetchHandler('/xrpc/x?y=1#z', {
      method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-mine': 'kept', authorization: 'Bearer mine', dpop: 'mine' },
    })
    equal([answer.status, await answer.json()], [200, { ok: true }])
    const { method, url, authorization, headers, proof, body } = sent(w)[0]
    equal([method, url.replace(/#.*/, ''), body], ['POST', `${PDS}/xrpc/x?y=1`, '{"a":1}'])
    equal([authorization, headers['x-mine'], headers['content-type']], ['DPoP access-1', 'kept', 'application/json'])
    equal([proof.claims.htm, proof.claims.htu, proof.claims.ath], ['POST', `${PDS}/xrpc/x`, await thumb('access-1')])
    equal([proof.header.alg, proof.header.typ], ['ES256', 'dpop+jwt'])
    await session.fetchHandler('/xrpc/plain')
    equal([sent(w)[1].method, sent(w)[1].proof.claims.htm], ['GET', 'GET'])
    ok(sent(w)[0].proof.claims.jti !== sent(w)[1].proof.claims.jti, 'an identifier for each proof')
  },
  'F112 a demand for a nonce is answered once': async (w) => {
    const { session } = await w.signedIn()
    w.network.once('xrpc', NONCE('n-1'))
    equal((await session.fetchHandler('/xrpc/x', { method: 'POST', body: 'text' })).status, 200)
    equal(sent(w).map(({ proof, body }) => [proof.claims.nonce, body]), [[undefined, 'text'], ['n-1', 'text']])
    await session.fetchHandler('/xrpc/x')
    equal([sent(w).length, sent(w)[2].proof.claims.nonce], [3, 'n-1'], 'from then on')
    w.network.once('xrpc', NONCE('n-2'), NONCE('n-3'))
    equal([(await session.fetchHandler('/xrpc/x')).status, sent(w).length], [401, 5], 'a second demand is given back')
  },
  'F113 a streamed body is sent once, and the nonce is remembered': async (w) => {
    const { session } = await w.signedIn()
    w.network.once('xrpc', NONCE('n-1'))
    const streamed = { method: 'POST', duplex: 'half' }
    equal((await session.fetchHandler('/xrpc/x', { ...streamed, body: stream('one') })).status, 401)
    equal((await session.fetchHandler('/xrpc/x', { ...streamed, body: stream('two') })).status, 200)
    equal(sent(w).map(({ proof, body }) => [proof.claims.nonce, body]), [[undefined, 'one'], ['n-1', 'two']])
  },
  'F114 a token that the PDS refuses is refreshed, and the request repeated': async (w) => {
    const { session } = await w.signedIn()
    w.network.once('xrpc', INVALID_TOKEN)
    equal((await session.fetchHandler('/xrpc/x')).status, 200)
    equal([sent(w).map(({ authorization }) => authorization), refreshes(w)], [['DPoP access-1', 'DPoP access-2'], 1])
    w.network.once('xrpc', unauthorized('Bearer error="invalid_token"'))
    equal([(await session.fetchHandler('/xrpc/x')).status, refreshes(w)], [200, 2], 'with the Bearer scheme too')
    w.network.once('xrpc', INVALID_TOKEN)
    equal((await session.fetchHandler('/xrpc/x', { method: 'POST', body: stream('text'), duplex: 'half' })).status, 401)
    equal([refreshes(w), sent(w).length], [3, 5], 'a stream is sent once, its token refreshed all the same')
  },
  // Section I, "Fix": parallel requests that meet the same refused token make one refresh.
  'F114a five requests that meet the same refused token make one refresh': async (w) => {
    const { session } = await w.signedIn()
    w.network.on('xrpc', ({ authorization }) => (authorization === 'DPoP access-1' ? INVALID_TOKEN : json({})))
    const answers = await Promise.all(Array.from({ length: 5 }, () => session.fetchHandler('/xrpc/x')))
    equal([answers.map(({ status }) => status), refreshes(w)], [[200, 200, 200, 200, 200], 1])
  },
  'F115 a PDS that refuses even a new token ends the session': async (w) => {
    const { session } = await w.signedIn()
    w.network.on('xrpc', INVALID_TOKEN)
    const answer = await session.fetchHandler('/xrpc/x')
    equal([answer.status, await stored(w), sent(w).length], [401, undefined, 2])
    equal(w.told, [`updated ${ALICE.did}`, `deleted ${ALICE.did} TokenInvalidError`])
    const { data } = w.hooks[1]
    equal([data.sub, data.message], [ALICE.did, `The session for "${ALICE.did}" is invalid`])
  },
  'F116 where the refresh fails, the refusal is given back': async (w) => {
    const { session } = await w.signedIn()
    w.network.on('xrpc', INVALID_TOKEN)
    w.network.once('token', oauthError('server_error', '', 500))
    const answer = await session.fetchHandler('/xrpc/x')
    equal([answer.status, await answer.json()], [401, { error: 'refused' }])
    equal([(await stored(w)).refresh_token, sent(w).length], ['refresh-1', 1])
  },
  'F117 other answers reach the app as they are': async (w) => {
    const { session } = await w.signedIn()
    for (const answer of [json({}, 403), json({}, 404), json({}, 500), unauthorized('Basic realm="x"'),
      unauthorized('DPoP error="insufficient_scope"')]) {
      w.network.once('xrpc', answer)
      equal((await session.fetchHandler('/xrpc/x')).status, answer.status)
    }
    equal([sent(w).length, refreshes(w)], [5, 0])
    w.network.once('xrpc', UNREACHABLE)
    match((await rejected(session.fetchHandler('/xrpc/x'))).message, /Failed to fetch|No response/)
  },
  // Section I, "Safer": the token leaves for no other origin.
  'F118 an address of another server is refused': async (w) => {
    const { session } = await w.signedIn()
    for (const url of [`${OTHER_PDS}/xrpc/x`, '//pds.example.net/xrpc/x', 'http://pds.example.com/xrpc/x']) {
      isError(await rejected(session.fetchHandler(url)), TypeError)
    }
    equal(w.network.path, [])
    equal((await session.fetchHandler(`${PDS}/xrpc/x`)).status, 200, 'its own address')
  },
  'F119 a token counts as expired for five seconds more or less': async (w) => {
    const { client, session } = await w.signedIn()
    const info = await session.getTokenInfo()
    ok(info.expiresAt instanceof Date, 'a Date')
    equal([info.scope, info.iss, info.aud, info.sub, info.expired], ['atproto transition:generic', AS, `${PDS}/`, ALICE.did, false])
    for (const [seconds, expected] of [[-10, true], [-3, false], [60, false]]) {
      await w.expireIn(seconds)
      const again = await w.client().restore(ALICE.did, false)
      equal((await again.getTokenInfo(false)).expired, expected, `expired, ${seconds} seconds before the end`)
    }
    await client.dispose()
  },
  // RFC 7009 section 2.1: it is the refresh token with which a server must end the whole grant.
  'F120 signing out revokes the token and ends the session': async (w) => {
    const { session } = await w.signedIn()
    await session.signOut()
    equal([w.network.to('revoke').map(({ form }) => form), await stored(w)],
      [[{ token: 'refresh-1', client_id: w.metadata().client_id }], undefined])
    equal(w.told, [`deleted ${ALICE.did} TokenRevokedError`])
    equal([w.hooks[0].data.sub, w.hooks[0].data.message], [ALICE.did, `The session for "${ALICE.did}" was successfully revoked`])
    isError(await rejected(session.fetchHandler('/xrpc/x')), Error)
    equal(sent(w), [])
  },
  'F121 revoking an account that is not here resolves': async (w) => {
    equal([await w.client().revoke('did:plc:zzzzzzzzzzzzzzzzzzzzzzzz'), w.network.path], [undefined, []])
  },
  // Section I, "Fix": the pointer is cleared for the account that it holds, and for no other.
  'F122 revoking clears the pointer of its account, and of no other': async (w) => {
    const { client } = await w.signIn()
    w.network.on('token', () => json(w.network.grant({ sub: BOB.did })))
    await w.signIn({ client, input: BOB.handle })
    await client.restore(ALICE.did)
    w.forget()
    await client.revoke(BOB.did)
    equal([w.pointer, w.network.to('revoke').map(({ form }) => form.token)], [ALICE.did, ['refresh-2']])
    await client.revoke(ALICE.did)
    equal([w.pointer, await w.rows('session')], [null, {}])
    equal(w.told, [`deleted ${BOB.did} TokenRevokedError`, `deleted ${ALICE.did} TokenRevokedError`])
  },
  'F123 a revocation that the server answers badly is done all the same': async (w) => {
    for (const answer of [{ status: 500, type: 'text/plain', body: '' }, { status: 200, body: '' }, UNREACHABLE]) {
      w.network.once('revoke', answer)
      const { session } = await w.signIn()
      await session.signOut()
      equal(await stored(w), undefined)
    }
  },
}
