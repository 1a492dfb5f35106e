import { DATABASE, POINTER } from './indexed-db.mjs'

/**
 * A session without the server's pages, which take seconds: the server issues it for a key that is generated in the page, and it
 * is stored in the official client's format. The page must have loaded the harness, with either client.
 */
export async function grantSession(page, account, { control, info }) {
  await storeGranted(page, info.pdsUrl, ({ jkt, client }) =>
    control.grant({ did: account.did, client, scope: 'atproto transition:generic', jkt }))
}

/** Stores the token response that `grant({ jkt, client })` returns as a session of a server that is its own issuer. */
export async function storeGranted(page, issuer, grant) {
  const key = await page.evaluate(makeKey)
  const granted = await grant(key)
  await page.evaluate(storeSession, { name: DATABASE, pointer: POINTER, issuer, granted, jkt: key.jkt })
}

/** Runs in the page: generates a key that cannot be extracted, and leaves it there for `storeSession`. */
async function makeKey() {
  const { client_id: client } = lib.buildAtprotoLoopbackClientMetadata({
    scope: 'atproto transition:generic', redirect_uris: [`${location.origin}/`],
  })
  window.granted = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', window.granted.publicKey)
  // RFC 7638: the required members, in this order.
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify({ crv, kty, x, y })))
  const text = btoa(String.fromCharCode(...new Uint8Array(digest)))
  return { client, jkt: text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') }
}

/** Runs in the page. */
async function storeSession({ name, pointer, issuer, granted, jkt }) {
  const settle = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => {
    for (const store of ['state', 'session', 'didCache', 'dpopNonceCache', 'handleCache', 'authorizationServerMetadataCache',
      'protectedResourceMetadataCache']) {
      opening.result.createObjectStore(store, { autoIncrement: true }).createIndex('expiresAt', 'expiresAt')
    }
  }
  const database = await settle(opening)
  const { sub, scope, access_token, refresh_token, token_type, expires_in } = granted
  const tokenSet = { iss: issuer, sub, aud: `${issuer}/`, scope, access_token, refresh_token, token_type,
    expires_at: new Date(Date.now() + expires_in * 1000).toISOString() }
  const value = { tokenSet, authMethod: { method: 'none' }, dpopKey: { keyId: jkt, keyPair: window.granted } }
  await settle(database.transaction('session', 'readwrite').objectStore('session').put({ value }, sub))
  database.close()
  localStorage.setItem(pointer, sub)
}
