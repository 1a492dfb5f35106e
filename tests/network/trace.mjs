// Every request as the servers saw it, CORS preflights included, which a browser's own tools hide.
// Secrets stay out: of tokens and cookies only the kind and the name, of nonces the first six characters.

const short = (nonce) => nonce?.slice(0, 6)

function readProof(jwt) {
  try {
    const { htm, htu, nonce, ath } = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'))
    return { htm, htu, nonce: short(nonce), ath: !!ath }
  } catch {
    return undefined
  }
}

function describeRequest(who, { method, url, headers }) {
  return {
    who,
    t: Date.now(),
    method,
    url,
    origin: headers.origin,
    auth: headers.authorization?.split(' ')[0],
    dpop: !!headers.dpop,
    proof: headers.dpop ? readProof(headers.dpop) : undefined,
    sec: ['mode', 'site', 'dest'].map((name) => headers[`sec-fetch-${name}`] ?? '-').join('/'),
    cookies: headers.cookie?.split('; ').map((cookie) => cookie.split('=')[0]).join(','),
  }
}

/** Keeps the body of an error answer, the one thing about it that no header tells. */
function keepErrorBody(entry, response) {
  const end = response.end
  response.end = function (chunk, ...rest) {
    const isBody = chunk && typeof chunk !== 'function' && chunk.length < 2000
    if (response.statusCode >= 400 && isBody) entry.error = String(chunk).slice(0, 400)
    return end.call(this, chunk, ...rest)
  }
}

function describeResponse(entry, response) {
  entry.status = response.statusCode
  entry.ms = Date.now() - entry.t
  entry.nonceOut = short(response.getHeader('dpop-nonce'))
  entry.wwwAuth = response.getHeader('www-authenticate')
  entry.setCookie = [response.getHeader('set-cookie') ?? []].flat().map((cookie) => cookie.replace(/=[^;]*/, '=…'))
}

/** Returns the growing list of entries and a function that makes a server add to it. */
export function createTrace() {
  const entries = []
  const follow = (who, server) => {
    // Before the application's own listener, so that the answer can be watched from its first byte.
    server.prependListener('request', (request, response) => {
      const entry = describeRequest(who, request)
      entries.push(entry)
      keepErrorBody(entry, response)
      response.on('finish', () => describeResponse(entry, response))
    })
  }
  return { entries, follow }
}
