import { eventually } from './eventually.mjs'
import { rowsOf } from './indexed-db.mjs'
import { signInWithoutPages } from './sign-in.mjs'

/**
 * Signs in with a token that the server will soon refuse while the client believes
 * in it: the server issues it for a second, and its `expires_in` is rewritten on its
 * way to the page. Tokens issued afterwards live an hour again.
 */
export async function signInWithLateExpiry(visitor, account, { control }) {
  const tokenEndpoint = '**/oauth/token'
  await visitor.context.route(tokenEndpoint, async (route) => {
    const response = await route.fetch()
    const json = await response.json()
    if ('expires_in' in json) json.expires_in = 3600
    await route.fulfill({ response, json })
  })
  await control.tokenMaxAge(1000)
  await signInWithoutPages(visitor.page, account, { control })
  await control.tokenMaxAge(3_600_000)
  await visitor.context.unroute(tokenEndpoint)
  const [token] = await control.tokens(account.did)
  // Tokens carry whole seconds: one more, and no rounding keeps it alive.
  await eventually(() => Date.now() > Date.parse(token.expiresAt) + 1000, 'the server-side end of the token')
}

/** Signs in with a token that has expired when this returns, as the client can tell. Tokens issued afterwards live a second too. */
export async function signInUntilExpired(page, account, { control }) {
  await control.tokenMaxAge(1000)
  await signInWithoutPages(page, account, { control })
  const row = (await rowsOf(page, 'session')).find(({ key }) => key === account.did)
  await eventually(() => Date.now() > Date.parse(row.value.tokenSet.expires_at), 'the end of the token')
}
