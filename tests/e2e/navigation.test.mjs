// The ways out of a page and back: redirects on slow networks, the back button, popups; in a browser that keeps pages for
// the way back and blocks popups, as visitors' browsers do.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import { assertIsA, assertTyped } from './support/error-shape.mjs'
import { grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { storedSessions } from './support/indexed-db.mjs'
import { harnessReady, valueOf } from './support/page.mjs'
import { initPage, startSignIn, walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld({ usual: true })
const { alice, control, origin } = world

/** Makes a client and calls `signIn` by redirect; what comes of it is kept in the page, should it come back. */
async function leave(page) {
  await page.evaluate((handle) => {
    window.outcome = undefined
    makeClient()
    window.attempt(() => client.signIn(handle)).then((outcome) => { window.outcome = outcome })
  }, alice.handle)
}

const atServer = (page) => page.waitForURL(/\/oauth\/authorize/, { waitUntil: 'commit' })
/** The server's page is there to be seen: the browser takes no way back out of a page that is still on its way in. */
const seenAtServer = async (page) => {
  await atServer(page)
  await page.locator('input[autocomplete=current-password]').waitFor()
}
const outcomeIn = (page) => page.evaluate(() => window.outcome && JSON.parse(JSON.stringify(window.outcome)))
const settled = (page) => eventually(() => outcomeIn(page), 'signIn has settled')

test('Back to a page that the browser has kept: the pending signIn rejects as the page is shown, and the next works', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => {
    window.order = []
    addEventListener('pageshow', ({ persisted }) => order.push(persisted ? 'shown again' : 'shown'))
  })
  await leave(page)
  await page.evaluate(() => {
    const settling = setInterval(() => window.outcome && (clearInterval(settling), order.push('settled')), 10)
  })
  await seenAtServer(page)
  await page.goBack({ waitUntil: 'commit' })
  const { error } = await settled(page)
  assertTyped(error, { code: 'NAVIGATED_BACK', message: /^User navigated back$/ })
  await eventually(() => page.evaluate(() => order.length === 2), 'both are noted')
  assert.deepEqual(await page.evaluate(() => order), ['shown again', 'settled'])

  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  assert.deepEqual(await initPage(page), { sub: alice.did, state: null })
})

test('Back to a page that the browser could not keep: it starts anew, signed out, and signs in', async (t) => {
  const { page, context } = await world.visitor(t)
  await context.addCookies([{ name: 'store', value: 'no', url: origin }])
  await page.reload()
  await harnessReady(page)
  await leave(page)
  await seenAtServer(page)
  await page.goBack({ waitUntil: 'commit' })
  await harnessReady(page)
  assert.equal(await outcomeIn(page), undefined)
  assert.equal(await initPage(page), undefined)
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin })
  assert.deepEqual(await initPage(page), { sub: alice.did, state: null })
})

test('A server whose page takes longer than six seconds is no way back', async (t) => {
  const someone = await world.visitor(t)
  const { page, context } = someone
  const otherTab = await someone.tab()
  let asked = false
  let answer
  const held = new Promise((resolve) => { answer = resolve })
  await context.route('**/oauth/authorize*', async (route) => {
    asked = true
    await held
    await route.continue()
  })
  // A page on its way out cannot be asked anything: it leaves word for the other tab.
  await page.evaluate((handle) => {
    makeClient()
    attempt(() => client.signIn(handle)).then((outcome) => localStorage.setItem('outcome', JSON.stringify(outcome)))
    setInterval(() => localStorage.setItem('time', performance.now()), 100)
  }, alice.handle)
  const time = () => otherTab.evaluate(() => Number(localStorage.time))
  await eventually(() => asked, "the server's page is asked for")
  const left = await time()
  await eventually(async () => await time() > left + 6000, 'the page has waited for six seconds')
  assert.equal(page.url(), `${origin}/`, 'the page is still shown')
  assert.equal(await otherTab.evaluate(() => localStorage.outcome), undefined)
  answer()
  await atServer(page)
  await walkBack(page, alice, { origin })
  assert.deepEqual(await initPage(page), { sub: alice.did, state: null })
})

