import { eventually } from './eventually.mjs'
import { outcomeOf } from './page.mjs'

/** Signs in through a popup, and returns the popup. `outcomeIn` returns the outcome of `signIn` later. */
export async function openPopup({ page, context }, input, options = {}) {
  const opened = context.waitForEvent('page')
  await page.evaluate(({ input, options }) => {
    if (!window.client) makeClient()
    window.popupOutcome = undefined
    window.attempt(async () => {
      window.session = await client.signIn(input, { display: 'popup', ...options })
      return { sub: session.sub, status: (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status }
    }).then((outcome) => { window.popupOutcome = outcome })
  }, { input, options })
  return opened
}

/** The outcome of `signIn`, in the page that opened the popup. */
export const outcomeIn = (page) => eventually(() => page.evaluate(() => window.popupOutcome && JSON.parse(JSON.stringify(window.popupOutcome))),
  'signIn has settled in the page that opened the popup')

/** What the app in the popup does: it calls `init`, as it does in every page. */
export async function initPopup(popup) {
  // The popup closes itself, and with it the result of this call may be lost.
  return outcomeOf(popup, async () => { await makeClient().init() }).catch(() => undefined)
}
