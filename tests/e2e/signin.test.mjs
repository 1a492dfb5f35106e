// Signing in: what may be typed, what comes back, and what the session can do first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calls, grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { activeAccount, storedSessions } from './support/indexed-db.mjs'
import { harnessReady, hookCalls, valueOf } from './support/page.mjs'
import { initPage, loginForm, signIn, startSignIn, submitPassword, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

test('Signing in by handle gives the session and the app state back, once', async (t) => {
  const { page } = await world.visitor(t)
  const first = await signIn(page, alice, { origin, options: { state: 'where I was' } })
  assert.deepEqual(first, { sub: alice.did, state: 'where I was' })

  await page.reload()
  await harnessReady(page)
  const again = await initPage(page)
  assert.deepEqual(again, { sub: alice.did }, 'a restored session has no app state')
})

test('Signing in by DID works, and the state is null when the app gave none', async (t) => {
  const { page } = await world.visitor(t)
  const result = await signIn(page, alice, { origin, input: alice.did })
  assert.deepEqual(result, { sub: alice.did, state: null })
})

test('Signing in by the URL of the server leaves the account to be typed there', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, world.info.pdsUrl)
  const name = await loginForm(page)
  assert.equal(await name.inputValue(), '', 'no account is suggested for a server')
  await walkBack(page, bob, { origin })
  assert.equal((await initPage(page)).sub, bob.did)
})

test('The handle typed is suggested on the login page', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  const name = await loginForm(page)
  assert.equal(await name.inputValue(), alice.handle)
})

test('A handle in capitals is the same handle', async (t) => {
  const { page } = await world.visitor(t)
  const result = await signIn(page, alice, { origin, input: alice.handle.toUpperCase() })
  assert.equal(result.sub, alice.did)
})

test('A client made without metadata signs in as the loopback client of its page', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient({ clientMetadata: undefined }))
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  const sub = await valueOf(page, async () => {
    const { session } = await makeClient({ clientMetadata: undefined }).init()
    return session.sub
  })
  assert.equal(sub, alice.did)
  const [token] = await control.tokens(alice.did)
  assert.equal(token.scope, 'atproto')
  assert.equal(new URL(token.clientId).searchParams.get('redirect_uri'), `${origin}/`)
})

test('Progress is told in the order of the work, down to the redirect', async (t) => {
  const { page } = await world.visitor(t)
  const seen = []
  await page.exposeFunction('tellStep', (step) => void seen.push(step))
  await page.evaluate((handle) => {
    makeClient().signIn(handle, { onProgress: (step) => window.tellStep(step) }).catch(() => {})
  }, alice.handle)
  await page.waitForURL(/\/oauth\/authorize/, { waitUntil: 'commit' })
  assert.deepEqual(seen, ['handle', 'did', 'resource', 'issuer', 'par', 'redirect'])
})

test('A wrong password is told by the server, and the right one goes on', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await submitPassword(page, { ...alice, password: 'not-it' })
  await page.getByText('Wrong identifier or password').waitFor()
  await walkBack(page, alice, { origin })
  assert.equal((await initPage(page)).sub, alice.did)
})

test('The session reads its own profile from the server', async (t) => {
  const { page } = await world.signedIn(t)
  const profile = await valueOf(page, async () => {
    const response = await session.fetchHandler('/xrpc/com.atproto.server.getSession')
    return { status: response.status, ...await response.json() }
  })
  assert.deepEqual([profile.status, profile.did, profile.handle], [200, alice.did, alice.handle])
})

test('The session tells whose it is, until when, and for what', async (t) => {
  const { page } = await world.signedIn(t)
  const info = await valueOf(page, async () => {
    const { expiresAt, expired, scope, iss, aud, sub } = await session.getTokenInfo()
    return { left: expiresAt - Date.now(), expired, scope, iss, aud, sub, did: session.did, issuer: session.serverMetadata.issuer }
  })
  assert.ok(info.left > 3_500_000 && info.left <= 3_600_000, `an hour, not ${info.left} ms`)
  assert.equal(info.expired, false)
  assert.equal(info.scope, 'atproto transition:generic')
  assert.equal(info.iss, world.info.pdsUrl)
  assert.equal(info.issuer, world.info.pdsUrl)
  assert.equal(info.aud, `${world.info.pdsUrl}/`)
  assert.deepEqual([info.sub, info.did], [alice.did, alice.did])
})

