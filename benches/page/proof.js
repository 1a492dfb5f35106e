// What a server judges of a DPoP proof (RFC 9449 section 4.3), by WebCrypto alone: none of the clients' code.
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const bytes = (text) => new TextEncoder().encode(text)

function encode(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** The hash of a text, as base64url. */
export async function sha256(text) {
  return encode(await crypto.subtle.digest('SHA-256', bytes(text)))
}

/** RFC 7638 section 3. */
export const thumbprint = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }))

const seen = new Set()

/** Whether a proof is one for this request and token. */
export async function verify({ jwt, header, claims }, request, token) {
  const { kty, crv, x, y, d } = header.jwk
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ES256, false, ['verify'])
  const [head, body, signature] = jwt.split('.')
  const signed = await crypto.subtle.verify(ES256, key, decode(signature), bytes(`${head}.${body}`))
  const url = new URL(request.url)
  const isNew = claims.jti && !seen.has(claims.jti)
  seen.add(claims.jti)
  return signed && isNew && d === undefined && header.typ === 'dpop+jwt' && header.alg === 'ES256'
    && claims.htm === request.method && claims.htu === url.origin + url.pathname && Math.abs(claims.iat * 1000 - Date.now()) < 60_000
    && claims.ath === (token && await sha256(token))
}
