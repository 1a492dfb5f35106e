import { eventually } from './eventually.mjs'
import { harnessReady, valueOf } from './page.mjs'

/** Calls `signIn` in the page, which redirects it to the authorization server's pages. */
export async function startSignIn(page, input, options = {}) {
  await page.evaluate(({ input, options }) => {
    // Not awaited: the promise never resolves in a page that navigates away.
    window.signInFailure = undefined
    window.client.signIn(input, options).catch((error) => {
      window.signInFailure = `${error.code ?? ''} ${error.stack ?? error}`
    })
  }, { input, options })
  await eventually(async () => {
    if (page.url().includes('/oauth/authorize')) return true
    const failure = await page.evaluate(() => window.signInFailure).catch(() => undefined)
    if (failure) throw new Error(`signIn was rejected: ${failure}`)
    return false
  }, 'the page of the authorization server')
}

/** The field for the user's name. Without a login hint, the server first shows a page with a button to sign in. */
export async function loginForm(page) {
  const name = page.locator('input[autocomplete=username]')
  const button = page.getByRole('button', { name: 'Sign in' })
  await button.waitFor()
  if (!await name.isVisible()) await button.click()
  await name.waitFor()
  return name
}

/** Types the user's name, if the field is editable, and a password; then presses "Sign in". */
export async function submitPassword(page, { handle, password }) {
  const name = await loginForm(page)
  if (await name.isEditable()) await name.fill(handle)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Presses "Authorize" or "Deny access" on the consent page. */
export function decide(page, button = 'Authorize') {
  return page.getByRole('button', { name: button }).click()
}

/**
 * Makes the next redirect to the server's pages come back at once with the account's consent, without the seconds that these
 * pages take. For tests of what comes after.
 */
export async function consentAhead(page, account, { control }) {
  await page.route((url) => url.pathname === '/oauth/authorize', async (route) => {
    await route.fulfill({ status: 302, headers: { location: await control.consent(route.request().url(), account.did) } })
  }, { times: 1 })
}

/** From the authorization server's first page back to the harness, whose `init` is not called here. */
export async function walkBack(page, account, { origin, button } = {}) {
  await submitPassword(page, account)
  await decide(page, button)
  await page.waitForURL((url) => url.origin === origin, { waitUntil: 'commit' })
  await harnessReady(page)
}

/** Makes a client in the freshly loaded page and calls `init`, keeping the session as `window.session`: `{ sub, state? }`. */
export function initPage(page, options = {}) {
  return valueOf(page, async (options) => {
    const result = await makeClient(options).init()
    window.session = result?.session
    // A restored session has no `state` at all; after a callback it is a string or null.
    return result && { sub: result.session.sub, ...('state' in result && { state: result.state }) }
  }, options)
}

/** A whole sign-in with the default client: afterwards the page has `window.client` and `window.session`. */
export async function signIn(page, account, { origin, input = account.handle, options } = {}) {
  await page.evaluate(() => void makeClient())
  await startSignIn(page, input, options)
  await walkBack(page, account, { origin })
  return initPage(page)
}

/**
 * Like `signIn`, but without the server's pages, which take two seconds: consent is given at the server, and the client does all
 * of its part. For tests of what comes after.
 */
export async function signInWithoutPages(page, account, { control }) {
  await page.evaluate(() => void makeClient())
  const url = await valueOf(page, async (handle) => String(await client.authorize(handle)), account.handle)
  // The callback differs from the page only in its fragment, and such a navigation alone would load nothing.
  await page.goto('about:blank')
  await page.goto(await control.consent(url, account.did))
  await harnessReady(page)
  return initPage(page)
}
