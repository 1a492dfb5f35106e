// The demo page, used as a visitor uses it: by what it shows and names, against a real server.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startNetwork } from '../network/network.mjs'
import { startServer } from '../network/serve.mjs'
import { launchBrowser } from './support/browser.mjs'
import { controlClient, grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { packageDir } from './support/harness-server.mjs'
import { consentAhead, decide, submitPassword } from './support/sign-in.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../www')
const [network, browser] = await Promise.all([startNetwork(), launchBrowser()])
const { pdsUrl, plcUrl, handleResolver, accounts, controlUrl } = network.info
const [alice, bob] = accounts
const control = controlClient(controlUrl)
const site = await startServer({
  root,
  mounts: { '/pkg': packageDir },
  json: { '/network.json': { pdsUrl, plcUrl, handleResolver, accounts } },
})
after(async () => {
  await browser.close()
  await site.stop()
  await network.stop()
})

/** The demo page in a fresh profile, with everything the browser complained about. */
async function visitor(t, options) {
  await Promise.all([control.revokeAll(alice.did), control.revokeAll(bob.did)])
  const context = await browser.newContext(options)
  context.setDefaultTimeout(15_000)
  t.after(() => context.close())
  const complaints = []
  context.on('weberror', (problem) => complaints.push(String(problem.error())))
  context.on('console', (message) => {
    if (message.text().includes('Content Security Policy') && message.page()?.url().startsWith(site.url)) complaints.push(message.text())
  })
  const page = await openDemo(context)
  return { context, page, complaints }
}

async function openDemo(context) {
  const page = await context.newPage()
  await page.goto(site.url)
  return page
}

const named = (page, name) => page.getByRole('button', { name, exact: true })
const field = (page) => page.getByLabel('Handle, DID or server')
const titled = (page, start) => eventually(async () => (await page.title().catch(() => '')).startsWith(start), `the title says "${start}"`)
const textOf = (page, id) => page.locator(`#${id}`).innerText()
const says = (page, id, pattern) => eventually(async () => pattern.test(await textOf(page, id)), `#${id} says ${pattern}`)
const focused = (page) => page.evaluate(() => document.activeElement.id)

/** Over the server's pages, which have buttons of the same names as the demo's: so first they must be there. */
async function throughServer(page, account, button) {
  await page.waitForURL((url) => url.origin === new URL(pdsUrl).origin, { waitUntil: 'commit' })
  await submitPassword(page, account)
  await decide(page, button)
}

async function signIn(page, { pages = false } = {}) {
  if (!pages) await consentAhead(page, alice, { control })
  await field(page).fill(alice.handle)
  await named(page, 'Sign in').click()
  if (pages) await throughServer(page, alice)
  await titled(page, `Signed in as ${alice.handle}`)
}

/** The record as anyone may read it: not through the page, nor the client. */
async function publicRecord(uri) {
  const [, , repo, collection, rkey] = uri.split('/')
  const query = new URLSearchParams({ repo, collection, rkey })
  const response = await fetch(`${pdsUrl}/xrpc/com.atproto.repo.getRecord?${query}`)
  return response.ok ? (await response.json()).value : null
}

test('A visitor signs in by handle, writes, reads and deletes a record, refreshes, reloads and signs out', async (t) => {
  const { page, complaints } = await visitor(t)
  await signIn(page, { pages: true })
  assert.equal(await textOf(page, 'account-name'), alice.handle)
  assert.equal(await textOf(page, 'account-did'), alice.did)
  assert.equal(await textOf(page, 'account-pds'), pdsUrl)
  await says(page, 'token-countdown', /^in \d+ min/)

  await page.getByLabel('Text').fill('A record of the demo test')
  await named(page, 'Create').click()
  await says(page, 'record-note', /createRecord answered 200/)
  const { uri } = JSON.parse(await textOf(page, 'record-result'))
  assert.equal((await publicRecord(uri)).text, 'A record of the demo test')
  await named(page, 'Read').click()
  await says(page, 'record-note', /getRecord answered 200/)
  assert.equal(JSON.parse(await textOf(page, 'record-result')).value.text, 'A record of the demo test')
  await named(page, 'Delete').click()
  await says(page, 'record-note', /deleteRecord answered 200/)
  assert.equal(await publicRecord(uri), null)
  assert.equal(await named(page, 'Read').getAttribute('aria-disabled'), 'true', 'nothing is left to read')

  const mark = await control.mark()
  await named(page, 'Refresh now').click()
  await says(page, 'session-note', /^New tokens/)
  assert.equal(grants(await control.since(mark)).length, 1)
  await eventually(() => page.locator('#event-list [data-kind=updated][data-from=here]').count(), 'the refresh is in the list of events')

  await page.reload()
  await titled(page, `Signed in as ${alice.handle}`)
  assert.equal(grants(await control.since(mark)).length, 1, 'a reload needs no new tokens')

  await named(page, 'Sign out').click()
  await titled(page, 'Signed out')
  assert.equal(await focused(page), 'sign-in-title', 'reading goes on where the page went on')
  assert.deepEqual(await control.tokens(alice.did), [])
  await page.reload()
  await titled(page, 'Signed out')
  assert.deepEqual(complaints, [])
})

test('The steps are told in order, survive the redirect, and each has its time', async (t) => {
  const { page } = await visitor(t)
  await signIn(page, { pages: true })
  const steps = await page.locator('#step-list li').evaluateAll((items) => items.map((item) => ({
    step: item.dataset.step, state: item.className, time: item.querySelector('.step-time').textContent,
  })))
  assert.deepEqual(steps.map(({ step }) => step), ['handle', 'did', 'resource', 'issuer', 'par', 'redirect', 'answer'])
  for (const { step, state, time } of steps) {
    assert.equal(state, 'done', step)
    assert.match(time, /^(< 1|\d+) ms$|^\d+\.\d s$/, step)
  }
})

