// The list of accounts, which the official package has not.
import { type Account, BrowserOAuthClient, type OAuthSession, TokenRefreshError } from 'oauth-client'

export async function accountMenu(client: BrowserOAuthClient, show: (accounts: Account[], active?: string) => void): Promise<void> {
  client.addEventListener('changed', (event: Event) => console.log(event.type))
  show(await client.accounts(), client.active)
}

export async function choose(client: BrowserOAuthClient, account: Account): Promise<OAuthSession> {
  const at: Date | undefined = account.lastUsed
  console.log(at, account.pds ?? '', account.issuer ?? '')
  if (account.status === 'signed-out') return client.signIn(account.handle ?? account.did)
  try {
    return await client.switchTo(account.did satisfies `did:${string}`)
  } catch (error) {
    if (error instanceof TokenRefreshError) console.log(error.sub)
    await client.forget(account.did)
    throw error
  }
}
