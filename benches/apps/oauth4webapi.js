// A general OAuth library leaves to the app what is atproto's own: identities, storage, when to refresh. This is that glue,
// written straight on: the checks that the specification demands, one after the other, and no lock between tabs.
import * as oauth from 'oauth4webapi'

const AUTH = oauth.None()
const LEEWAY = 30_000

const settle = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

let opening
function open() {
  const request = indexedDB.open('oauth4webapi-glue', 1)
  request.onupgradeneeded = () => ['state', 'session'].forEach((name) => request.result.createObjectStore(name))
  return settle(request)
}
async function inStore(name, mode, work) {
  const database = await (opening ??= open())
  return settle(work(database.transaction(name, mode).objectStore(name)))
}
const get = (name, key) => inStore(name, 'readonly', (store) => store.get(key))
const put = (name, key, value) => inStore(name, 'readwrite', (store) => store.put(value, key))
const remove = (name, key) => inStore(name, 'readwrite', (store) => store.delete(key))

/** Once more with the nonce that the refusal brought, which the DPoP handle keeps. */
async function withNonce(send) {
  try {
    return await send()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return send()
  }
}

async function json(url) {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

export function create({ metadata, resolver, plc }) {
  const client = { client_id: metadata.client_id }
  const [redirectUri] = metadata.redirect_uris

  async function documentOf(did) {
    const url = did.startsWith('did:web:') ? `https://${did.slice(8)}/.well-known/did.json` : `${plc}/${did}`
    const document = await json(url)
    if (document.id !== did) throw new Error('The document is not of this DID')
    return document
  }
  const pdsOf = (document) => document.service.find(({ id }) => id.endsWith('#atproto_pds')).serviceEndpoint

  async function resolve(input) {
    if (input.startsWith('https://')) return { pds: input }
    const isDid = input.startsWith('did:')
    const did = isDid ? input
      : (await json(`${resolver}/xrpc/com.atproto.identity.resolveHandle?handle=${encodeURIComponent(input)}`)).did
    const document = await documentOf(did)
    if (!isDid && !document.alsoKnownAs.includes(`at://${input}`)) throw new Error('The handle is not of this account')
    return { did, pds: pdsOf(document) }
  }

  async function issuerOf(pds) {
    const url = new URL(pds)
    const resource = await oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url))
    return resource.authorization_servers[0]
  }

  async function serverOf(issuer) {
    const url = new URL(issuer)
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2' }))
  }

  async function keep(session, tokens) {
    const stored = { ...session, token: tokens.access_token, refreshToken: tokens.refresh_token,
      expiresAt: Date.now() + tokens.expires_in * 1000 }
    await put('session', tokens.sub, stored)
    return live(stored)
  }
  const live = (stored) => ({ ...stored, DPoP: oauth.DPoP(client, stored.keys) })

  async function refreshed({ server, keys, refreshToken, did, pds }) {
    const DPoP = oauth.DPoP(client, keys)
    const tokens = await withNonce(async () => oauth.processRefreshTokenResponse(server, client,
      await oauth.refreshTokenGrantRequest(server, client, AUTH, refreshToken, { DPoP })))
    if (tokens.sub !== did) throw new Error('The tokens are of another account')
    return keep({ server, keys, did, pds }, tokens)
  }

  return {
    async authorize(input) {
      const { did, pds } = await resolve(input)
      const server = await serverOf(await issuerOf(pds))
      const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
      const keys = await oauth.generateKeyPair('ES256')
      const parameters = { client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope: metadata.scope, state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', response_mode: 'fragment',
        ...(did && { login_hint: input }) }
      await put('state', state, { server, verifier, keys, did })
      const DPoP = oauth.DPoP(client, keys)
      const { request_uri } = await withNonce(async () => oauth.processPushedAuthorizationResponse(server, client,
        await oauth.pushedAuthorizationRequest(server, client, AUTH, parameters, { DPoP })))
      const url = new URL(server.authorization_endpoint)
      url.search = new URLSearchParams({ client_id: client.client_id, request_uri })
      return url
    },

    async callback(params) {
      const state = params.get('state')
      const { server, verifier, keys, did } = await get('state', state)
      await remove('state', state)
      const answer = oauth.validateAuthResponse(server, client, params, state)
      const DPoP = oauth.DPoP(client, keys)
      const tokens = await withNonce(async () => oauth.processAuthorizationCodeResponse(server, client,
        await oauth.authorizationCodeGrantRequest(server, client, AUTH, answer, redirectUri, verifier, { DPoP })))
      if (did && tokens.sub !== did) throw new Error('Another account has signed in')
      const pds = pdsOf(await documentOf(tokens.sub))
      if (await issuerOf(pds) !== server.issuer) throw new Error('The server does not speak for this account')
      return keep({ server, keys, did: tokens.sub, pds }, tokens)
    },

    async restore(did, refresh) {
      const stored = await get('session', did)
      if (!stored) throw new Error('There is no session')
      return refresh || stored.expiresAt < Date.now() + LEEWAY ? refreshed(stored) : live(stored)
    },

    request: ({ token, pds, DPoP }, path, { method = 'GET', headers, body } = {}) => withNonce(() =>
      oauth.protectedResourceRequest(token, method, new URL(path, pds), new Headers(headers), body, { DPoP })),
  }
}
