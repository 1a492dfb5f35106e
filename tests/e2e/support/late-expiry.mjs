import { eventually } from './eventually.mjs'
import { rowsOf } from './indexed-db.mjs'
import { signInWithoutPages } from './sign-in.mjs'

/**
 * Signs in with a token that the server will soon refuse while the client considers it valid: the server issues it for a second,
 * and the `expires_in` of the response is rewritten. Tokens issued afterwards are valid for an hour again.
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
  // Tokens have times in whole seconds: wait one more, so that it has expired after any rounding.
  await eventually(() => Date.now() > Date.parse(token.expiresAt) + 1000, 'the server-side end of the token')
}

/** Signs in with a token that has expired when this returns, which the client knows. Tokens issued afterwards live a second too. */
export async function signInUntilExpired(page, account, { control }) {
  await control.tokenMaxAge(1000)
  await signInWithoutPages(page, account, { control })
  const row = (await rowsOf(page, 'session')).find(({ key }) => key === account.did)
  await eventually(() => Date.now() > Date.parse(row.value.tokenSet.expires_at), 'the end of the token')
}
