// Section "Session": stored sessions, when they are refreshed, and what ends them.
import { chain, equal, isError, match, ok, rejected } from '../expect.js'
import { ALICE, AS, HTML, OTHER_PDS, UNREACHABLE, didDocument, json, oauthError } from '../network.js'

const NOBODY = 'did:plc:zzzzzzzzzzzzzzzzzzzzzzzz'
const refreshes = (w) => w.network.to('token').map(({ form }) => form.refresh_token)
const stored = async (w) => (await w.rows('session'))[ALICE.did]?.value.tokenSet

/** A session whose page was reloaded: stored, and in the memory of no client. */
async function atRest(w, change) {
  const { client } = await w.signedIn()
  await client.dispose()
  await w.forgetDocuments()
  if (change) await w.changeSession(ALICE.did, (row) => { change(row.value.tokenSet); return row })
  return w.client()
}

const expired = (tokens) => { tokens.expires_at = new Date(Date.now() - 60_000).toISOString() }
const withoutLocks = (w) => w.replace(navigator, 'locks', undefined)

/** The end of a session at the next refresh: the error, what is left and what was told. */
async function ends(w, client, Class, message) {
  const error = isError(await rejected(client.restore(ALICE.did, true)), Class, message)
  equal([await stored(w), w.told], [undefined, [`deleted ${ALICE.did} ${w.className(error)}`]])
  return error
}

