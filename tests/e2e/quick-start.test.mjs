// README's quick start in Rust, as a new user has it: `cargo xtask test e2e` makes the app with the commands that are there, and
// takes its code from there too. Only one line is added: a local network speaks http.
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { startNetwork } from '../network/network.mjs'
import { launchBrowser } from './support/browser.mjs'
import { eventually } from './support/eventually.mjs'
import { serveHarness } from './support/harness-server.mjs'
import { decide, submitPassword } from './support/sign-in.mjs'

const app = fileURLToPath(new URL('../../target/apps/quick-start', import.meta.url))
const [network, site, browser] = await Promise.all([startNetwork(), serveHarness({}, app), launchBrowser()])
const { pdsUrl, plcUrl, handleResolver, accounts: [alice] } = network.info
after(async () => {
  await browser.close()
  await Promise.all([site.stop(), network.stop()])
})

/** Has the local network answer for a host that the code names. */
async function standIn(context, host, url) {
  await context.route(`${host}/**`, async (route) => {
    const { pathname, search } = new URL(route.request().url())
    const response = await fetch(url + pathname + search)
    const { status, headers } = response
    await route.fulfill({ status, headers: { 'content-type': headers.get('content-type'), 'access-control-allow-origin': '*' }, body: await response.text() })
  })
}

test('who types what README says signs in', async () => {
  const context = await browser.newContext()
  await standIn(context, 'https://bsky.social', handleResolver)
  await standIn(context, 'https://plc.directory', plcUrl)
  const page = await context.newPage()
  const alerts = []
  page.on('dialog', async (dialog) => {
    if (dialog.type() === 'prompt') return dialog.accept(alice.handle)
    alerts.push(dialog.message())
    return dialog.accept()
  })
  await page.goto(site.origin)
  await page.waitForURL((url) => url.origin === new URL(pdsUrl).origin, { waitUntil: 'commit' })
  await submitPassword(page, alice)
  await decide(page)
  const signedIn = `Signed in as ${alice.handle}`
  await eventually(() => alerts.length > 0, 'the app says something')
  assert.deepEqual(alerts, [signedIn])
  await page.reload()
  await eventually(() => alerts.length > 1, 'the app says something again')
  assert.deepEqual(alerts, [signedIn, signedIn], 'the session is there after a reload')
})
