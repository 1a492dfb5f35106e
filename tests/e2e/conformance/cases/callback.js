// Section "Callback": the answer of the authorization server, and the code that it holds.
import { equal, isError, match, ok, rejected } from '../expect.js'
import { ALICE, AS, BOB, OTHER_AS, OTHER_PDS, PDS, didDocument, json, oauthError } from '../network.js'

/** Starts a sign-in, then fails it with a changed answer. */
async function refused(w, change = {}, { input = ALICE.handle, client = w.client() } = {}) {
  await client.authorize(input, { state: 'mine' })
  const params = w.answer(change)
  const error = isError(await rejected(client.callback(params), 'callback'), w.lib.OAuthCallbackError)
  equal([...error.params], [...params], 'params of the error')
  return error
}

/** RFC 7009 section 2.1: it is the refresh token with which a server must end the whole grant. */
const revoked = (w) => w.network.to('revoke').map(({ form }) => form.token)
const states = async (w) => Object.keys(await w.rows('state')).length
const sessions = async (w) => Object.keys(await w.rows('session'))
const moves = (w, account, pds) => w.network.on('did', json(didDocument(account, pds)))

export const cases = {
  'F70 a response in a token is not supported, and takes nothing away': async (w) => {
    const error = await refused(w, { response: 'eyJ.eyJ.sig' })
    match(error.message, /JARM not supported/)
    equal(await states(w), 1, 'sign-ins under way')
  },
  'F71 no state, and an unknown one, are said as such': async (w) => {
    equal((await refused(w, { state: undefined })).message, 'Missing "state" parameter')
    const error = await refused(w, { state: 'made-up' })
    equal([error.message, error.state], ['Unknown authorization session "made-up"', undefined])
    equal(w.network.to('token'), [])
  },
  'F72 an error of the server is an OAuthCallbackError, once': async (w) => {
    const client = w.client()
    const error = await refused(w, { code: undefined, error: 'access_denied', error_description: 'Not today' }, { client })
    equal([error.message, error.params.get('error'), error.state], ['Not today', 'access_denied', 'mine'])
    equal(await states(w), 0, 'sign-ins under way')
    const again = isError(await rejected(client.callback(error.params)), w.lib.OAuthCallbackError)
    match(again.message, /^Unknown authorization session /)
    equal((await refused(w, { code: undefined, error: 'login_required' })).message, 'OAuth callback error', 'without a description')
  },
  'F73 an answer without a code is refused': async (w) => {
    equal((await refused(w, { code: undefined })).message, 'Missing "code" query param')
  },
  'F74 an answer of another issuer is refused': async (w) => {
    const error = await refused(w, { iss: OTHER_AS })
    equal([error.message, error.state], ['Issuer mismatch', 'mine'])
    equal(w.network.to('token'), [])
  },
  // Section I, "Stricter": a server that does not send `iss` is refused when the sign-in begins (F49a).
  'F75 an answer without its issuer is refused': async (w) => {
    equal((await refused(w, { iss: undefined })).message, 'iss missing from the response')
    equal(w.network.to('token'), [])
  },
  'F76 the token request says what it has to, and nothing else': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    await client.callback(w.answer({ code: 'the-code' }))
    const { method, url, authorization, headers, form, proof } = w.network.to('token')[0]
    equal([method, url, authorization], ['POST', `${AS}/token`, undefined])
    match(headers['content-type'], /^application\/x-www-form-urlencoded/)
    const { code_verifier: verifier, ...rest } = form
    equal(verifier.length, 43)
    equal(Object.fromEntries(Object.entries(rest).sort()), { client_id: w.metadata().client_id, code: 'the-code',
      grant_type: 'authorization_code', redirect_uri: w.redirectUri })
    equal([proof.claims.htu, 'ath' in proof.claims], [`${AS}/token`, false])
    equal(proof.header.jwk, w.network.to('par')[0].proof.header.jwk, 'the key of the pushed request')
    await client.authorize(ALICE.handle)
    await client.callback(w.answer(), { redirect_uri: 'https://elsewhere.example.com/' })
    equal(w.network.to('token')[1].form.redirect_uri, 'https://elsewhere.example.com/', 'the redirect URI given')
  },
  'F77 a refused code is an OAuthCallbackError caused by the answer': async (w) => {
    w.network.on('token', oauthError('invalid_grant', 'The code is spent'))
    const error = await refused(w)
    isError(error.cause, w.lib.OAuthResponseError, 'OAuth "invalid_grant" error: The code is spent')
    equal([error.cause.error, error.state], ['invalid_grant', 'mine'])
  },
  // Section I, "Safer": what was granted and is not used is revoked.
  'F78 a token response that breaks the rules is refused, and what it granted is revoked': async (w) => {
    const changes = [{ token_type: 'Bearer' }, { scope: undefined }, { scope: 'openid' }, { scope: 'notatproto' }, { sub: 'alice' },
      { sub: undefined }, { id_token: 'eyJ.eyJ.sig' }, { access_token: undefined }]
    const granted = []
    for (const change of changes) {
      w.network.on('token', () => {
        const answer = w.network.grant(change)
        granted.push(answer.refresh_token)
        return json(answer)
      })
      await refused(w)
    }
    equal([granted.length, revoked(w), await sessions(w), w.told], [changes.length, granted, [], []])
  },
  // Section I, "Stricter": an account that was typed was verified when the sign-in began; with a server's URL it is here.
  'F79 tokens for an account that cannot be resolved are revoked': async (w) => {
    w.network.on('did', { status: 500, type: 'text/plain', body: '' })
    await refused(w, {}, { input: PDS })
    equal([revoked(w), await sessions(w), w.told], [['refresh-1'], [], []])
  },
  'F80 tokens for an account of another server are revoked': async (w) => {
    moves(w, ALICE, OTHER_PDS)
    match((await refused(w, {}, { input: PDS })).message, /Issuer mismatch/)
    equal([revoked(w), await sessions(w), w.told], [['refresh-1'], [], []])
  },
  // Section I, "Safer": the first sign-in tells of no deleted session.
  'F81 a sign-in leaves a session, its account as the active one, and one hook call': async (w) => {
    history.replaceState(null, '', '/')
    const client = w.client()
    await client.authorize(ALICE.handle, { state: 'mine' })
    const { session, state } = await client.initCallback(w.answer())
    equal([session.did, session.sub, state], [ALICE.did, ALICE.did, 'mine'])
    equal([w.told, w.pointer], [[`updated ${ALICE.did}`], ALICE.did])
    const { [ALICE.did]: row } = await w.rows('session')
    const { expires_at: expiresAt, ...tokens } = row.value.tokenSet
    equal(Object.fromEntries(Object.entries(tokens).sort()), { access_token: 'access-1', aud: `${PDS}/`, iss: AS, refresh_token: 'refresh-1',
      scope: 'atproto transition:generic', sub: ALICE.did, token_type: 'DPoP' })
    ok(Math.abs(Date.parse(expiresAt) - Date.now() - 3_600_000) < 10_000, `in an hour: ${expiresAt}`)
    equal([row.value.authMethod, row.expiresAt], [{ method: 'none' }, undefined])
    ok(row.value.dpopKey.keyPair.privateKey instanceof CryptoKey && !row.value.dpopKey.keyPair.privateKey.extractable, 'a sealed key')
    equal((await w.signIn()).state, null, 'state, where the app gave none')
  },
  // Section I, "Stricter": so only for a sign-in begun with a server's URL.
  'F82 the account is resolved anew, whatever the caches hold': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    await client.authorize(PDS)
    w.network.log.splice(0, w.network.log.length - 1)
    await client.callback(w.answer())
    equal([w.network.to('did').length, w.network.to('resource').length], [1, 1])
    equal(w.network.to('resource')[0].cache, 'no-cache')
  },
  'F83 signing in again revokes the older token': async (w) => {
    const { client } = await w.signedIn()
    await w.signIn({ client })
    await w.until(() => revoked(w).length, 'the older token is revoked')
    equal([revoked(w), await sessions(w)], [['refresh-1'], [ALICE.did]])
    equal((await w.rows('session'))[ALICE.did].value.tokenSet.access_token, 'access-2')
  },
  'F84 tokens that cannot be stored are revoked': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    const { put } = IDBObjectStore.prototype
    w.replace(IDBObjectStore.prototype, 'put', function (...given) {
      if (this.name === 'session') throw new DOMException('Full', 'QuotaExceededError')
      return put.apply(this, given)
    })
    const error = isError(await rejected(client.callback(w.answer())), w.lib.OAuthCallbackError)
    ok(revoked(w).length > 0, 'a revocation')
    equal(await sessions(w), [])
    isError(error.cause, AggregateError, `Failed to store session for ${ALICE.did}`)
  },
  'F85 a sign-in older than ten minutes is unknown': async (w) => {
    const client = w.client()
    await client.authorize(ALICE.handle)
    const params = w.answer()
    w.later(601_000)
    const error = isError(await rejected(client.callback(params)), w.lib.OAuthCallbackError)
    equal(error.message, `Unknown authorization session "${params.get('state')}"`)
  },
  // Section I, "Stricter": the account has to be the one that was typed.
  'F86 another account than the one that was typed is refused, and its tokens are revoked': async (w) => {
    w.network.on('token', () => json(w.network.grant({ sub: BOB.did })))
    for (const input of [ALICE.handle, ALICE.did]) await refused(w, {}, { input })
    equal([revoked(w), await sessions(w), w.told], [['refresh-1', 'refresh-2'], [], []])
    await w.client().authorize(PDS)
    equal((await w.client().callback(w.answer())).session.did, BOB.did, 'with a URL, whoever signed in')
  },
}
