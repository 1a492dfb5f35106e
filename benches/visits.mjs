// Visits of a page: each at a time of its own, in a process of its own, with the storage of the visits before it.
import { launchBrowser } from '../tests/e2e/support/browser.mjs'
import { serveHarness } from '../tests/e2e/support/harness-server.mjs'

/** Isolated pages have the precise clock: 5 microseconds, in place of 100. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** What one user's browser keeps of one client, and the time there. */
export class Visitor {
  #context
  #origin
  /** When the next visit takes place. On a full minute, where the nonces change. */
  now = Math.floor(Date.now() / MINUTE) * MINUTE

  constructor(context, origin) {
    this.#context = context
    this.#origin = origin
  }

  /** Lets time pass. */
  after(ms) {
    this.now += ms
  }

  /** Opens the page, does `work(call, page)` there, and leaves. `call` runs a function of the page's driver. */
  async visit(behaviour, work) {
    const page = await this.#context.newPage()
    try {
      await page.goto(this.#origin)
      await page.waitForFunction(() => window.bench !== undefined)
      const call = (name, ...given) => page.evaluate(([name, given]) => window.bench[name](...given), [name, given])
      await call('set', { now: this.now, ...behaviour })
      return await work(call, page)
    } finally {
      await page.close()
    }
  }

  close() {
    return this.#context.close()
  }
}

/** Opens the one browser of a run, and the server of its pages. */
export async function openBrowser(folder) {
  const [site, browser] = await Promise.all([serveHarness({}, folder, ISOLATED), launchBrowser()])
  return {
    version: browser.version(),
    /** Somebody who was never there before. */
    visitor: async () => new Visitor(await browser.newContext(), site.origin),
    async close() {
      await browser.close()
      await site.stop()
    },
  }
}

/** Signs accounts in and makes a request with each; every proof and grant is judged. */
export function signIn(visitor, client, accounts = [0]) {
  return visitor.visit({ check: 'all' }, async (call) => {
    await call('load', client)
    for (const account of accounts) {
      const { consent } = await call('authorize', account, 'handle')
      await call('callback', consent)
    }
    await call('request')
  })
}
