// A consent page that means ill: what it can do to the page that opened it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { harnessReady } from './support/page.mjs'
import { initPopup, openPopup, outcomeIn } from './support/popup.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, bob, control, origin } = world

/** The server's page, without the opener policy that the real one has; it sends the window that opened it elsewhere. */
const HOSTILE = `<!doctype html><title>Consent</title><h1>Sign in</h1><script>
  window.found = [String(window.opener)]
  try { window.opener.location = 'https://evil.example/' } catch (error) { window.found.push(error.name) }
  try { window.opener.close() } catch (error) { window.found.push(error.name) }
</script>`

async function hostile(t) {
  const someone = await world.visitor(t)
  await someone.context.route('**/oauth/authorize*', (route) => route.fulfill({ contentType: 'text/html', body: HOSTILE }))
  await someone.context.route('https://evil.example/**', (route) => route.fulfill({ contentType: 'text/html', body: 'evil' }))
  return someone
}

/** The user consents all the same, and is sent back by the page itself. */
async function comeBack(popup, account) {
  const back = await control.consent(popup.url(), account.did)
  await popup.evaluate((back) => { location.href = back }, back)
  await popup.waitForURL((url) => url.origin === origin, { waitUntil: 'commit' })
  await harnessReady(popup)
}

async function goOn({ page }, popup, account) {
  await comeBack(popup, account)
  await initPopup(popup)
  assert.deepEqual(await outcomeIn(page), { value: { sub: account.did, status: 200 } })
}

for (const [what, options] of [
  ['', {}],
  [' with a name', { popupName: 'sign-in' }],
  [' with features of the app', { popupFeatures: 'popup, noopener, width=500,noreferrer=yes' }],
]) {
  test(`A consent page in a popup${what} cannot reach the window that opened it, and the sign-in goes on`, async (t) => {
    const someone = await hostile(t)
    const popup = await openPopup(someone, alice.handle, options)
    await popup.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.deepEqual(await popup.evaluate(() => window.found), ['null', 'TypeError', 'TypeError'])
    assert.equal(someone.page.url(), `${origin}/`)
    await goOn(someone, popup, alice)
  })
}

test('A second sign-in by the same popup name is as safe as the first', async (t) => {
  const someone = await hostile(t)
  const popup = await openPopup(someone, alice.handle, { popupName: 'sign-in' })
  await popup.getByRole('heading', { name: 'Sign in' }).waitFor()
  // The user goes back to the app, and clicks again.
  const { length } = someone.context.pages()
  await someone.page.evaluate((input) => {
    window.attempt(async () => {
      window.session = await client.signIn(input, { display: 'popup', popupName: 'sign-in' })
      return { sub: session.sub, status: (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status }
    }).then((outcome) => { window.popupOutcome = outcome })
  }, bob.handle)
  const shown = () => someone.context.pages().find((page) => page !== someone.page && (someone.context.pages().length > length ? page !== popup : true))
  const second = await eventually(async () => {
    const found = shown()
    return found && (await found.evaluate(() => window.found?.length === 3).catch(() => false)) && found
  }, 'the second consent page')
  assert.deepEqual(await second.evaluate(() => window.found), ['null', 'TypeError', 'TypeError'])
  assert.equal(someone.page.url(), `${origin}/`)
})

// The price: what cannot reach the app's window is out of the app's reach, too. A page with an opener policy always was.
test('A popup that is still with the server when the app gives up is left to the user, and leaves no session', async (t) => {
  const someone = await hostile(t)
  const opened = someone.context.waitForEvent('page')
  await someone.page.evaluate((input) => {
    const controller = new AbortController()
    window.giveUp = () => controller.abort()
    makeClient()
    window.attempt(() => client.signIn(input, { display: 'popup', signal: controller.signal })).then((outcome) => { window.popupOutcome = outcome })
  }, alice.handle)
  const popup = await opened
  await popup.getByRole('heading', { name: 'Sign in' }).waitFor()
  await someone.page.evaluate(() => window.giveUp())
  assertTyped((await outcomeIn(someone.page)).error, { code: 'ABORTED' })
  await comeBack(popup, alice)
  const closed = popup.waitForEvent('close')
  await initPopup(popup)
  await closed
  assert.deepEqual(await control.tokens(alice.did), [])
})

test('A popup name that means a window of the app itself is refused', async (t) => {
  const { page } = await world.visitor(t)
  for (const popupName of ['_self', '_top', '_PARENT']) {
    const { error } = await page.evaluate((popupName) => attempt(() => makeClient().signIn('alice.test', { display: 'popup', popupName })), popupName)
    assertTyped(error, { code: 'OPTION_INVALID', step: 'configure' })
  }
  assert.equal(page.url(), `${origin}/`)
})