export const cases = {
  'F95 a token is refreshed when it is about to expire, and not before': async (w) => {
    const client = await atRest(w)
    await w.expireIn(45)
    await client.restore(ALICE.did)
    equal(w.network.path, [], 'requests with 45 seconds left')
    await w.expireIn(5)
    const session = await client.restore(ALICE.did)
    equal([refreshes(w), session.did], [['refresh-1'], ALICE.did])
    equal((await stored(w)).access_token, 'access-2')
    equal(w.told, [`updated ${ALICE.did}`])
  },
  'F96 restore without refreshing asks nobody, whatever the token': async (w) => {
    const client = await atRest(w, expired)
    await client.restore(ALICE.did, false)
    equal([w.network.path, w.pointer], [[], ALICE.did])
  },
  'F97 a forced refresh asks for the metadata anew': async (w) => {
    const client = await atRest(w)
    await client.restore(ALICE.did, true)
    equal(refreshes(w), ['refresh-1'])
    const { form, url, proof, authorization } = w.network.to('token')[0]
    equal([url, authorization, Object.fromEntries(Object.entries(form).sort())], [`${AS}/token`, undefined,
      { client_id: w.metadata().client_id, grant_type: 'refresh_token', refresh_token: 'refresh-1' }])
    equal('ath' in proof.claims, false)
    // Ours asks beside what the app does next: whether the account still belongs to this server.
    await w.until(() => w.network.to('issuer').some(({ cache }) => cache === 'no-cache'), 'the metadata is asked for past every cache')
  },
  'F98 a token without an end is never about to expire': async (w) => {
    const client = await atRest(w, (tokens) => { delete tokens.expires_at })
    const session = await client.restore(ALICE.did)
    equal(w.network.path, [])
    const { expiresAt, expired: isExpired } = await session.getTokenInfo()
    equal([expiresAt, isExpired], [undefined, undefined])
  },
  'F99 a refresh token that is refused for good ends the session': async (w) => {
    const client = await atRest(w)
    w.network.on('token', oauthError('invalid_grant', 'Revoked by its owner'))
    const error = await ends(w, client, w.lib.TokenRefreshError, 'Revoked by its owner')
    isError(error.cause, w.lib.OAuthResponseError)
    equal([error.sub, error.cause.error], [ALICE.did, 'invalid_grant'])
    isError(w.hooks[0].data, w.lib.TokenRefreshError, 'Revoked by its owner')
  },
  'F99a without locks, it ends after another look at what is stored': async (w) => {
    withoutLocks(w)
    const client = await atRest(w)
    w.network.once('token', oauthError('invalid_grant', 'Revoked by its owner'))
    const before = performance.now()
    await ends(w, client, w.lib.TokenRefreshError, 'Revoked by its owner')
    ok(performance.now() - before >= 990, 'time for another tab to store what it got')
    const again = await atRest(w)
    w.network.once('token', async () => {
      await w.changeSession(ALICE.did, () => undefined)
      return oauthError('invalid_grant')
    })
    isError(await rejected(again.restore(ALICE.did, true)), w.lib.TokenRefreshError, 'The session was deleted by another process')
  },
  'F100 without locks, tokens that another tab stored meanwhile are used': async (w) => {
    withoutLocks(w)
    const client = await atRest(w)
    w.network.once('token', async () => {
      await w.changeSession(ALICE.did, (row) => {
        Object.assign(row.value.tokenSet, { access_token: 'of-another-tab', refresh_token: 'of-another-tab' })
        return row
      })
      return oauthError('invalid_grant')
    })
    const session = await client.restore(ALICE.did, true)
    await session.fetchHandler('/xrpc/x')
    equal(w.network.to('xrpc')[0].authorization, 'DPoP of-another-tab')
    equal([(await stored(w)).access_token, w.told.filter((line) => line.startsWith('deleted'))], ['of-another-tab', []])
  },
  'F101 trouble that may pass keeps the session': async (w) => {
    const client = await atRest(w, expired)
    const { OAuthResponseError, FetchRequestError, FetchResponseError } = w.lib
    for (const [answer, Class] of [
      [oauthError('server_error', '', 500), OAuthResponseError], [oauthError('slow_down', '', 429), OAuthResponseError],
      [UNREACHABLE, FetchRequestError], [{ ...HTML, status: 503 }, FetchResponseError],
    ]) {
      w.network.once('token', answer)
      isError(await rejected(client.restore(ALICE.did)), Class)
      equal([(await stored(w)).refresh_token, w.told], ['refresh-1', []])
    }
    equal((await client.restore(ALICE.did)).did, ALICE.did, 'once the trouble has passed')
  },
  // Section I, "Safer": the refresh token that was sent may be spent, so that a new one is kept whatever comes with it.
  'F101a an answer with a token of another type fails the refresh, and costs no session': async (w) => {
    const client = await atRest(w, expired)
    w.network.once('token', () => json(w.network.grant({ token_type: 'Bearer', refresh_token: 'the-next' })))
    isError(await rejected(client.restore(ALICE.did)), Error, 'Invalid "token_type" in the token response')
    equal([(await stored(w)).refresh_token, w.told.filter((line) => line.startsWith('deleted'))], ['the-next', []])
    equal((await client.restore(ALICE.did)).did, ALICE.did, 'with the next refresh token')
  },
  // Section I, "Safer": the user has to sign in, and is not told an error at each load; what is stored stays.
  'F101b a refresh that is rejected, but not for good, leaves the session for another try': async (w) => {
    const client = await atRest(w, expired)
    w.network.once('token', oauthError('invalid_client', 'Not now'))
    isError(await rejected(client.restore(ALICE.did)), w.lib.TokenRefreshError, 'Not now')
    equal([(await stored(w)).refresh_token, w.told], ['refresh-1', [`deleted ${ALICE.did} TokenRefreshError`]])
    equal((await client.restore(ALICE.did)).did, ALICE.did, 'once the server refreshes it')
  },
  'F102 a session that expired and cannot be refreshed is over': async (w) => {
    const client = await atRest(w, (tokens) => { expired(tokens); delete tokens.refresh_token })
    isError(await rejected(client.restore(ALICE.did)), w.lib.TokenRefreshError, 'No refresh token available')
    equal([await stored(w), w.told], [undefined, [`deleted ${ALICE.did} TokenRefreshError`]])
  },
  'F103 an account that moved to another authorization server ends its session': async (w) => {
    const client = await atRest(w)
    w.network.on('did', json(didDocument(ALICE, OTHER_PDS)))
    await client.restore(ALICE.did, true).catch(() => undefined)
    await w.until(async () => (await stored(w)) === undefined && w.told.length > 0, 'the session has ended')
    match(w.hooks.find(({ hook }) => hook === 'deleted').data.message, /Issuer mismatch/)
  },
  'F104 an account that is not here is a TokenRefreshError, and told': async (w) => {
    const error = isError(await rejected(w.client().restore(NOBODY)), w.lib.TokenRefreshError, 'The session was deleted by another process')
    equal([error.sub, w.told], [NOBODY, [`deleted ${NOBODY} TokenRefreshError`]])
  },
  'F105 a handle is no account to restore': async (w) => {
    const error = isError(await rejected(w.client().restore(ALICE.handle)), w.lib.InvalidDidError)
    ok(error.did === undefined || error.did === ALICE.handle, 'the input')
    equal(w.told, [])
  },
  'F106 five requests at once with an expired token make one refresh': async (w) => {
    const client = await atRest(w, expired)
    const session = await client.restore(ALICE.did, false)
    const answers = await Promise.all(Array.from({ length: 5 }, (_, at) => session.fetchHandler(`/xrpc/x?${at}`)))
    equal([answers.map(({ status }) => status), refreshes(w)], [[200, 200, 200, 200, 200], ['refresh-1']])
    equal(w.network.to('xrpc').map(({ authorization }) => authorization), Array(5).fill('DPoP access-2'))
  },
  'F107 a session is changed under the lock of its account': async (w) => {
    const client = await atRest(w)
    const asked = []
    const { request } = LockManager.prototype
    w.replace(navigator.locks, 'request', (name, options, ...rest) => {
      asked.push([name, options?.mode ?? 'exclusive'])
      return request.call(navigator.locks, name, options, ...rest)
    })
    await client.restore(ALICE.did, true)
    ok(asked.length > 0, 'a lock')
    for (const lock of asked) equal(lock, [`@atproto-oauth-client-${ALICE.did}`, 'exclusive'])
  },
  'F108 without locks, refreshes wait for each other': async (w) => {
    withoutLocks(w)
    const client = await atRest(w)
    let now = 0
    let most = 0
    w.network.on('token', async () => {
      now += 1
      most = Math.max(most, now)
      await new Promise((resolve) => { setTimeout(resolve, 5) })
      now -= 1
      return json(w.network.grant())
    })
    await Promise.all([client.restore(ALICE.did, true), client.restore(ALICE.did, true), w.client().restore(ALICE.did, true)])
    equal(most, 1, 'refreshes at the same time')
  },
  'F110 a hook that throws rejects the operation': async (w) => {
    await atRest(w)
    const broken = new Error('The hook of the app')
    const client = w.client({ onSessionUpdated: () => { throw broken } })
    ok(await rejected(client.restore(ALICE.did, true)) === broken, 'the error of the hook itself')
    equal((await stored(w)).access_token, 'access-2', 'the new token is stored all the same')
    // Section I, "Fix": a hook that throws in a sign-in leaves no dead session.
    await w.changeSession(ALICE.did, () => undefined)
    await client.authorize(ALICE.handle)
    const error = isError(await rejected(client.callback(w.answer())), w.lib.OAuthCallbackError)
    ok(chain(error).includes(broken), 'the error of the hook as cause')
    equal([await stored(w), w.network.to('revoke').length], [undefined, 1])
  },
}
