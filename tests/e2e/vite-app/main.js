// The least that an app does: restore or finish a sign-in, offer one, show who it is; and a refresh, in a worker.
import { BrowserOAuthClient, buildAtprotoLoopbackClientMetadata } from 'atproto-oauth-wasm'

const network = await (await fetch('/network.json')).json()
const client = new BrowserOAuthClient({
  clientMetadata: buildAtprotoLoopbackClientMetadata({ scope: 'atproto transition:generic', redirect_uris: [`${location.origin}/`] }),
  handleResolver: network.pdsUrl,
  plcDirectoryUrl: network.plcUrl,
  allowHttp: true,
  refreshIn: 'shared-worker',
})

const output = document.querySelector('output')
document.querySelector('button').onclick = () => client.signIn('alice.test').catch((error) => { output.textContent = String(error) })

try {
  const result = await client.init()
  if (result) {
    await result.session.getTokenInfo(true)
    const response = await result.session.fetchHandler('/xrpc/com.atproto.server.getSession')
    output.textContent = `signed in as ${(await response.json()).handle}`
  } else {
    output.textContent = 'signed out'
  }
} catch (error) {
  output.textContent = String(error)
}
