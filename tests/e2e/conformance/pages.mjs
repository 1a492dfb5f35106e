import { fileURLToPath } from 'node:url'
import { launchBrowser } from '../support/browser.mjs'
import { serveHarness } from '../support/harness-server.mjs'

/** One browser with one page for each client asked for: `ours`, or `official`. */
export async function openConformance() {
  const [harness, browser] = await Promise.all([serveHarness({}, fileURLToPath(new URL('.', import.meta.url))), launchBrowser()])
  const pages = {}

  async function open(client) {
    const context = await browser.newContext()
    await context.addCookies([{ name: 'client', value: client, url: harness.origin }])
    // Upon a 204 a browser stays where it is: so a page can leave for the server's page, and go on.
    await context.route('https://as.example.com/**', (route) => route.fulfill({ status: 204 }))
    const page = await context.newPage()
    await page.goto(`${harness.origin}/`)
    await page.waitForFunction(() => window.ready === true)
    return page
  }
  return {
    browser, origin: harness.origin,
    /** The page that holds a client. */
    ready: (client = 'ours') => (pages[client] ??= open(client)),
    async close() {
      await browser.close()
      await harness.stop()
    },
  }
}
