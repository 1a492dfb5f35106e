import { after } from 'node:test'
import { launchBrowser } from './browser.mjs'
import { controlClient } from './control.mjs'
import { serveHarness } from './harness-server.mjs'
import { startNetwork } from '../../network/network.mjs'
import { harnessReady } from './page.mjs'
import { signInWithoutPages } from './sign-in.mjs'

const AN_HOUR = 3_600_000

/** The time limit of a step: longer than any step takes on a busy machine. */
const A_STEP = 15_000

/**
 * Everything that a test file needs: the local network, the harness, one browser. Each file has its own, so that files can run at
 * the same time.
 */
export async function startWorld({ names, ...browserOptions } = {}) {
  const [network, browser] = await Promise.all([startNetwork({ names }), launchBrowser(browserOptions)])
  const { info } = network
  const harness = await serveHarness({ pdsUrl: info.pdsUrl, plcUrl: info.plcUrl })
  const control = controlClient(info.controlUrl)
  const [alice, bob] = info.accounts
  after(async () => {
    await browser.close()
    await harness.stop()
    await network.stop()
  })

  /** A visitor with a new browser profile, and servers without sessions. */
  async function visitor(t) {
    await Promise.all([control.tokenMaxAge(AN_HOUR), control.revokeAll(alice.did), control.revokeAll(bob.did)])
    const context = await browser.newContext()
    context.setDefaultTimeout(A_STEP)
    t.after(() => context.close())
    return openVisitor(context, harness.origin)
  }

  /** A visitor who has signed in already: `page` holds `window.client` and `window.session`. */
  async function signedIn(t, account = alice) {
    const someone = await visitor(t)
    await signInWithoutPages(someone.page, account, { control })
    return someone
  }

  return { info, browser, control, origin: harness.origin, alice, bob, visitor, signedIn }
}

async function openVisitor(context, origin) {
  const requests = []
  context.on('request', (request) => requests.push({ method: request.method(), url: request.url() }))

  /** Another tab of the same profile, with the harness loaded and no client made. */
  async function tab() {
    const page = await context.newPage()
    await page.goto(`${origin}/`)
    await harnessReady(page)
    return page
  }
  return {
    context, tab, page: await tab(),
    /** The requests of all tabs to origins other than the harness's. */
    outgoing: () => requests.filter((request) => !request.url.startsWith(`${origin}/`)),
  }
}
