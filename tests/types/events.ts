// The events of the older guides, which the official package no longer has and ours keeps.
import { BrowserOAuthClient, TokenInvalidError, TokenRefreshError, TokenRevokedError } from 'oauth-client'

export function listen(client: BrowserOAuthClient): void {
  client.addEventListener('updated', (event) => console.log(event.detail.sub, event.detail.tokenSet.expires_at))
  client.addEventListener('deleted', (event: CustomEvent<{ sub: string; cause: unknown }>) => {
    const { sub, cause } = event.detail
    if (cause instanceof TokenRefreshError || cause instanceof TokenRevokedError || cause instanceof TokenInvalidError) console.log(sub, cause.sub)
  })
}
