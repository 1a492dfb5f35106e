// The stub is held to what it has to refuse: a client that did less would look faster.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AS, PDS, SCOPE, STEADY, StubNetwork, accounts } from './page/network.js'
import { sha256 } from './page/proof.js'

const real = globalThis.fetch
const network = new StubNetwork()
network.install()
after(() => { globalThis.fetch = real })

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const pair = () => crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])
const keys = await pair()
const base64url = (value) => Buffer.from(value).toString('base64url')

/** A proof in good order, but for `claims`; `signer` may be another key than the one it shows. */
async function proof(url, claims = {}, { method = 'POST', token, nonce, signer = keys } = {}) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey)
  const payload = { jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), htm: method, htu: url, nonce,
    ...(token && { ath: await sha256(token) }), ...claims }
  const text = [{ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } }, payload].map((part) => base64url(JSON.stringify(part))).join('.')
  return `${text}.${base64url(await crypto.subtle.sign(ES256, signer.privateKey, Buffer.from(text)))}`
}

async function post(path, form, given = {}) {
  const url = `${AS}/${path}`
  const send = async (nonce) => fetch(url, { method: 'POST', body: new URLSearchParams(form),
    headers: { dpop: await proof(url, given.claims, { nonce, ...given }) } })
  const refused = await send(undefined)
  assert.equal((await refused.json()).error, 'use_dpop_nonce')
  const response = await send(refused.headers.get('dpop-nonce'))
  return { status: response.status, nonce: response.headers.get('dpop-nonce'), body: await response.json() }
}

const verifier = 'a-verifier-of-forty-three-characters-or-more-0'
const pushed = { response_type: 'code', scope: SCOPE, state: 'a-state', code_challenge: await sha256(verifier), code_challenge_method: 'S256' }
const { code } = network.consent(pushed, accounts[0])
const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }

test('a request is pushed, a code exchanged, the tokens used and refreshed', async () => {
  assert.equal((await post('par', pushed)).status, 201)
  const { status, nonce, body } = await post('token', exchange)
  assert.equal(status, 200)
  assert.equal(body.sub, accounts[0].did)
  const token = body.access_token
  const headers = { authorization: `DPoP ${token}`, dpop: await proof(STEADY.url, {}, { method: 'GET', token, nonce }) }
  assert.equal((await fetch(STEADY.url, { headers })).status, 200)
  // The same proof again.
  assert.equal((await fetch(STEADY.url, { headers })).headers.get('www-authenticate'), 'DPoP error="invalid_dpop_proof"')
  assert.equal((await post('token', { grant_type: 'refresh_token', refresh_token: body.refresh_token })).status, 200)
})

test('what is not in order is refused', async () => {
  const refused = async (form, given) => (await post('token', form, given)).body.error
  assert.equal(await refused({ ...exchange, code_verifier: 'another' }), 'invalid_grant')
  assert.equal(await refused({ ...exchange, code: 'did:plc:nobody~x' }), 'invalid_grant')
  assert.equal(await refused(exchange, { signer: await pair() }), 'invalid_dpop_proof')
  for (const claims of [{ htm: 'GET' }, { htu: `${AS}/par` }, { iat: 1 }, { jti: undefined }, { ath: 'of-no-token' }])
    assert.equal(await refused(exchange, { claims }), 'invalid_dpop_proof', JSON.stringify(claims))
  assert.equal((await post('par', { ...pushed, code_challenge_method: 'plain' })).body.error, 'invalid_request')
})

test('a token is good only with the key that it was granted to', async () => {
  const { nonce, body } = await post('token', exchange)
  const [did, , ...rest] = body.access_token.split('~')
  const token = [did, 'of-another-key', ...rest].join('~')
  const headers = { authorization: `DPoP ${token}`, dpop: await proof(STEADY.url, {}, { method: 'GET', token, nonce }) }
  assert.equal((await fetch(STEADY.url, { headers })).headers.get('www-authenticate'), 'DPoP error="invalid_token"')
})

test('the account, its server and their documents lead to each other', async () => {
  const json = async (url) => (await fetch(url)).json()
  const [{ did, handle }] = accounts
  const found = await json(`https://resolver.example.com/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`)
  assert.equal(found.did, did)
  const document = await json(`https://plc.example.com/${did}`)
  assert.deepEqual(document.alsoKnownAs, [`at://${handle}`])
  assert.equal(document.service[0].serviceEndpoint, PDS)
  const resource = await json(`${PDS}/.well-known/oauth-protected-resource`)
  assert.equal((await json(`${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`)).issuer, AS)
})