test('A blocked popup is POPUP_BLOCKED, which the app answers with a redirect', async (t) => {
  const { page, context } = await world.visitor(t)
  // Nobody has clicked in a page that just loads, so the browser blocks its popups.
  await page.addInitScript((handle) => addEventListener('load', async () => {
    if (location.hash) return
    const popup = await window.attempt(() => makeClient().signIn(handle, { display: 'popup' }))
    sessionStorage.setItem('popup', JSON.stringify(popup))
    if (popup.error?.code === 'POPUP_BLOCKED') await client.signIn(handle)
  }), alice.handle)
  await page.reload()
  await atServer(page)
  assert.equal(context.pages().length, 1)
  await walkBack(page, alice, { origin })
  assertTyped(JSON.parse(await page.evaluate(() => sessionStorage.getItem('popup'))).error, {
    code: 'POPUP_BLOCKED', retryable: false, help: /by redirect/,
  })
  assert.deepEqual(await initPage(page), { sub: alice.did, state: null })
})

test('The popup opens in the click, before signIn returns', async (t) => {
  const { page, context } = await world.visitor(t)
  await page.evaluate((handle) => {
    window.order = []
    const { open } = window
    window.open = (...given) => {
      order.push(`open ${given[0]}`)
      return open.call(window, ...given)
    }
    const button = document.body.appendChild(document.createElement('button'))
    button.onclick = () => {
      // Made only now: not even the core has been loaded.
      const pending = makeClient().signIn(handle, { display: 'popup' })
      order.push('signIn returned')
      pending.catch(() => {})
    }
  }, alice.handle)
  const opened = context.waitForEvent('page')
  await page.locator('button').click()
  const popup = await opened
  assert.deepEqual(await page.evaluate(() => order), ['open about:blank', 'signIn returned'])
  await atServer(popup)
})

test('A popup that the user closes on the page of a server that lets it be seen is noticed within two seconds', async (t) => {
  const { page, context } = await world.visitor(t)
  // Without the opener policy that the real server's page has.
  await context.route('**/oauth/authorize*', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Sign in</h1>' }))
  const opened = context.waitForEvent('page')
  await page.evaluate((handle) => {
    makeClient()
    window.attempt(() => client.signIn(handle, { display: 'popup' })).then((outcome) => { window.outcome = outcome })
  }, alice.handle)
  const popup = await opened
  await popup.getByRole('heading', { name: 'Sign in' }).waitFor()
  // It is looked at every half a second; a window that is there has been seen by then.
  await pause(1500)
  assert.equal(await outcomeIn(page), undefined)
  await popup.close()
  const closed = Date.now()
  const { error } = await settled(page)
  const noticed = Date.now() - closed
  assertTyped(error, { code: 'POPUP_CLOSED' })
  assert.ok(noticed < 2000, `noticed after ${noticed} ms`)
  assert.deepEqual(await storedSessions(page), [])
})

test('Two clients whose init runs at once share one sign-in, and the code is spent once', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle, { state: 'mine' })
  const mark = await control.mark()
  await walkBack(page, alice, { origin })
  const shared = await valueOf(page, async () => {
    const results = await Promise.all([makeClient(), makeClient()].map((client) => client.init()))
    return {
      accounts: results.map(({ session }) => session.did),
      states: results.map(({ state }) => state),
      status: (await results[1].session.fetchHandler('/xrpc/com.atproto.server.getSession')).status,
    }
  })
  assert.deepEqual(shared, { accounts: [alice.did, alice.did], states: ['mine', 'mine'], status: 200 })
  assert.equal(grants(await control.since(mark)).length, 1)
})

test('Two clients whose init runs at once share one refusal', async (t) => {
  const { page } = await world.visitor(t)
  await page.evaluate(() => void makeClient())
  await startSignIn(page, alice.handle)
  await walkBack(page, alice, { origin, button: 'Deny access' })
  const outcomes = await page.evaluate(async () => {
    const both = await Promise.all([makeClient(), makeClient()].map((client) => attempt(() => client.init())))
    return JSON.parse(JSON.stringify(both))
  })
  for (const { error } of outcomes) {
    assertIsA(error, 'OAuthCallbackError')
    assert.equal(error.params.error, 'access_denied')
  }
})
