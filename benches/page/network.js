// A small atproto network inside the page, in the place of `fetch`: no socket, no other process, so that what is timed is
// the client. It remembers nothing but what its tokens and nonces say, so every page of a visit can have one of its own.
import { AS, PDS, PLC, RESOLVER, SCOPE, didDocument, partOf, readProof, serverMetadata } from '../../tests/e2e/conformance/network.js'
import { sha256, thumbprint, verify } from './proof.js'

export { AS, PDS, PLC, RESOLVER, SCOPE }

/** As the reference server: a nonce is of a minute, and good from the one before it to the one after. */
const ROTATION = 60_000
/** Long enough that only the visits made for it find an expired token. */
export const LIFETIME = 86_400
/** Tokens of real servers are signed documents of this length, and `ath` is the hash of all of it. */
const TOKEN_LENGTH = 700
const STEADY_PATH = '/xrpc/com.atproto.server.getSession'
export const STEADY = { path: STEADY_PATH, url: PDS + STEADY_PATH }

const ACCOUNTS = Array.from({ length: 21 }, (_, at) => {
  const letter = String.fromCharCode(97 + at)
  return { did: `did:plc:${letter.repeat(24)}`, handle: `${letter}.example.com` }
})
export const accounts = ACCOUNTS

const wait = (ms) => new Promise((done) => setTimeout(done, ms))

function answer(body, status = 200, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

const find = (key, value) => ACCOUNTS.find((account) => account[key] === value)
const refusal = (error) => ({ error, error_description: `The stub refuses: ${error}` })

class Refused extends Error {
  constructor(status, error) {
    super(error)
    Object.assign(this, { status, error })
  }
}
const must = (holds, error, status = 400) => {
  if (!holds) throw new Refused(status, error)
}

export class StubNetwork {
  /** Milliseconds that each request takes. */
  latency = 0
  /** What is judged: `all`, or `nonce` alone, or `none` where requests are timed one by one. */
  check = 'all'
  /** Whether each answer of the PDS brings another nonce. */
  changing = false
  /** Each request: `{ part, start, end }`, `end` missing while it is under way. */
  requests = []
  /** The form of the last pushed request. */
  pushed = undefined
  #nonces = 0
  #grants = 0
  #real = globalThis.fetch.bind(globalThis)

  /** Takes the place of the page's `fetch`, except for what the page itself is made of. */
  install() {
    globalThis.fetch = (input, init) => {
      const url = typeof input === 'string' ? input : input.url ?? input.href
      if (!url.startsWith('https://')) return this.#real(input, init)
      // The way of timed requests does nothing that could be mistaken for the client's work.
      if (this.check === 'none' && url === STEADY.url) return Promise.resolve(this.#steady())
      return this.#answer(input, init)
    }
  }

  #steady() {
    const nonce = this.changing ? `nonce-${++this.#nonces}` : this.#nonce
    return new Response('{"ok":true}', { headers: { 'content-type': 'application/json', 'dpop-nonce': nonce } })
  }

  get #nonce() {
    return `nonce-of-minute-${Math.floor(Date.now() / ROTATION) + 1}`
  }

  #isGood(nonce) {
    const minute = Number(/^nonce-of-minute-(\d+)$/.exec(nonce)?.[1])
    return Math.abs(minute - Math.floor(Date.now() / ROTATION)) <= 1
  }

  async #answer(input, init) {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const entry = { part: partOf(url), start: performance.now() }
    this.requests.push(entry)
    if (this.latency) await wait(this.latency)
    try {
      return await this.#route(entry.part, url, request)
    } catch (error) {
      if (error instanceof Refused) return this.#refuse(entry.part, error)
      throw error
    } finally {
      entry.end = performance.now()
    }
  }

  #refuse(part, { status, error }) {
    const headers = { 'dpop-nonce': this.#nonce }
    if (part === 'xrpc') headers['www-authenticate'] = `DPoP error="${error}"`
    return answer(refusal(error), part === 'xrpc' ? 401 : status, headers)
  }

  async #route(part, url, request) {
    switch (part) {
      case 'handle': {
        const account = find('handle', url.searchParams.get('handle'))
        return account ? answer({ did: account.did }) : answer(refusal('InvalidRequest'), 400)
      }
      case 'did': {
        const account = find('did', decodeURIComponent(url.pathname.slice(1)))
        return account ? answer(didDocument(account)) : answer(refusal('NotFound'), 404)
      }
      case 'resource':
        return url.origin === PDS ? answer({ resource: PDS, authorization_servers: [AS] }) : answer(refusal('NotFound'), 404)
      case 'issuer':
        return url.origin === AS ? answer(serverMetadata()) : answer(refusal('NotFound'), 404)
      case 'par':
      case 'token':
        return this.#authorize(part, request)
      case 'revoke':
        return answer({})
      case 'xrpc':
        await this.#prove(request)
        return answer({ ok: true }, 200, { 'dpop-nonce': this.#nonce })
      default:
        throw new TypeError(`The stub has no ${url}`)
    }
  }

  async #authorize(part, request) {
    const text = await request.clone().text()
    // The reference server reads both.
    const isJson = request.headers.get('content-type')?.startsWith('application/json')
    const form = isJson ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
    const key = await this.#prove(request)
    const body = part === 'par' ? this.#push(form) : await this.#grant(form, key)
    return answer(body, part === 'par' ? 201 : 200, { 'dpop-nonce': this.#nonce, 'cache-control': 'no-store' })
  }

  #push(form) {
    must(form.response_type === 'code' && form.scope === SCOPE && form.state, 'invalid_request')
    must(form.code_challenge_method === 'S256' && form.code_challenge?.length === 43, 'invalid_request')
    this.pushed = form
    return { request_uri: `urn:ietf:params:oauth:request_uri:${form.state}`, expires_in: 300 }
  }

  async #grant(form, key) {
    // What the grant is of: the account, and who may use it.
    const [did, bound] = (form.code ?? form.refresh_token ?? '').split('~')
    must(find('did', did), 'invalid_grant')
    if (form.grant_type === 'authorization_code') must(await sha256(form.code_verifier) === bound, 'invalid_grant')
    else must(form.grant_type === 'refresh_token' && (key === undefined || key === bound), 'invalid_grant')
    const token = (kind) => `${did}~${key ?? bound}~${kind}~${++this.#grants}~`.padEnd(TOKEN_LENGTH, kind)
    return { access_token: token('a'), refresh_token: token('r'), token_type: 'DPoP', scope: SCOPE, sub: did, expires_in: LIFETIME }
  }

  /** Judges a proof. The thumbprint of its key, where signatures are judged. */
  async #prove(request) {
    if (this.check === 'none') return undefined
    const proof = readProof(request.headers.get('dpop'))
    must(proof, 'invalid_dpop_proof')
    must(this.#isGood(proof.claims.nonce), 'use_dpop_nonce')
    if (this.check === 'nonce') return undefined
    const token = /^DPoP (.*)/.exec(request.headers.get('authorization'))?.[1]
    must(await verify(proof, request, token), 'invalid_dpop_proof')
    const key = await thumbprint(proof.header.jwk)
    if (partOf(new URL(request.url)) === 'xrpc') must(token?.split('~')[1] === key, 'invalid_token')
    return key
  }

  /** The answer of the authorization server to the last pushed request, once the user has agreed. */
  consent(pushed, { did }) {
    return { state: pushed.state, iss: AS, code: `${did}~${pushed.code_challenge}` }
  }
}
