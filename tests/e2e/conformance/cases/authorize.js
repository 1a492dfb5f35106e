// Section "Authorize": the pushed request, and the address that comes of it.
import { equal, isError, match, ok, rejected } from '../expect.js'
import { ALICE, AS, HTML, PDS, SCOPE, json, oauthError, wantsNonce } from '../network.js'

const BASE64URL = /^[A-Za-z0-9_-]+$/
const isToken = (text, length, what) => ok(text?.length === length && BASE64URL.test(text), `${length} characters of base64url for ${what}`)
const pushed = (w) => w.network.to('par')

/** The form that is pushed with these options. */
async function formWith(w, options, input = ALICE.handle) {
  await w.client().authorize(input, options)
  return pushed(w).at(-1).form
}

const refusal = (w, options) => rejected(w.client().authorize(ALICE.handle, options), 'authorize')
const metadata = (w, change) => w.network.change('issuer', (good) => ({ ...good, ...change }))

export const cases = {
  'F52 a redirect URI that is not registered is a TypeError': async (w) => {
    isError(await refusal(w, { redirect_uri: 'https://elsewhere.example.com/' }), TypeError, 'Invalid redirect_uri')
    equal(w.network.path, [])
  },
  'F53 PAR body and proof': async (w) => {
    await w.client().authorize(ALICE.handle)
    const { method, url, headers, authorization, form, proof } = pushed(w)[0]
    equal([method, url, authorization], ['POST', `${AS}/par`, undefined])
    match(headers['content-type'], /^application\/x-www-form-urlencoded/)
    const { state, code_challenge: challenge, ...rest } = form
    isToken(state, 22, 'state')
    isToken(challenge, 43, 'code_challenge')
    equal(Object.fromEntries(Object.entries(rest).sort()), {
      client_id: w.metadata().client_id, code_challenge_method: 'S256', login_hint: ALICE.handle, redirect_uri: w.redirectUri,
      response_mode: 'fragment', response_type: 'code', scope: SCOPE,
    })
    const { header, claims } = proof
    equal([header.alg, header.typ, header.jwk.kty, header.jwk.crv], ['ES256', 'dpop+jwt', 'EC', 'P-256'])
    ok(!('d' in header.jwk), 'no private part in the header')
    equal([claims.htm, claims.htu, Object.keys(claims).sort()], ['POST', `${AS}/par`, ['htm', 'htu', 'iat', 'jti']])
    ok(Math.abs(claims.iat - Date.now() / 1000) < 60, 'iat is now, in seconds')
    ok(claims.jti.length >= 8, 'an identifier')
  },
  'F54 a demand for a nonce is answered once, and the nonce is used from then on': async (w) => {
    w.network.once('par', wantsNonce('nonce-1'))
    const client = w.client()
    await client.authorize(ALICE.handle)
    equal(pushed(w).map(({ proof }) => proof.claims.nonce), [undefined, 'nonce-1'])
    const [first, second] = pushed(w)
    equal(first.form, second.form, 'the form sent again')
    ok(first.proof.claims.jti !== second.proof.claims.jti, 'each proof has an identifier of its own')
    await client.callback(w.answer())
    equal(w.network.to('token')[0].proof.claims.nonce, 'nonce-1', 'the nonce in the next proof')
  },
  'F55 an endless demand for a nonce ends after one more try': async (w) => {
    let count = 0
    w.network.on('par', () => wantsNonce(`nonce-${count += 1}`))
    const error = isError(await refusal(w), w.lib.OAuthResponseError)
    equal([error.error, count], ['use_dpop_nonce', 2])
  },
  // Section I, "Stricter": nonces are kept per account session, so a new flow begins without one.
  'F56 the last nonce seen is used for the next request of the session': async (w) => {
    w.network.on('par', json({ request_uri: 'urn:x', expires_in: 60 }, 201, { 'dpop-nonce': 'from-par' }))
    w.network.on('token', () => json(w.network.grant(), 200, { 'dpop-nonce': 'from-token' }))
    const { client } = await w.signIn()
    equal(w.network.to('token')[0].proof.claims.nonce, 'from-par')
    await client.restore(ALICE.did, true)
    equal(w.network.to('token')[1].proof.claims.nonce, 'from-token')
  },
  'F57 the app state stays here; state and verifier are random': async (w) => {
    const forms = [await formWith(w, { state: 'the app state' }), await formWith(w, { state: 'the app state' })]
    ok(!JSON.stringify(w.network.log).includes('the app state'), 'the app state in no request')
    for (const { state } of forms) isToken(state, 22, 'state')
    ok(forms[0].state !== forms[1].state, 'a state of its own for each sign-in')
    await w.client().callback(w.answer())
    isToken(w.network.to('token')[0].form.code_verifier, 43, 'code_verifier')
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(w.network.to('token')[0].form.code_verifier)))
    const challenge = btoa(String.fromCharCode(...digest)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    equal(forms[1].code_challenge, challenge, 'challenge of the verifier')
  },
  'F58 what the client itself says cannot be overridden': async (w) => {
    const form = await formWith(w, { login_hint: 'mallory.example.com', client_id: 'https://mallory.example.com', response_type: 'token',
      response_mode: 'query', code_challenge: 'x', code_challenge_method: 'plain' })
    equal([form.login_hint, form.client_id, form.response_type, form.response_mode, form.code_challenge_method],
      [ALICE.handle, w.metadata().client_id, 'code', 'fragment', 'S256'])
    isToken(form.code_challenge, 43, 'code_challenge')
  },
  // Section I, "Fix": unknown options are not forwarded.
  'F59 an unknown option is not sent': async (w) => {
    const form = await formWith(w, { color: 'red', prompt: 'login', ui_locales: 'de' })
    equal([form.color, form.prompt, form.ui_locales], [undefined, 'login', 'de'])
  },
  'F60 claims are sent as JSON': async (w) => {
    const claims = { userinfo: { email: { essential: true } } }
    equal(JSON.parse((await formWith(w, { claims })).claims), claims)
  },
  'F61 a max_age of 0 is sent': async (w) => {
    equal((await formWith(w, { max_age: 0 })).max_age, '0')
  },
  'F62 a refused pushed request is an OAuthResponseError': async (w) => {
    w.network.on('par', oauthError('invalid_request', 'No such scope'))
    const error = isError(await refusal(w), w.lib.OAuthResponseError, 'OAuth "invalid_request" error: No such scope')
    equal([error.error, error.errorDescription, error.status], ['invalid_request', 'No such scope', 400])
    equal(error.payload, { error: 'invalid_request', error_description: 'No such scope' })
  },
  'F63 an HTML page in answer to a pushed request is a FetchResponseError': async (w) => {
    w.network.on('par', { ...HTML, status: 500 })
    const error = isError(await refusal(w), w.lib.FetchResponseError)
    ok(error.statusCode >= 500, 'a status of a server')
    ok(error instanceof w.lib.FetchError, 'a FetchError')
  },
  'F64 an answer without expires_in, or with none that is a number of seconds, is refused': async (w) => {
    const uri = { request_uri: 'urn:x' }
    for (const answer of [uri, { ...uri, expires_in: 0 }, { ...uri, expires_in: '60' }, { expires_in: 60 }]) {
      w.network.on('par', json(answer, 201))
      isError(await refusal(w), Error)
    }
  },
  // Section I, "Stricter": pushed requests are required, so no parameter ever travels in the URL.
  'F65 a server without pushed requests is refused': async (w) => {
    metadata(w, { pushed_authorization_request_endpoint: undefined, require_pushed_authorization_requests: false })
    isError(await refusal(w), Error)
    equal(pushed(w), [])
  },
  'F66 a server that knows only authenticated clients is refused': async (w) => {
    metadata(w, { token_endpoint_auth_methods_supported: ['private_key_jwt'] })
    match((await refusal(w)).message + (await refusal(w)).cause?.message, /does not support "none" authentication/)
  },
  // Section I, "Stricter": a server has to list ES256; with no list, or none but others, it is refused before a key is made.
  'F67 the key is ES256 wherever the server takes it': async (w) => {
    metadata(w, { dpop_signing_alg_values_supported: ['RS256', 'ES256', 'ES256K'] })
    await w.client().authorize(ALICE.handle)
    equal([pushed(w)[0].proof.header.alg, pushed(w)[0].proof.header.jwk.kty], ['ES256', 'EC'])
    for (const list of [undefined, [], ['HS256']]) {
      await w.forgetDocuments()
      metadata(w, { dpop_signing_alg_values_supported: list })
      isError(await refusal(w), Error)
    }
    equal(pushed(w).length, 1, 'pushed requests')
  },
  'F68 a started sign-in is stored for ten minutes, with a key that cannot be taken out': async (w) => {
    await w.client().authorize(ALICE.handle, { state: 'mine' })
    const { [w.state]: row } = await w.rows('state')
    const { value, expiresAt } = row
    ok(Math.abs(Date.parse(expiresAt) - Date.now() - 600_000) < 10_000, `in ten minutes: ${expiresAt}`)
    equal([value.iss, value.authMethod, value.appState], [AS, { method: 'none' }, 'mine'])
    isToken(value.verifier, 43, 'verifier')
    const { keyId, keyPair } = value.dpopKey
    equal([typeof keyId, keyPair.privateKey.extractable, keyPair.privateKey.algorithm.name], ['string', false, 'ECDSA'])
  },
  'F69 the address has the client and the request, and what the endpoint had': async (w) => {
    metadata(w, { authorization_endpoint: `${AS}/authorize?tenant=1` })
    const url = await w.client().authorize(PDS, { scope: 'atproto', ui_locales: 'de' })
    ok(url instanceof URL, 'a URL object')
    equal([url.origin + url.pathname, Object.fromEntries(url.searchParams)], [`${AS}/authorize`,
      { tenant: '1', client_id: w.metadata().client_id, request_uri: 'urn:ietf:params:oauth:request_uri:req-1' }])
  },
}
