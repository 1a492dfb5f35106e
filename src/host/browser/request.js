// Requests with a session: the credentials are attached, a refused request is sent again, and the token goes to the PDS only.
//
// One implementation for apps in Rust and in JavaScript. `src/client/request.rs` is the same for hosts without JavaScript;
// both are held to `spec/path.json`.

import { peek } from './fetch.js'
import { signed, unsignedProof } from './proof.js'

/** @typedef {import('./proof.js').RequestCredentials} RequestCredentials */

/**
 * A session in the core. What its methods throw or reject with is passed on.
 *
 * @typedef {object} Core
 * @property {number} stamp another one whenever `credentials` gives other tokens; 0 once the session has ended
 * @property {() => RequestCredentials} credentials
 * @property {() => Promise<unknown>} refreshIfDue refreshes the tokens if they are about to expire
 * @property {(path: string) => string} url the absolute URL of a request; throws if that is not on the PDS
 * @property {(thrown: unknown) => unknown} keyError the error for a key that could not sign
 * @property {(url: string, tokenId: string, nonce: string | undefined, signedAt: number, clockOffset: number, tried: number, status: number, receivedNonce: string | undefined, challenge: string | undefined, date: string | undefined, smallJson: string | undefined) => Promise<number | undefined>} report
 *   learns from a response. Resolves to what was tried by then if the request is to be sent again, else to `undefined`
 */

/** The methods that `fetch` writes in upper case; a proof must name the method as it is sent. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

/** A path that a URL parser leaves as it is: neither another host nor a step in the path. It then needs no parser. */
const PLAIN_PATH = /^(?=\/)(?!\/\/)(?:\/(?![.%])|[\w\-~?=&:+,@.%])*$/

/**
 * A session that was read from storage, for which the core is yet to be attached.
 *
 * @template {Core} C
 * @typedef {object} Stored
 * @property {RequestCredentials} credentials
 * @property {() => Promise<C>} attach resolves to the session in the core, which it may have to load; called again if it failed
 * @property {() => boolean} hasEnded whether the session has ended, as far as is known without the core
 */

/**
 * The requests of one session. Until the core is attached, they are made with the credentials that were stored.
 *
 * @template {Core} C
 */
export class Requests {
  /** @type {Stored<C> | undefined} */
  #stored
  /** @type {C | undefined} */
  #core
  /** @type {Promise<C> | undefined} */
  #attaching
  /** @type {RequestCredentials | undefined} */
  #credentials
  /** The core's when it gave the credentials. @type {number | undefined} */
  #stamp
  /** The report of the last response whose nonce the core does not know yet. @type {(() => Promise<unknown>) | undefined} */
  #unreported
  #later

  /**
   * @param {C | Stored<C>} session
   * @param {(work: () => void) => void} [later] does what no request waits for; by default at once
   */
  constructor(session, later = (work) => work()) {
    if ('attach' in session) {
      this.#stored = session
      this.#credentials = session.credentials
    } else {
      this.#core = session
    }
    this.#later = later
  }

  /** The session in the core, if that is attached. */
  get core() {
    return this.#core
  }

  /**
   * The session in the core, once it is attached.
   *
   * @returns {Promise<C>}
   */
  async attached() {
    if (this.#core) return this.#core
    this.#attaching ??= /** @type {Stored<C>} */ (this.#stored).attach().then(
      (core) => (this.#core = core),
      (error) => {
        this.#attaching = undefined
        throw error
      },
    )
    return this.#attaching
  }

  /**
   * Makes a request to the PDS. Rejects with what `fetch` or the core throws, or with `{ name: 'Redirected', url }`.
   *
   * The token does not follow a redirect. If the PDS redirects a GET or a HEAD, it is sent once more without the token and then
   * follows the redirect; with `redirect: 'manual'` the redirect itself is returned.
   *
   * @param {string} path
   * @param {RequestInit} [init]
   * @param {(request: Request) => Promise<Response>} [custom] called in place of `fetch`
   * @returns {Promise<Response>}
   */
  async send(path, init, custom) {
    const given = init?.method ?? 'GET'
    const method = NORMALIZED.test(given) ? given.toUpperCase() : given
    const isReplayable = !isStream(init?.body)
    for (let tried = 0; ; ) {
      const credentials = this.#current() ?? (await this.#refreshed())
      const { nonce, tokenId, clockOffset } = credentials
      const url = credentials.pds && PLAIN_PATH.test(path) ? credentials.pds + path : (await this.attached()).url(path)
      const signedAt = Date.now()
      const input = unsignedProof(credentials, method, url, signedAt)
      const signature = await signed(credentials.key, input).catch(async (thrown) => {
        throw (await this.attached()).keyError(thrown)
      })
      const headers = { authorization: credentials.authorization, dpop: `${input}.${signature}` }
      const response = await dispatch(url, init, custom, headers)
      if (isRedirect(response)) {
        if (init?.redirect === 'manual') return response
        if (method !== 'GET' && method !== 'HEAD') throw { name: 'Redirected', url }
        return await dispatch(url, init, custom)
      }
      const received = response.headers.get('dpop-nonce')
      const isNew = received && received !== nonce
      // Nearly all requests end here: nothing was waited for but the browser.
      if (response.status !== 401 && !isNew) return response
      const report = () => this.#report(response, isNew, url, tokenId, nonce ?? undefined, signedAt, clockOffset, tried)
      // Only a 401, or a 400 whose body demands the nonce, can be about the proof.
      if (response.status !== 401 && response.status !== 400) {
        credentials.nonce = received
        this.#reportLater(report)
        return response
      }
      const reported = report()
      // Most are about the request, and are the app's also if the core cannot be loaded.
      const next = await (response.status === 400 ? reported.catch(() => undefined) : reported)
      if (next === undefined || !isReplayable) return response
      tried = next
    }
  }

  /** What to send with, at once; `undefined` if something must be waited for first. */
  #current() {
    const core = this.#core
    if (core && core.stamp !== this.#stamp) {
      this.#stamp = core.stamp
      this.#credentials = this.#stamp ? core.credentials() : undefined
    }
    const credentials = core || !this.#stored?.hasEnded() ? this.#credentials : undefined
    return Date.now() < (credentials?.until ?? Infinity) ? credentials : undefined
  }

