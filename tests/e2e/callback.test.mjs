// Coming back from the authorization server: what is accepted, what is refused, and what stays behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { activeAccount, rowsOf, storedSessions } from './support/indexed-db.mjs'
import { errorOf, harnessReady, hookCalls, outcomeOf, valueOf } from './support/page.mjs'
import { initPage, startSignIn, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

/** Back at the harness after the whole walk, with the callback still in the URL and `init` not called. */
async function returned(t, { account = alice, input = account.handle, options, client, button } = {}) {
  const someone = await world.visitor(t)
  await someone.page.evaluate((client) => void makeClient(client), client)
  await startSignIn(someone.page, input, options)
  await walkBack(someone.page, account, { origin, button })
  return someone
}

/** Calls `init` after changing the callback parameters of the fragment. */
function initWith(page, change) {
  return errorOf(page, async (change) => {
    const params = new URLSearchParams(location.hash.slice(1))
    for (const [name, value] of Object.entries(change)) {
      if (value === null) params.delete(name)
      else params.set(name, value)
    }
    history.replaceState(null, '', `${location.pathname}${location.search}#${params}`)
    await makeClient().init()
  }, change)
}

async function assertNothingKept(page) {
  assert.deepEqual(await rowsOf(page, 'state'), [], 'no started sign-in')
  assert.deepEqual(await storedSessions(page), [], 'no session')
  assert.equal(await activeAccount(page), null, 'no active account')
}

test('The callback is gone from the URL before the first request, and the search stays', async (t) => {
  const { page, context } = await returned(t)
  let seen
  await context.route('**/oauth/token', async (route) => {
    seen ??= await page.evaluate(() => location.href)
    await route.continue()
  })
  await page.evaluate(() => history.replaceState({ mine: 1 }, '', `${location.pathname}?tab=2${location.hash}`))
  assert.equal((await initPage(page)).sub, alice.did)
  assert.equal(seen, `${origin}/?tab=2`)
  assert.equal(page.url(), `${origin}/?tab=2`)
})

test('With the query response mode, the query and the hash are cleaned away', async (t) => {
  const { page } = await returned(t, { client: { responseMode: 'query' } })
  assert.match(page.url(), /\?.*code=/)
  await page.evaluate(() => history.replaceState(null, '', `${location.href}#section`))
  const sub = await valueOf(page, async () => (await makeClient({ responseMode: 'query' }).init()).session.sub)
  assert.equal(sub, alice.did)
  assert.equal(page.url(), `${origin}/`)
})

test('A client in fragment mode leaves a query that looks like a callback alone', async (t) => {
  const { page } = await world.visitor(t)
  const url = `${origin}/?state=theirs&code=theirs`
  await page.goto(url)
  await harnessReady(page)
  assert.equal(await initPage(page), undefined)
  assert.equal(page.url(), url)
})

test('A hash of the app itself is no callback, and stays', async (t) => {
  const { page } = await world.signedIn(t)
  await page.goto(`${origin}/?a=1#/settings`)
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did })
  assert.equal(page.url(), `${origin}/?a=1#/settings`)
})

test('Denied consent is an OAuthCallbackError with the server\'s answer and the app state', async (t) => {
  const { page } = await returned(t, { button: 'Deny access', options: { state: 'kept' } })
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'ACCESS_DENIED', state: 'kept', retryable: false })
  assert.equal(error.params.error, 'access_denied')
  assert.equal(error.message, error.params.error_description)
  assert.equal(page.url(), `${origin}/`)
  await assertNothingKept(page)
  assert.deepEqual(await hookCalls(page), [])
})

test('A hash router may take the answer for a route: it is read, and the route stays', async (t) => {
  const { page } = await returned(t)
  await page.evaluate(() => history.replaceState(null, '', `#!/welcome?tab=2&${location.hash.slice(1)}`))
  assert.equal((await initPage(page)).sub, alice.did)
  assert.equal(page.url(), `${origin}/#!/welcome?tab=2`)
})

test('A callback counts once: the same URL again is an unknown authorization, and restores who is signed in', async (t) => {
  const { page } = await returned(t)
  const callback = page.url()
  await initPage(page)
  await page.goto('about:blank')
  await page.goto(callback)
  await harnessReady(page)
  assert.deepEqual(await initPage(page), { sub: alice.did }, 'a restored session')
  assert.equal(page.url(), `${origin}/`)
  await page.goto('about:blank')
  await page.goto(callback)
  await harnessReady(page)
  const error = await errorOf(page, async () => { await makeClient().initCallback() })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'CALLBACK_UNKNOWN_STATE', message: /^Unknown authorization session "/ })
  assert.equal(page.url(), `${origin}/`)
  assert.deepEqual(await storedSessions(page), [alice.did], 'the session of the first time is untouched')
  assert.equal((await control.tokens(alice.did)).length, 1)
})

test('An error that names another issuer leaves the sign-in to the answer of its own', async (t) => {
  const { page } = await returned(t)
  const callback = page.url()
  const error = await initWith(page, { code: null, error: 'access_denied', iss: 'http://localhost:1' })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'CALLBACK_ISSUER_MISMATCH' })
  await page.goto('about:blank')
  await page.goto(callback)
  await harnessReady(page)
  assert.equal((await initPage(page)).sub, alice.did)
})

