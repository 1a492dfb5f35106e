/** A client for the control server of the local network: it makes things happen at the real PDS and PLC. */
export function controlClient(controlUrl) {
  const ask = async (path, query = {}) => {
    const response = await fetch(`${controlUrl}${path}?${new URLSearchParams(query)}`)
    if (!response.ok) throw new Error(`Control server: ${path} answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
  return {
    /** Sets the lifetime of access tokens issued from now on. */
    tokenMaxAge: (ms) => ask('/token-max-age', { ms }),
    /** Sets the delay of token responses from now on. */
    holdTokens: (ms) => ask('/hold-tokens', { ms }),
    /** Makes every DPoP nonce that a client has invalid. */
    rotateNonce: () => ask('/rotate-nonce'),
    /** Ends every session of the account, as its owner would from the account page. */
    revokeAll: (did) => ask('/revoke-all', { did }),
    /** Makes the server refuse the account's access tokens before their time; they can be refreshed. */
    outdateAccess: (did) => ask('/outdate-access', { did }),
    /** Issues a token response as at the end of a sign-in, for `{ did, client, scope, jkt }`. */
    grant: (grantee) => ask('/grant', grantee),
    /** Consents in place of the user of the authorization server's page. Resolves to the URL that the page would redirect to. */
    consent: async (pageUrl, did) => (await ask('/consent', { request_uri: new URL(pageUrl).searchParams.get('request_uri'), did })).url,
    /** The sessions the server holds for the account. */
    tokens: (did) => ask('/tokens', { did }),
    /** A mark in the trace, for `since`. */
    mark: async () => (await ask('/trace-len')).n,
    /** The requests that the servers received since `mark`, without preflights, which only the browser sends. */
    since: async (mark) => (await ask('/trace', { from: mark })).filter((entry) => entry.method !== 'OPTIONS'),
  }
}

/** The traced requests with a successful response of the token endpoint: each is one code exchange or one refresh. */
export function grants(trace) {
  return trace.filter((entry) => entry.method === 'POST' && entry.url === '/oauth/token' && entry.status === 200)
}

/** Traced requests to one XRPC method. */
export function calls(trace, method) {
  return trace.filter((entry) => entry.url.split('?')[0] === `/xrpc/${method}`)
}
