// Lets a test do to the servers what time and accidents do: shorten tokens, change nonces, end sessions, look at what arrived.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { LOOPBACK, close, listen } from './loopback.mjs'

function required(query, name) {
  const value = query.get(name)
  if (!value) throw new Error(`missing query parameter: ${name}`)
  return value
}

function requiredNumber(query, name) {
  const value = Number(required(query, name))
  if (!Number.isFinite(value)) throw new Error(`not a number: ${name}`)
  return value
}

const actions = {
  /** `?ms=`: how long the access tokens issued from now on live. */
  '/token-max-age': ({ provider }, query) => {
    provider.tokenManager.tokenMaxAge = requiredNumber(query, 'ms')
    return { tokenMaxAge: provider.tokenManager.tokenMaxAge }
  },

  /** `?ms=`: how long new tokens are on their way to the client from now on. */
  '/hold-tokens': ({ slowTokens }, query) => ({ held: slowTokens.hold(requiredNumber(query, 'ms')) }),

  /** `[?interval=ms]`: a new nonce secret, so every nonce that a client holds is now wrong. */
  '/rotate-nonce': ({ provider }, query) => {
    const Nonce = provider.dpopManager.dpopNonce.constructor
    const interval = query.has('interval') ? requiredNumber(query, 'interval') : undefined
    provider.dpopManager.dpopNonce = new Nonce(undefined, interval)
    return { ok: true }
  },

  /** `?did=`: the sessions that the server holds for an account. */
  '/tokens': async ({ provider }, query) => {
    const tokens = await provider.tokenManager.listAccountTokens(required(query, 'did'))
    return tokens.map(({ id, data, currentRefreshToken }) => ({
      id,
      clientId: data.clientId,
      expiresAt: data.expiresAt,
      updatedAt: data.updatedAt,
      scope: data.scope,
      refresh: currentRefreshToken?.slice(0, 12),
    }))
  },

  /** `?did=`: ends every session of an account, as its owner may from another device. */
  '/revoke-all': async ({ provider }, query) => {
    const tokens = await provider.tokenManager.listAccountTokens(required(query, 'did'))
    for (const { id } of tokens) await provider.tokenManager.deleteToken(id)
    return { deleted: tokens.length }
  },

  /** `?did=`: access tokens expire on the server before their time. The PDS then deletes the session: rarely what a test wants. */
  '/expire-all': async ({ provider, context }, query) => {
    const did = required(query, 'did')
    const tokens = await provider.tokenManager.listAccountTokens(did)
    const expiresAt = new Date(Date.now() - 1000).toISOString()
    await context.accountManager.db.db.updateTable('token').set({ expiresAt }).where('did', '=', did).execute()
    return { expired: tokens.length }
  },

  /** `?did=`: the access tokens in force are refused from now on, before their time; what refreshes them is still good. */
  '/outdate-access': async ({ provider, context }, query) => {
    const tokens = await provider.tokenManager.listAccountTokens(required(query, 'did'))
    for (const { id } of tokens) {
      // A token names its row by this id, so that a token which names another is unknown.
      const tokenId = `tok-${randomBytes(16).toString('hex')}`
      await context.accountManager.db.db.updateTable('token').set({ tokenId }).where('tokenId', '=', id).execute()
    }
    return { outdated: tokens.length }
  },

  /** `?did=&client=&scope=&jkt=`: a session as a sign-in would give it, for the holder of the key with that thumbprint. */
  '/grant': async ({ provider }, query) => {
    const client = await provider.clientManager.getClient(required(query, 'client'))
    const { account } = await provider.accountManager.getAccount(required(query, 'did'))
    const parameters = {
      client_id: client.id,
      response_type: 'code',
      scope: required(query, 'scope'),
      dpop_jkt: required(query, 'jkt'),
    }
    return provider.tokenManager.createToken(client, { method: 'none' }, {}, account, null, parameters, null)
  },

  /** `?request_uri=&did=`: the account's consent to a pushed request, without the pages; the URL that the browser would be sent to. */
  '/consent': async ({ provider, info }, query) => {
    const { accountManager, clientManager, deviceManager, requestManager } = provider
    const requestUri = required(query, 'request_uri')
    const name = randomBytes(16).toString('hex')
    const deviceId = `dev-${name}`
    const device = { ipAddress: LOOPBACK, userAgent: null }
    await deviceManager.store.createDevice(deviceId, { ...device, sessionId: `ses-${name}`, lastSeenAt: new Date() })
    const { clientId, parameters } = await requestManager.get(requestUri, deviceId)
    const client = await clientManager.getClient(clientId)
    const { account } = await accountManager.getAccount(required(query, 'did'))
    const code = await requestManager.setAuthorized(requestUri, client, account, deviceId, device)
    const answer = new URLSearchParams({ state: parameters.state, iss: info.pdsUrl, code })
    return { url: `${parameters.redirect_uri}${parameters.response_mode === 'query' ? '?' : '#'}${answer}` }
  },

  /** `[?from=n]`: the requests seen, from the nth on. */
  '/trace': ({ trace }, query) => trace.entries.slice(query.has('from') ? requiredNumber(query, 'from') : 0),

  '/trace-len': ({ trace }) => ({ n: trace.entries.length }),

  '/info': ({ info }) => info,
}

/** `network` is what the actions work on: `{ provider, context, trace, slowTokens, info }`. */
export async function startControl(port, network) {
  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, `http://${LOOPBACK}`)
    let status = 200
    let body
    try {
      const action = Object.hasOwn(actions, pathname) ? actions[pathname] : undefined
      if (action) body = await action(network, searchParams)
      else [status, body] = [404, { error: 'unknown', known: Object.keys(actions) }]
    } catch (error) {
      ;[status, body] = [500, { error: String(error?.stack ?? error) }]
    }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  const bound = await listen(server, { port })
  return { url: `http://${LOOPBACK}:${bound}`, stop: () => close(server) }
}