test('A changed state is an unknown authorization, and nothing is sent', async (t) => {
  const { page, outgoing } = await returned(t)
  const before = outgoing().length
  const error = await initWith(page, { state: 'AAAAAAAAAAAAAAAAAAAAAA' })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'CALLBACK_UNKNOWN_STATE', message: /^Unknown authorization session "AAAAAAAAAAAAAAAAAAAAAA"/ })
  assert.deepEqual(outgoing().slice(before), [])
})

test('A callback of another issuer is refused before the code is sent anywhere', async (t) => {
  const { page, outgoing } = await returned(t)
  const error = await initWith(page, { iss: 'http://localhost:1' })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'CALLBACK_ISSUER_MISMATCH', message: /Issuer mismatch/i, retryable: false })
  assert.ok(!outgoing().some((request) => request.url.endsWith('/oauth/token')))
  await assertNothingKept(page)
})

test('A callback without its issuer is refused', async (t) => {
  const { page, outgoing } = await returned(t)
  const error = await initWith(page, { iss: null })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'CALLBACK_NO_ISSUER', message: /iss missing from the response/i })
  assert.ok(!outgoing().some((request) => request.url.endsWith('/oauth/token')))
  await assertNothingKept(page)
})

test('A changed code is refused by the server, with its reason', async (t) => {
  const { page } = await returned(t)
  const error = await initWith(page, { code: `cod-${'0'.repeat(64)}` })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'OAUTH_REFUSED', step: 'token', url: `${world.info.pdsUrl}/oauth/token` })
  assertIsA(error.cause, 'OAuthResponseError')
  assert.equal(error.cause.error, 'invalid_grant')
  await assertNothingKept(page)
})

test('A callback without state or code can be given by hand, and is refused', async (t) => {
  const { page } = await world.visitor(t)
  const errors = []
  for (const params of [{ code: 'x' }, { state: 'x', code: 'x', response: 'x' }]) {
    errors.push(await errorOf(page, async (params) => { await makeClient().callback(new URLSearchParams(params)) }, params))
  }
  for (const error of errors) assertIsA(error, 'OAuthCallbackError')
  assert.match(errors[0].message, /Missing "state" parameter/)
  assert.match(errors[1].message, /JARM/)
})

test('initCallback without a callback in the URL is a TypeError', async (t) => {
  const { page } = await world.visitor(t)
  const error = await errorOf(page, async () => { await makeClient().initCallback() })
  assertIsA(error, 'TypeError')
  assert.equal(error.message, 'No OAuth callback parameters found in the URL')
})

/** Lets the user choose an account freely: the suggestion is taken out of the pushed request on its way. */
function forgetSuggestion(context) {
  return context.route('**/oauth/par', (route) => {
    const body = new URLSearchParams(route.request().postData())
    body.delete('login_hint')
    return route.continue({ postData: body.toString() })
  })
}

test('Signing in as another account than the handle typed is refused, and the tokens are revoked', async (t) => {
  const someone = await world.visitor(t)
  const { page } = someone
  await forgetSuggestion(someone.context)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await walkBack(page, bob, { origin })
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'ACCOUNT_MISMATCH', retryable: false })
  assert.deepEqual(await control.tokens(bob.did), [])
  await assertNothingKept(page)
})

test('A hook that fails during sign-in fails the callback, and leaves no dead session', async (t) => {
  const { page } = await returned(t)
  const error = await errorOf(page, async () => {
    const onSessionUpdated = () => { throw new Error('the app is not ready') }
    await makeClient({ onSessionUpdated }).init()
  })
  assertIsA(error, 'OAuthCallbackError')
  assertTyped(error, { code: 'HOOK_FAILED' })
  assert.match(JSON.stringify(error), /the app is not ready/, 'the reason is in the chain of causes')
  await assertNothingKept(page)
  assert.deepEqual(await control.tokens(alice.did), [])
})

test('A token answer that breaks the rules is refused', async (t) => {
  const faults = {
    'a bearer token': { token_type: 'Bearer' },
    'a scope without atproto': { scope: 'transition:generic' },
    'an account that is no DID': { sub: 'alice.test' },
  }
  for (const [what, fault] of Object.entries(faults)) {
    await t.test(`(${what})`, async (t) => {
      const { page, context } = await returned(t)
      await context.route('**/oauth/token', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, json: { ...await response.json(), ...fault } })
      })
      const error = await errorOf(page, async () => { await makeClient().init() })
      assertIsA(error, 'OAuthCallbackError')
      assertTyped(error, { code: 'TOKEN_RESPONSE_INVALID', step: 'token', retryable: false })
      await assertNothingKept(page)
    })
  }
})

test('A lost answer to the code is an OAuthCallbackError whose cause is the network', async (t) => {
  const { page, context } = await returned(t)
  await context.route('**/oauth/token', (route) => route.abort('connectionreset'))
  const error = await errorOf(page, async () => { await makeClient().init() })
  assertIsA(error, 'OAuthCallbackError')
  assertIsA(error.cause, 'FetchRequestError')
  assertTyped(error, { code: 'NETWORK_UNREACHABLE', step: 'token' })
  await assertNothingKept(page)
})

test('init twice at once spends the code once', async (t) => {
  const { page } = await returned(t)
  const { value } = await outcomeOf(page, async () => {
    const client = makeClient()
    const results = await Promise.allSettled([client.init(), client.init()])
    return results.map(({ status, value }) => [status, value?.session.sub])
  })
  assert.deepEqual(value, [['fulfilled', alice.did], ['fulfilled', alice.did]])
  assert.equal((await control.tokens(alice.did)).length, 1)
})