test('An account of the demo network is filled in by a press, and a popup signs it in', async (t) => {
  const { page, context } = await visitor(t)
  await named(page, `Fill in ${bob.handle}`).click()
  assert.equal(await field(page).inputValue(), bob.handle)
  const opening = context.waitForEvent('page')
  await named(page, 'Sign in with a popup').click()
  const popup = await opening
  await throughServer(popup, bob)
  await titled(page, `Signed in as ${bob.handle}`)
  await eventually(() => popup.isClosed(), 'the popup has closed')
})

test('A popup sign-in can be cancelled, and the page is ready again', async (t) => {
  const { page, context } = await visitor(t)
  // The popup is still blank then: once it shows the server's page, the browser keeps it out of this page's reach.
  const handles = '**/com.atproto.identity.resolveHandle?*'
  await page.route(handles, () => {})
  await field(page).fill(alice.handle)
  const opening = context.waitForEvent('page')
  await named(page, 'Sign in with a popup').click()
  const popup = await opening
  await named(page, 'Cancel').click()
  await titled(page, 'Sign-in cancelled')
  await eventually(() => popup.isClosed(), 'the popup has closed')
  assert.equal(await focused(page), 'sign-in')
  await page.unroute(handles)
  await signIn(page)
})

test('An unknown handle is told with its code, its step and help; the input stays', async (t) => {
  const { page } = await visitor(t)
  await field(page).fill('nobody.test')
  await named(page, 'Sign in').click()
  const alert = page.locator('#sign-in-problem[role=alert]')
  await alert.locator('.problem').waitFor()
  const facts = Object.fromEntries(await alert.locator('dl > div').evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((part) => part.textContent))))
  assert.match(facts.Code, /^[A-Z][A-Z_]+$/)
  assert.equal(facts.Step, 'handle')
  assert.match(await alert.locator('.problem-message').innerText(), /nobody\.test/)
  assert.notEqual(await alert.locator('.problem-help').innerText(), '')
  assert.match(await alert.locator('.problem-retry').innerText(), /will not help/)
  assert.equal(await field(page).inputValue(), 'nobody.test')
  assert.equal(await field(page).getAttribute('aria-invalid'), 'true')
  assert.equal(await page.locator('#step-list [data-step=handle]').getAttribute('class'), 'failed')

  await named(page, 'Dismiss').click()
  assert.equal(await focused(page), 'sign-in-title')
  await signIn(page)
})

test('Denied consent comes back as a message, with the handle still in the field', async (t) => {
  const { page } = await visitor(t)
  await field(page).fill(alice.handle)
  await named(page, 'Sign in').click()
  await throughServer(page, alice, 'Deny access')
  await page.locator('#sign-in-problem .problem').waitFor()
  assert.equal(await field(page).inputValue(), alice.handle)
  assert.equal(page.url(), site.url, 'the answer is gone from the address')
})

test('A sign-out in one tab is seen and told in the other', async (t) => {
  const { page, context } = await visitor(t)
  await signIn(page)
  const other = await openDemo(context)
  await titled(other, `Signed in as ${alice.handle}`)
  await named(other, 'Sign out').click()
  await titled(page, 'Signed out')
  await page.locator('#event-list [data-kind=deleted][data-from=elsewhere]').waitFor()
  assert.match(await textOf(page, 'sign-in-problem'), /another tab/)
})

test('At localhost the page asks to be opened by its IP address', async (t) => {
  const { page } = await visitor(t)
  await page.goto(site.url.replace('127.0.0.1', 'localhost'))
  const link = page.getByRole('link', { name: 'Continue at 127.0.0.1' })
  assert.equal(await link.getAttribute('href'), site.url)
})

test('Signing in needs the keyboard only', async (t) => {
  const { page } = await visitor(t)
  await titled(page, 'Signed out')
  for (let presses = 0; presses < 5 && await focused(page) !== 'handle'; presses += 1) await page.keyboard.press('Tab')
  await page.keyboard.type(alice.handle)
  await page.keyboard.press('Enter')
  await throughServer(page, alice)
  await titled(page, `Signed in as ${alice.handle}`)
  for (let presses = 0; presses < 10 && await focused(page) !== 'sign-out'; presses += 1) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await titled(page, 'Signed out')
})

test('Every control has an accessible name, and a phone needs no sideways scrolling', async (t) => {
  const { page } = await visitor(t, { viewport: { width: 360, height: 740 } })
  await titled(page, 'Signed out')
  await assertUsable(page, 'signed out', 5)
  await signIn(page)
  await assertUsable(page, 'signed in', 6)
})

async function assertUsable(page, state, atLeast) {
  const protocol = await page.context().newCDPSession(page)
  const { nodes } = await protocol.send('Accessibility.getFullAXTree')
  const controls = nodes.filter(({ ignored, role }) => !ignored && ['button', 'link', 'textbox'].includes(role?.value))
  assert.ok(controls.length >= atLeast, `${state}: only ${controls.length} controls are reachable`)
  assert.deepEqual(controls.filter(({ name }) => !name?.value?.trim()), [], `${state}: controls without a name`)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(width <= 360, `${state}: the page is ${width} px wide`)
}

test('The policy allows exactly the import map that the page has', async () => {
  const html = await readFile(join(root, 'index.html'), 'utf8')
  const [, map] = html.match(/<script type="importmap">(.*?)<\/script>/s)
  const hash = createHash('sha256').update(map).digest('base64')
  assert.ok(html.includes(`'sha256-${hash}'`), `the policy in index.html needs 'sha256-${hash}'`)
})
