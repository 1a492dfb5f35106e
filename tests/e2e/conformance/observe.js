// Runs a flow and writes down all that an app, or a server, could have noticed: requests, results, errors,
// hook calls and what is left in the browser. Random values are replaced by their names.

const ORDINARY = { cache: 'default', redirect: 'follow', credentials: 'same-origin', referrerPolicy: '' }

/**
 * Waits until what goes on in the background is over too: no request under way, and none that came while the
 * database was asked three times, in whose queue a background task would wait as well.
 */
async function quiet(w) {
  const { network } = w
  for (let calm = 0, seen = network.log.length; calm < 3; calm += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 10) })
    await w.rows('session')
    if (network.active || seen !== network.log.length) calm = -1
    seen = network.log.length
  }
}

function stable(text) {
  const page = location.origin
  const forms = [page, encodeURIComponent(page), encodeURIComponent(encodeURIComponent(page))]
  return forms.reduce((left, form) => left.replaceAll(form, '<page>'), text)
}

function describeRequest({ part, method, url, authorization, headers, form, body, proof, shape, ...modes }) {
  const seen = { part, method, url, shape }
  for (const [name, ordinary] of Object.entries(ORDINARY)) if (modes[name] !== ordinary) seen[name] = modes[name]
  if (authorization) seen.authorization = authorization
  if (Object.keys(headers).length) seen.headers = headers
  if (body) seen.body = body
  if (form) {
    const random = ['state', 'code_challenge', 'code_verifier']
    const named = ([name, value]) => [name, random.includes(name) ? `<${value.length} random>` : value]
    seen.form = Object.fromEntries(Object.entries(form).map(named))
  }
  if (proof) {
    const { kid, jwk: { x, y, kid: inner, ...jwk }, ...header } = proof.header
    const { iat, jti, ...claims } = proof.claims
    seen.proof = { header: { ...header, jwk, ...((kid || inner) && { kid: '<random>' }) }, claims, point: Boolean(x && y) }
    if (Math.abs(iat - Date.now() / 1000) > 60 || !jti) seen.proof.unusual = { iat, jti }
  }
  return seen
}

const describers = (w) => {
  /** The nearest class that an app can name. */
  const className = (error) => {
    for (let prototype = Object.getPrototypeOf(error); prototype; prototype = Object.getPrototypeOf(prototype)) {
      const found = w.className({ constructor: prototype.constructor })
      if (found !== 'another') return found
    }
    return 'no class'
  }
  const describeError = (error, depth = 0) => {
    if (!(error instanceof Error || error instanceof DOMException)) return error
    const seen = { class: className(error), name: error.name, message: error.message }
    for (const name of ['error', 'errorDescription', 'status', 'statusCode', 'sub', 'state', 'payload']) {
      if (error[name] !== undefined) seen[name] = error[name]
    }
    if (error.params) seen.params = Object.fromEntries(error.params)
    if (error.cause && depth < 4) seen.cause = describeError(error.cause, depth + 1)
    return seen
  }
  const describe = async (value) => {
    if (value instanceof URL) return { URL: String(value) }
    if (value instanceof Response) return { status: value.status, text: await value.text() }
    if (value instanceof w.lib.OAuthSession) return { did: value.did, sub: value.sub }
    if (value?.session) return { ...value, session: await describe(value.session) }
    if (value instanceof w.lib.BrowserOAuthClient) return 'a client'
    return value
  }
  return { describe, describeError }
}

/** Members of a value that are no objects of the browser, for hook calls. */
function members(value) {
  if (value?.constructor !== Object) return typeof value === 'object' && value !== null ? '<object>' : value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, members(part)]))
}

export async function observe(w, flow) {
  const { describe, describeError } = describers(w)
  const steps = {}
  const logged = []
  w.replace(console, 'error', (...given) => { logged.push(given.map(String).join(' ')) })
  /** Runs one call of the app: its value, so that the flow can go on with it. */
  const step = async (name, work) => {
    let value
    try {
      value = await work()
      steps[name] = { value: await describe(value) }
    } catch (thrown) {
      steps[name] = { error: describeError(thrown) }
    }
    await quiet(w)
    return value
  }
  await flow(w, step)
  const stored = {
    session: Object.keys(await w.rows('session')),
    state: Object.keys(await w.rows('state')).map((key) => `<${key.length} random>`),
    pointer: w.pointer,
  }
  const observed = {
    requests: w.network.log.map(describeRequest),
    steps,
    hooks: w.hooks.map(({ hook, sub, data }) => ({ hook, sub, data: hook === 'deleted' ? describeError(data) : members(data) })),
    stored,
    logged,
  }
  const text = stable(JSON.stringify(observed)).replace(/"expires_at":"[^"]+"/g, '"expires_at":"<date>"')
    .replace(/(state[=\\":]+)[\w-]{22}/g, '$1<22 random>').replace(/(session \\")[\w-]{22}/g, '$1<22 random>')
  return JSON.parse(text)
}
