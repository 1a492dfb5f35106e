import { once } from 'node:events'
import { createServer } from 'node:http'

// The headers that a page may read are part of the tests, so a response exposes only those that it names.
const cors = (exposed = []) => ({
  'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, dpop, content-type', 'access-control-allow-methods': '*',
  'access-control-expose-headers': exposed.join(', '),
})

async function listen(answer) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://localhost:${server.address().port}` }
}

function claimsOf(proof) {
  return proof && JSON.parse(Buffer.from(proof.split('.')[1], 'base64url'))
}

/** The documents of the authorization server and of the accounts that stored sessions need. */
function documents(origin) {
  const server = {
    issuer: origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token`,
    pushed_authorization_request_endpoint: `${origin}/par`, require_pushed_authorization_requests: true,
    response_types_supported: ['code'], code_challenge_methods_supported: ['S256'], scopes_supported: ['atproto'],
    token_endpoint_auth_methods_supported: ['none'], authorization_response_iss_parameter_supported: true,
    dpop_signing_alg_values_supported: ['ES256'], client_id_metadata_document_supported: true,
  }
  const account = (did) => ({
    id: did, alsoKnownAs: ['at://someone.test'],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }],
  })
  return (path) => {
    if (path === '/.well-known/oauth-authorization-server') return server
    if (path === '/.well-known/oauth-protected-resource') return { resource: origin, authorization_servers: [origin] }
    return path.startsWith('/did%3A') ? account(decodeURIComponent(path.slice(1))) : undefined
  }
}

/**
 * A PDS that is its own authorization server, and another origin, both on loopback. `on(path, response)` sets a response of the
 * PDS: `{ status, headers, expose, json }`, or a function of the request that returns it. `requests` lists the requests received,
 * without preflights: `{ at, method, path, token, claims }`.
 */
export async function startSmallPds() {
  const requests = []
  const answers = new Map()
  let tokens = 1
  const serve = (at, answerOf) => (request, response) => {
    if (request.method === 'OPTIONS') return response.writeHead(204, cors()).end()
    const { pathname: path } = new URL(request.url, 'http://small')
    const { authorization: token, dpop } = request.headers
    const entry = { at, method: request.method, path, token, claims: claimsOf(dpop) }
    requests.push(entry)
    const { status = 200, headers, expose, json = { ok: true } } = answerOf(entry)
    const body = JSON.stringify(json)
    response.writeHead(status, { 'content-type': 'application/json', ...cors(expose), ...headers })
    response.end(request.method === 'HEAD' ? '' : body)
  }
  // A client that uses this nonce has trusted a response of another server.
  const elsewhere = await listen(serve('elsewhere', () => ({ headers: { 'dpop-nonce': 'of-elsewhere' }, expose: ['dpop-nonce'] })))
  let document = () => undefined
  const pds = await listen(serve('pds', (entry) => {
    const found = document(entry.path)
    if (found) return { json: found }
    if (entry.path === '/token') {
      tokens += 1
      return { json: { access_token: `access-${tokens}`, refresh_token: `refresh-${tokens}`, token_type: 'DPoP', scope: 'atproto',
        sub: answers.get('sub'), expires_in: 3600 } }
    }
    const answer = answers.get(entry.path) ?? {}
    return typeof answer === 'function' ? answer(entry) : answer
  }))
  document = documents(pds.origin)
  return {
    origin: pds.origin, elsewhere: elsewhere.origin, requests,
    on: (path, answer) => answers.set(path, answer),
    /** The account whose tokens a refresh returns. */
    holder: (did) => answers.set('sub', did),
    stop: () => Promise.all([pds, elsewhere].map(({ server }) => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    })),
  }
}
