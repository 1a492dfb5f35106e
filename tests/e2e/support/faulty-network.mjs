import { once } from 'node:events'
import { createServer } from 'node:http'

const json = (body, status = 200) => ({ status, type: 'application/json', body: JSON.stringify(body) })

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-expose-headers': '*' }

/** An account that exists only in the responses below. */
export const CAROL = { handle: 'carol.test', did: 'did:plc:caaaaaaaaaaaaaaaaaaaaaaa' }

/** The path of each part of the network. Tests replace the response of a part with a fault. */
export const PATHS = {
  handle: '/xrpc/com.atproto.identity.resolveHandle',
  did: `/${encodeURIComponent(CAROL.did)}`,
  resource: '/.well-known/oauth-protected-resource',
  issuer: '/.well-known/oauth-authorization-server',
  par: '/par',
}

/** The responses of a correct network, all from one loopback server at `origin`. */
function goodAnswers(origin) {
  return {
    handle: json({ did: CAROL.did }),
    did: json({
      '@context': ['https://www.w3.org/ns/did/v1'], id: CAROL.did, alsoKnownAs: [`at://${CAROL.handle}`],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: origin }],
    }),
    resource: json({ resource: origin, authorization_servers: [origin] }),
    issuer: json({
      issuer: origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token`,
      pushed_authorization_request_endpoint: `${origin}/par`, require_pushed_authorization_requests: true,
      response_types_supported: ['code'], grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'], scopes_supported: ['atproto', 'transition:generic'],
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], token_endpoint_auth_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true, dpop_signing_alg_values_supported: ['ES256'],
      client_id_metadata_document_supported: true,
    }),
    par: json({ request_uri: 'urn:example:request', expires_in: 300 }, 201),
  }
}

/**
 * A PLC directory, a PDS and an authorization server in one process, whose responses can be replaced one by one.
 * `set(part, response)` takes `{ status, type, body, headers }` or a function that changes the JSON of the correct response;
 * `requests` lists the requests received.
 */
export async function startFaultyNetwork() {
  let answers
  const requests = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://faulty')
    if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end()
    requests.push(`${request.method} ${pathname}`)
    const part = Object.keys(PATHS).find((name) => PATHS[name].toLowerCase() === pathname.toLowerCase())
    const { status = 200, type, body = '', headers = {} } = answers[part] ?? { status: 404, type: 'text/plain' }
    response.writeHead(status, { ...CORS, ...(type && { 'content-type': type }), ...headers }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://localhost:${server.address().port}`
  const restore = () => {
    answers = goodAnswers(origin)
    requests.length = 0
  }
  restore()
  return {
    origin, requests, restore,
    set(part, fault) {
      if (typeof fault === 'function') answers[part] = json(fault(JSON.parse(answers[part].body)), answers[part].status)
      else answers[part] = fault
    },
    stop: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}
