// The whole network of two accounts, inside the page: a `fetch` that answers by script and
// writes down what it was asked. Nothing leaves the page, so a flow takes milliseconds.

export const ALICE = { handle: 'alice.example.com', did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }
export const BOB = { handle: 'bob.example.com', did: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' }
export const PDS = 'https://pds.example.com'
export const AS = 'https://as.example.com'
export const OTHER_PDS = 'https://pds.example.net'
export const OTHER_AS = 'https://as.example.net'
export const RESOLVER = 'https://resolver.example.com'
export const PLC = 'https://plc.example.com'
export const DOH = 'https://doh.example.com/dns-query'
export const SCOPE = 'atproto transition:generic'

const ACCOUNTS = [ALICE, BOB]

export const json = (body, status = 200, headers = {}) => ({ status, type: 'application/json', body: JSON.stringify(body), headers })
export const oauthError = (error, description, status = 400) =>
  json({ error, ...(description && { error_description: description }) }, status)
export const wantsNonce = (nonce) => ({ ...oauthError('use_dpop_nonce'), headers: { 'dpop-nonce': nonce } })
export const unauthorized = (challenge, headers = {}) =>
  json({ error: 'refused' }, 401, { 'www-authenticate': challenge, ...headers })
export const INVALID_TOKEN = unauthorized('DPoP error="invalid_token"')
export const HTML = { status: 200, type: 'text/html', body: '<!doctype html><title>A site</title>' }
export const UNREACHABLE = { unreachable: true }
export const REDIRECT = { redirect: true }

export const didDocument = ({ did, handle }, pds = PDS) => ({
  '@context': ['https://www.w3.org/ns/did/v1'],
  id: did,
  alsoKnownAs: [`at://${handle}`],
  service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }],
})

export const serverMetadata = (issuer = AS) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  revocation_endpoint: `${issuer}/revoke`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  require_pushed_authorization_requests: true,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['atproto', 'transition:generic'],
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256'],
  authorization_response_iss_parameter_supported: true,
  dpop_signing_alg_values_supported: ['ES256'],
  client_id_metadata_document_supported: true,
})

/** Which part of the network a request is for. */
export function partOf({ origin, pathname }) {
  if (origin === PLC) return 'did'
  if (origin === new URL(DOH).origin) return 'dns'
  if (pathname === '/.well-known/did.json') return 'didWeb'
  if (pathname === '/.well-known/atproto-did') return 'wellKnown'
  if (pathname === '/.well-known/oauth-protected-resource') return 'resource'
  if (pathname === '/xrpc/com.atproto.identity.resolveHandle') return 'handle'
  // Whether the resolver is the account's authorization server as well, which a client may find out beforehand.
  if (origin === RESOLVER) return 'ahead'
  if (pathname === '/.well-known/oauth-authorization-server') return 'issuer'
  if (/^\/(par|token|revoke)$/.test(pathname)) return pathname.slice(1)
  return pathname.startsWith('/xrpc/') ? 'xrpc' : 'other'
}

const decode = (part) => JSON.parse(new TextDecoder().decode(Uint8Array.from(
  atob(part.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))))

export function readProof(jwt) {
  if (!jwt) return undefined
  const [header, claims] = jwt.split('.')
  return { jwt, header: decode(header), claims: decode(claims) }
}

/** The network, in good order until a test changes one of its answers. */
export class Network {
  /** Every request in its order. */
  log = []
  /** How many are not answered yet. */
  active = 0
  #answers = {}
  #queues = {}
  #tokens = 0

  constructor() {
    this.#answers = {
      handle: ({ url }) => {
        const account = ACCOUNTS.find(({ handle }) => handle === url.searchParams.get('handle'))
        return account ? json({ did: account.did }) : json({ error: 'InvalidRequest', message: 'Unable to resolve handle' }, 400)
      },
      did: ({ url }) => {
        const account = ACCOUNTS.find(({ did }) => did === decodeURIComponent(url.pathname.slice(1)))
        return account ? json(didDocument(account)) : json({ message: 'DID not registered' }, 404)
      },
      resource: ({ url }) => json({ resource: url.origin, authorization_servers: [url.origin === OTHER_PDS ? OTHER_AS : AS] }),
      issuer: ({ url }) => json(serverMetadata(url.origin)),
      ahead: json({ error: 'NotFound' }, 404),
      par: () => json({ request_uri: 'urn:ietf:params:oauth:request_uri:req-1', expires_in: 300 }, 201),
      token: () => json(this.grant()),
      revoke: () => json({}),
      xrpc: () => json({ ok: true }),
    }
  }

  /** A good token response; numbered, so that each grant can be told from the others. */
  grant(change = {}) {
    this.#tokens += 1
    return { access_token: `access-${this.#tokens}`, refresh_token: `refresh-${this.#tokens}`, token_type: 'DPoP',
      scope: SCOPE, sub: ALICE.did, expires_in: 3600, ...change }
  }

  /** Replaces the answers of one part: an answer, or a function of the request. */
  on(part, answer) {
    this.#answers[part] = answer
  }

  /** Changes what a part says, in the JSON that it answers. */
  change(part, change) {
    const good = this.#answers[part]
    this.#answers[part] = async (request) => {
      const answer = typeof good === 'function' ? await good(request) : good
      return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body))) }
    }
  }

  /** Answers to be given once each, before the usual ones. */
  once(part, ...answers) {
    (this.#queues[part] ??= []).push(...answers)
  }

  /** The requests to one part. */
  to(part) {
    return this.log.filter((entry) => entry.part === part)
  }

  /** The parts asked, in their order; what is asked ahead of it has none. */
  get path() {
    return this.log.map(({ part }) => part).filter((part) => part !== 'ahead')
  }

  /** The `fetch` to give to a client. It works without being bound. */
  fetch = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const part = partOf(url)
    const text = request.method === 'GET' ? '' : await request.clone().text()
    const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')
    const { authorization, dpop, ...headers } = Object.fromEntries(request.headers)
    const entry = {
      part, method: request.method, url: request.url, authorization, headers, proof: readProof(dpop),
      form: isForm ? Object.fromEntries(new URLSearchParams(text)) : undefined, body: isForm ? undefined : text,
      cache: request.cache, redirect: request.redirect, credentials: request.credentials, referrerPolicy: request.referrerPolicy,
      shape: input instanceof Request ? 'Request' : 'URL and init',
    }
    this.log.push(entry)
    this.active += 1
    try {
      return await this.#answer(part, { ...entry, url, request })
    } finally {
      this.active -= 1
    }
  }

  async #answer(part, asked) {
    const { request } = asked
    // As the real `fetch`: an abort ends it also while an answer is awaited.
    const aborted = new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason))
      if (request.signal.aborted) reject(request.signal.reason)
    })
    const script = this.#queues[part]?.shift() ?? this.#answers[part] ?? { status: 404, type: 'text/plain', body: 'Not found' }
    const answer = await Promise.race([aborted, typeof script === 'function' ? script(asked) : script])
    return respond(request, answer)
  }
}

function respond(request, { status = 200, type, body = '', headers = {}, unreachable, redirect }) {
  if (unreachable || (redirect && request.redirect === 'error')) throw new TypeError('Failed to fetch')
  const response = redirect
    ? Object.defineProperty(new Response(null), 'status', { value: 0 })
    : new Response(body, { status, headers: { ...(type && { 'content-type': type }), ...headers } })
  if (redirect) Object.defineProperties(response, { type: { value: 'opaqueredirect' }, ok: { value: false } })
  return Object.defineProperty(response, 'url', { value: request.url })
}
