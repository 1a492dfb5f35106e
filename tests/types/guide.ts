// The browser parts of the official guides' code, with the types that they imply: it must compile as it stands.
import { Agent } from '@atproto/api'
import { BrowserOAuthClient, OAuthSession, TokenInvalidError, TokenRefreshError, TokenRevokedError } from 'oauth-client'

export async function run(): Promise<void> {
  const client = await BrowserOAuthClient.load({
    clientId: 'https://my-app.example.com/client-metadata.json',
    handleResolver: 'https://resolver.example.com/',
  })
  const result = await client.init()
  if (result) {
    const { session } = result
    if ('state' in result && result.state != null) console.log(`${session.sub} signed in with state ${result.state}`)
    else console.log(`${session.sub} was restored`)
  }
  try {
    await client.signIn('my.handle.example', {
      state: 'some value needed later',
      prompt: 'none',
      ui_locales: 'fr-CA fr en',
      signal: new AbortController().signal,
    })
    console.log('Never executed')
  } catch (err) {
    console.log('The user aborted by navigating back', err)
  }
  const session: OAuthSession = await client.restore('did:plc:z72i7hdynmk6r22z27h6tvur')
  const agent = new Agent(session)
  if (agent.did) await agent.getProfile({ actor: agent.did })
  console.log(TokenInvalidError, TokenRefreshError, TokenRevokedError)
}
