// Tells the app where it is. A published app knows: it would use its own client metadata, and the public network.
import init, { start } from './app/app.js'

const SCOPE = 'atproto transition:generic'

/** On loopback a client needs no registration: its id spells out its scope and redirect URI. */
function loopbackId() {
  const redirect = location.origin + location.pathname
  return `http://localhost?scope=${encodeURIComponent(SCOPE)}&redirect_uri=${encodeURIComponent(redirect)}`
}

/** The local network, when the page is served with one; otherwise the public one. */
async function readNetwork() {
  const response = await fetch('./network.json', { cache: 'no-store' }).catch(() => null)
  if (!response?.ok) return { handleResolver: 'https://bsky.social' }
  return response.json()
}

if (location.hostname === 'localhost') {
  // Redirects come to the IP address, and what is stored here would not be found there.
  location.hostname = '127.0.0.1'
} else {
  const [network] = await Promise.all([readNetwork(), init()])
  start(JSON.stringify({
    client_id: loopbackId(),
    handle_resolver: network.handleResolver,
    plc_directory: network.plcUrl,
    allow_http: network.pdsUrl?.startsWith('http:') ?? false,
  }))
}
