import { sign } from '../../src/browser/web_crypto.js'

/** What requests with one access token have in common. Times are milliseconds. */
export interface Grant {
  /** Another one with other tokens; none for what was read before the core was there. */
  readonly stamp?: number
  /** The PDS's origin; absent where what is stored is no URL. */
  readonly pds: string | undefined
  /** The `Authorization` header. */
  readonly authorization: string
  /** Tells one access token from the next: its digest, which is the `ath` claim. */
  readonly tokenId: string
  /** The encoded header of every proof, with the dot behind it. */
  readonly head: string
  readonly key: CryptoKey
  /** The last nonce of the PDS. */
  nonce?: string | null | undefined
  /** By how much the PDS's time is ahead of this machine's: for the time in a proof. */
  readonly clockOffset: number
  /** From when on, by this machine's clock, the token wants renewing. */
  readonly staleAt?: number | undefined
  /**
   * What the ids of its proofs begin with: 128 random bits. A number behind it makes each unique. Only the PDS sees it, so no
   * two servers and no two accounts have an id in common.
   */
  jti?: string
  /** How many proofs there were. */
  proofs?: number
}

export const encoder = new TextEncoder()

/** A proof but for its signature (RFC 9449 section 4.2). `url` may have a query. */
export function unsignedProof(grant: Grant, method: string, url: string, now: number): string {
  grant.jti ??= base64url(crypto.getRandomValues(new Uint8Array(16)))
  grant.proofs = (grant.proofs ?? 0) + 1
  const claims = {
    iat: Math.floor((now + grant.clockOffset) / 1000),
    jti: `${grant.jti}-${grant.proofs}`,
    htm: method,
    htu: url.replace(/[?#].*$/, ''),
    nonce: grant.nonce,
    ath: grant.tokenId,
  }
  return grant.head + base64url(encoder.encode(JSON.stringify(claims)))
}

/** A signature, base64url. */
export async function signed(key: CryptoKey, input: string): Promise<string> {
  return base64url(new Uint8Array(await sign(key, encoder.encode(input))))
}

/** What newer browsers have (ECMAScript's proposal "ArrayBuffer to and from Base64"), in a tenth of the time. */
type Encodable = Uint8Array & { toBase64?(options: { alphabet: 'base64url'; omitPadding: true }): string }

export function base64url(bytes: Encodable): string {
  return bytes.toBase64?.({ alphabet: 'base64url', omitPadding: true }) ?? encoded(bytes)
}

function encoded(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