  async #refreshed() {
    const core = await this.attached()
    await core.refreshIfDue()
    this.#stamp = core.stamp
    return (this.#credentials = core.credentials())
  }

  /**
   * @param {Response} response
   * @param {unknown} isNew whether its nonce is another than the proof's
   * @param {[url: string, tokenId: string, nonce: string | undefined, signedAt: number, clockOffset: number, tried: number]} sent
   */
  async #report(response, isNew, ...sent) {
    const { status, headers } = response
    const header = (/** @type {string} */ name) => headers.get(name)?.toString()
    const challenge = header('www-authenticate')
    // Only a body can demand the new nonce if the status and the challenge do not.
    const mayDemand = isNew && (status === 400 || (status === 401 && !challenge))
    const smallJson = mayDemand ? await peek(response).catch(() => undefined) : undefined
    const core = await this.attached()
    const next = await core.report(...sent, status, header('dpop-nonce'), challenge, header('date'), smallJson)
    // It may have learned more than the nonce.
    this.#stamp = undefined
    return next
  }

  /**
   * Reports a new nonce when there is time: some servers send one with every response.
   *
   * @param {() => Promise<unknown>} report
   */
  #reportLater(report) {
    const isScheduled = this.#unreported !== undefined
    this.#unreported = report
    if (isScheduled) return
    this.#later(() => {
      const last = this.#unreported
      this.#unreported = undefined
      last?.().catch(() => undefined)
    })
  }
}

/**
 * Makes one request of a session whose core is here: for apps in Rust.
 *
 * @param {Core} core
 * @param {string} path
 * @param {RequestInit} init
 */
export const request = (core, path, init) => new Requests(core).send(path, init)

/**
 * What a `Request` says, to be sent as often as the server wants: its body is read, and with it the request is used up.
 *
 * @param {Request} request
 */
export async function initOf(request) {
  const { method, headers, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, signal } = request
  const body = method === 'GET' || method === 'HEAD' ? undefined : await request.blob()
  return { method, headers, body, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, signal }
}

/**
 * Sends a request: with credentials it follows no redirect, and without it does what the app says.
 *
 * @param {string} url
 * @param {RequestInit | undefined} init
 * @param {((request: Request) => Promise<Response>) | undefined} custom
 * @param {{ authorization: string, dpop: string }} [credentials]
 */
function dispatch(url, init, custom, credentials) {
  /** @type {RequestInit} */
  const sent = { ...init }
  if (init?.headers) sent.headers = withHeaders(init.headers, credentials)
  else if (credentials) sent.headers = credentials
  if (credentials && (init?.redirect ?? 'follow') === 'follow') sent.redirect = 'manual'
  return custom ? custom(new Request(url, sent)) : fetch(url, sent)
}

/**
 * @param {HeadersInit} given
 * @param {{ authorization: string, dpop: string } | undefined} credentials
 */
function withHeaders(given, credentials) {
  const headers = new Headers(given)
  for (const name of /** @type {const} */ (['authorization', 'dpop'])) {
    if (credentials) headers.set(name, credentials[name])
    else headers.delete(name)
  }
  return headers
}

/**
 * Whether a body can be read once only: a stream, or what some hosts take for one.
 *
 * @param {any} body
 */
const isStream = (body) => Boolean(body?.getReader ?? body?.[Symbol.asyncIterator])

/**
 * Whether a response sends the client to another address, or comes from one: a custom `fetch` may follow all the same.
 *
 * @param {Response} response
 */
const isRedirect = ({ type, redirected, status }) =>
  type === 'opaqueredirect' || redirected || [301, 302, 303, 307, 308].includes(status)
