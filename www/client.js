// Makes the page's OAuth client, with options that depend on where the page is served.

const SCOPE = 'atproto transition:generic'

/** The local demo network, when the page is served with one; otherwise the public network. */
export async function readNetwork() {
  const response = await fetch('./network.json', { cache: 'no-store' }).catch(() => null)
  if (!response?.ok) return { handleResolver: 'https://bsky.social', accounts: [] }
  const network = await response.json()
  return { ...network, accounts: network.accounts ?? [] }
}

/** Opens the client. The package is imported here, not at the top of the page's code, so that its absence can be shown. */
export async function openClient(network, hooks) {
  const { BrowserOAuthClient } = await importPackage()
  const options = {
    handleResolver: network.handleResolver,
    plcDirectoryUrl: network.plcUrl,
    // Only a local network uses plain http; everywhere else it stays refused.
    allowHttp: network.pdsUrl?.startsWith('http:') || undefined,
    responseMode: 'fragment',
    ...hooks,
  }
  if (isLoopback(location.hostname)) return new BrowserOAuthClient({ clientMetadata: loopbackMetadata(), ...options })

  const clientId = new URL('./client-metadata.json', location.href).href
  const client = await BrowserOAuthClient.load({ clientId, ...options })
  if (client.clientMetadata.client_id !== clientId) {
    throw Object.assign(new Error(`client-metadata.json says it is ${client.clientMetadata.client_id}, but it is served at ${clientId}`), {
      url: clientId,
      help: 'Set client_id, client_uri and redirect_uris in client-metadata.json to the address of this page.',
      retryable: false,
    })
  }
  return client
}

async function importPackage() {
  try {
    return await import('atproto-oauth-wasm')
  } catch (cause) {
    throw Object.assign(new Error('The package could not be loaded', { cause }), {
      help: 'This page expects the built package beside it, in pkg/.',
      retryable: true,
    })
  }
}

export const isLoopback = (hostname) => hostname === '127.0.0.1' || hostname === '[::1]'

/** The address of this page under the loopback IP, or null when it is not opened by the name `localhost`. */
export function loopbackAddress() {
  if (location.hostname !== 'localhost') return null
  const url = new URL(location.href)
  url.hostname = '127.0.0.1'
  return url.href
}

/**
 * A client needs no registration on loopback: its id spells out its scope and redirect URI
 * (atproto OAuth specification, "Localhost Client Development").
 */
function loopbackMetadata() {
  const redirect = location.origin + location.pathname
  return {
    client_id: `http://localhost?scope=${encodeURIComponent(SCOPE)}&redirect_uri=${encodeURIComponent(redirect)}`,
    redirect_uris: [redirect],
    scope: SCOPE,
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    dpop_bound_access_tokens: true,
  }
}
