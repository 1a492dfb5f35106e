// Signing in through a popup window: the page stays where it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { eventually } from './support/eventually.mjs'
import { activeAccount, rowsOf, storedSessions } from './support/indexed-db.mjs'
import { initPopup, openPopup, outcomeIn } from './support/popup.mjs'
import { walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

test('A popup signs the page in, and closes', async (t) => {
  const someone = await world.visitor(t)
  const popup = await openPopup(someone, alice.handle)
  await walkBack(popup, alice, { origin })
  const closed = popup.waitForEvent('close')
  const said = await initPopup(popup)
  if (said) assert.equal(said.error.code, 'LOGIN_CONTINUED_IN_PARENT_WINDOW')
  assert.deepEqual(await outcomeIn(someone.page), { value: { sub: alice.did, status: 200 } })
  await closed
  assert.equal(someone.page.url(), `${origin}/`)
  assert.equal(await activeAccount(someone.page), alice.did)
  assert.equal((await control.tokens(alice.did)).length, 1)
})

test('Consent denied in the popup is an OAuthCallbackError in the page', async (t) => {
  const someone = await world.visitor(t)
  const popup = await openPopup(someone, alice.handle)
  await walkBack(popup, alice, { origin, button: 'Deny access' })
  await initPopup(popup)
  const { error } = await outcomeIn(someone.page)
  assertIsA(error, 'OAuthCallbackError')
  assert.equal(error.params.error, 'access_denied')
  assert.deepEqual(await rowsOf(someone.page, 'state'), [])
  assert.deepEqual(await storedSessions(someone.page), [])
})

// The real login pages send Cross-Origin-Opener-Policy: same-origin. From then on the opener sees
// `closed === true` and can close nothing, so only a window that is still blank can be judged by it;
// the two tests above show that a living window is not taken for a closed one.
for (const [when, waits] of [['as soon as it opens', false], ['while the servers are still being asked', true]]) {
  test(`A popup closed ${when} ends the sign-in, and no other opens`, async (t) => {
    const someone = await world.visitor(t)
    let answer
    let asked = false
    const held = new Promise((resolve) => { answer = resolve })
    await someone.context.route('**/oauth/par', async (route) => {
      asked = true
      await held
      await route.continue()
    })
    const popup = await openPopup(someone, alice.handle)
    if (waits) await eventually(() => asked, 'the server is asked')
    await popup.close()
    if (!waits) answer()
    const { error } = await outcomeIn(someone.page)
    answer()
    assertTyped(error, { code: 'POPUP_CLOSED' })
    assert.equal(someone.context.pages().length, 1)
    assert.deepEqual(await storedSessions(someone.page), [])
  })
}

test('A popup for a handle nobody has closes again', async (t) => {
  const someone = await world.visitor(t)
  const popup = await openPopup(someone, 'nobody.test')
  const { error } = await outcomeIn(someone.page)
  assertTyped(error, { code: 'HANDLE_NOT_FOUND' })
  await eventually(() => popup.isClosed(), 'the blank window is closed')
})

test('A popup finished after the page gave up leaves no session, here or at the server', async (t) => {
  const someone = await world.visitor(t)
  const opened = someone.context.waitForEvent('page')
  await someone.page.evaluate((handle) => {
    const controller = new AbortController()
    window.giveUp = () => controller.abort()
    makeClient()
    window.attempt(() => client.signIn(handle, { display: 'popup', signal: controller.signal })).then((outcome) => {
      window.popupOutcome = outcome
    })
  }, alice.handle)
  const popup = await opened
  // Until the server's page is there, whose opener policy hides it, giving up closes the popup.
  await popup.waitForURL(/\/oauth\/authorize/, { waitUntil: 'load' })
  await someone.page.evaluate(() => window.giveUp())
  const { error } = await outcomeIn(someone.page)

  await walkBack(popup, alice, { origin })
  const closed = popup.waitForEvent('close')
  await initPopup(popup)
  await closed
  assert.deepEqual(await control.tokens(alice.did), [])
  assert.deepEqual(await storedSessions(someone.page), [])
  assert.equal(error.message, 'Aborted')
})
