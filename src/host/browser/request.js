// Requests with a session: attaches the credentials, sends a refused request again, and sends the token to the PDS only.
//
// Apps in Rust and in JavaScript use this one implementation. `src/client/request.rs` is the same for hosts without JavaScript;
// both are tested with `spec/path.json`.

import { peek } from './fetch.js'
import { signed, unsignedProof } from './proof.js'

/** @typedef {import('./proof.js').RequestCredentials} RequestCredentials */

/**
 * A session in the core. Errors of its methods are passed on.
 *
 * @typedef {object} Core
 * @property {number} stamp changes whenever `credentials` has new tokens; 0 once the session has ended
 * @property {() => RequestCredentials} credentials
 * @property {() => Promise<unknown>} refreshIfDue refreshes the tokens if they are about to expire
 * @property {(path: string) => string} url the absolute URL of a request; throws if that is not on the PDS
 * @property {(thrown: unknown) => unknown} keyError the error for a key that could not sign
 * @property {(url: string, tokenId: string, nonce: string | undefined, signedAt: number, clockOffset: number, tried: number, status: number, receivedNonce: string | undefined, challenge: string | undefined, date: string | undefined, smallJson: string | undefined) => Promise<number | undefined>} report
 *   handles a response. Resolves to the new value of `tried` if the request must be sent again, else to `undefined`
 */

/** The methods that `fetch` writes in upper case; a proof must name the method as it is sent. */
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

/** A path that a URL parser would not change: it names no other host and has no dot segments. It needs no parser. */
const PLAIN_PATH = /^(?=\/)(?!\/\/)(?:\/(?![.%])|[\w\-~?=&:+,@.%])*$/

/**
 * A session that was read from storage and is not attached to the core yet.
 *
 * @template {Core} C
 * @typedef {object} Stored
 * @property {RequestCredentials} credentials
 * @property {() => Promise<C>} attach loads the core if necessary, and resolves to the session in it; called again after a failure
 * @property {() => boolean} hasEnded whether the session has ended, as far as is known without the core
 */

/**
 * The requests of one session. Until it is attached to the core, they use the stored credentials.
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
  /** The core's stamp when `#credentials` were read. @type {number | undefined} */
  #stamp
  /** Reports the last response with a new nonce, which the core does not know yet. @type {(() => Promise<unknown>) | undefined} */
  #unreported
  #later

  /**
   * @param {C | Stored<C>} session
   * @param {(work: () => void) => void} [later] schedules work that no request waits for; by default, does it at once
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

  /** The session in the core, if it is attached. */
  get core() {
    return this.#core
  }

  /**
   * Attaches the session to the core, unless it is attached already.
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
   * The token is not sent to the target of a redirect. If the PDS redirects a GET or a HEAD, the request is sent once more without
   * the token and follows the redirect; with `redirect: 'manual'` the redirect itself is returned.
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
      // Nearly all requests end here, without a call of the core.
      if (response.status !== 401 && !isNew) return response
      const report = () => this.#report(response, isNew, url, tokenId, nonce ?? undefined, signedAt, clockOffset, tried)
      // Only a 401, or a 400 with `use_dpop_nonce` in its body, can be about the proof.
      if (response.status !== 401 && response.status !== 400) {
        credentials.nonce = received
        this.#reportLater(report)
        return response
      }
      const reported = report()
      // Most responses with 400 are about the request: return them to the app even if the core cannot be loaded.
      const next = await (response.status === 400 ? reported.catch(() => undefined) : reported)
      if (next === undefined || !isReplayable) return response
      tried = next
    }
  }

  /** The credentials to send a request with now; `undefined` if the tokens must be refreshed first. */
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
   * @param {unknown} isNew whether its nonce differs from the proof's
   * @param {[url: string, tokenId: string, nonce: string | undefined, signedAt: number, clockOffset: number, tried: number]} sent
   */
  async #report(response, isNew, ...sent) {
    const { status, headers } = response
    const header = (/** @type {string} */ name) => headers.get(name)?.toString()
    const challenge = header('www-authenticate')
    // Read the body only if it may contain `use_dpop_nonce`: for a 400, or a 401 without a challenge.
    const mayDemandNonce = isNew && (status === 400 || (status === 401 && !challenge))
    const smallJson = mayDemandNonce ? await peek(response).catch(() => undefined) : undefined
    const core = await this.attached()
    const next = await core.report(...sent, status, header('dpop-nonce'), challenge, header('date'), smallJson)
    // The report may change more than the nonce: read the credentials again.
    this.#stamp = undefined
    return next
  }

  /**
   * Reports a new nonce when the page is idle, and only the last one: some servers send one with every response.
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
 * Makes one request with a session in the core: for apps in Rust.
 *
 * @param {Core} core
 * @param {string} path
 * @param {RequestInit} init
 */
export const request = (core, path, init) => new Requests(core).send(path, init)

/**
 * The options of a `Request`, for requests that may be sent more than once. Reads its body, after which it cannot be used again.
 *
 * @param {Request} request
 */
export async function initOf(request) {
  const { method, headers, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, signal } = request
  const body = method === 'GET' || method === 'HEAD' ? undefined : await request.blob()
  return { method, headers, body, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, signal }
}

/**
 * Sends a request. With credentials it follows no redirect; without, it does what the app's options say.
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
 * Whether a body can be read only once: a stream, or an async iterable, which some hosts accept as one.
 *
 * @param {any} body
 */
const isStream = (body) => Boolean(body?.getReader ?? body?.[Symbol.asyncIterator])

/**
 * Whether a response is a redirect or the result of one: a custom `fetch` may follow redirects regardless.
 *
 * @param {Response} response
 */
const isRedirect = ({ type, redirected, status }) =>
  type === 'opaqueredirect' || redirected || [301, 302, 303, 307, 308].includes(status)