test('The Agent of @atproto/api writes and reads records through the session', async (t) => {
  const { page } = await world.signedIn(t)
  const result = await valueOf(page, async () => {
    const { Agent } = await import('/agent.js')
    const agent = new Agent(session)
    const { data: me } = await agent.com.atproto.server.getSession()
    const record = { $type: 'app.bsky.feed.post', text: 'from the agent', createdAt: new Date().toISOString() }
    const { data: made } = await agent.com.atproto.repo.createRecord({ repo: agent.assertDid, collection: record.$type, record })
    const rkey = made.uri.split('/').pop()
    const { data: read } = await agent.com.atproto.repo.getRecord({ repo: agent.assertDid, collection: record.$type, rkey })
    return { handle: me.handle, text: read.value.text }
  })
  assert.deepEqual(result, { handle: alice.handle, text: 'from the agent' })
})

test('A sign-in and a request leave no console error and no unhandled rejection, under a strict script policy', async (t) => {
  const { page } = await world.visitor(t)
  const complaints = []
  const policy = (await page.reload()).headers()['content-security-policy']
  await harnessReady(page)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // The login pages are not ours; and Chromium itself reports the status of the
    // nonce challenges (400 and 401), which the protocol makes unavoidable.
    if (!message.location().url.startsWith(origin) || message.type() !== 'error') return
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  await signIn(page, alice, { origin })
  const status = await valueOf(page, async () => (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status)
  assert.equal(status, 200)
  assert.equal(policy, "script-src 'self' 'wasm-unsafe-eval'")
  assert.deepEqual(complaints, [])
  assert.deepEqual(await page.evaluate(() => window.unhandled), [])
})

test('The first sign-in tells of one new session and of no deleted one', async (t) => {
  const { page } = await world.signedIn(t)
  assert.deepEqual(await hookCalls(page), [`updated ${alice.did}`])
})

test('The documented events tell the same as the hooks', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  const events = await valueOf(page, async () => {
    const events = []
    const client = makeClient()
    client.addEventListener('updated', (event) => events.push(['updated', event.detail.sub]))
    client.addEventListener('deleted', (event) => {
      events.push(['deleted', event.detail.sub, event.detail.cause instanceof lib.TokenRevokedError])
    })
    const { session } = await client.init()
    await session.signOut()
    return events
  })
  assert.deepEqual(events, [['updated', alice.did], ['deleted', alice.did, true]])
})

test('Signing in again as the same account revokes the first session at the server', async (t) => {
  const { page } = await world.signedIn(t)
  const [first] = await control.tokens(alice.did)
  await page.evaluate(() => void (window.client = undefined))
  await signIn(page, alice, { origin })
  const left = await eventually(async () => {
    const tokens = await control.tokens(alice.did)
    return tokens.length === 1 && tokens
  }, 'one session per account and browser is left')
  assert.notEqual(left[0].id, first.id)
  assert.deepEqual(await storedSessions(page), [alice.did])
})

test('Two accounts live side by side, each restored by its DID', async (t) => {
  const { page } = await world.signedIn(t)
  await signIn(page, bob, { origin })
  assert.deepEqual((await storedSessions(page)).sort(), [alice.did, bob.did].sort())
  assert.equal(await activeAccount(page), bob.did)
  const answers = await valueOf(page, async (dids) => {
    const client = makeClient()
    const handles = []
    for (const did of dids) {
      const session = await client.restore(did)
      handles.push((await (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).json()).handle)
    }
    return handles
  }, [alice.did, bob.did])
  assert.deepEqual(answers, [alice.handle, bob.handle])
})

test('One sign-in costs one look-up of each document and one token request', async (t) => {
  const { page } = await world.visitor(t)
  const mark = await control.mark()
  await signIn(page, alice, { origin })
  const trace = (await control.since(mark)).filter((entry) => entry.origin === origin)
  const documents = trace.filter((entry) => entry.method === 'GET').map((entry) => entry.url.split('?')[0])
  assert.deepEqual(documents.sort(), [...new Set(documents)].sort(), 'no document is fetched twice')
  assert.equal(calls(trace, 'com.atproto.identity.resolveHandle').length, 1)
  assert.equal(grants(trace).length, 1)
})
