// What the benchmark does on a page. It is loaded before any client, and is the same for all.
import { setClock } from './clock.js'
import { wasmBytes } from './memory.js'
import { AS, PDS, PLC, SCOPE, STEADY, StubNetwork, accounts } from './network.js'

const network = new StubNetwork()
network.install()

const redirectUri = `${location.origin}/`
const settings = {
  // As on most of the network: the server that signs accounts in resolves their handles, and their PDS is another.
  resolver: AS,
  plc: PLC,
  metadata: {
    client_id: `http://localhost?scope=${encodeURIComponent(SCOPE)}&redirect_uri=${encodeURIComponent(redirectUri)}`,
    redirect_uris: [redirectUri], scope: SCOPE, response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none', application_type: 'native', dpop_bound_access_tokens: true,
  },
}

/** Modules with nothing in them. */
const EMPTY = ['empty-1', 'empty-2', 'empty-3', 'empty-4', 'empty-5']

/** Loads a module of the site. */
const load = (name) => import(`/${name}.js`)

let app
/** The sessions of this page, which keeps them alive. */
const sessions = []

async function timed(work) {
  const start = performance.now()
  const value = await work()
  return { ms: performance.now() - start, value }
}

/** What the network was asked while `work` went on, and for how long the caller waited. */
async function observed(work) {
  network.requests = []
  const { ms, value } = await timed(work)
  const requests = network.requests.map(({ part, start, end = Infinity }) => ({ part, start, end }))
  return { ms, value, requests }
}

/** Microseconds for each of `count` runs, one after the other. */
async function each(count, work) {
  const { ms } = await timed(async () => {
    for (let number = 0; number < count; number += 1) await work()
  })
  return ms * 1000 / count
}

const quantile = (values, part) => values.sort((a, b) => a - b)[Math.floor((values.length - 1) * part)]

/** Waits until the browser has nothing left to do for a page that it just opened. */
const idle = () => new Promise((done) => requestIdleCallback(done, { timeout: 500 }))

async function request(session) {
  const response = await app.request(session, STEADY.path)
  if (response.status !== 200) throw new Error(`A request was answered ${response.status}: ${await response.text()}`)
  return response
}

/** One hash and one signature, which no DPoP client can do without when it has a new token. */
async function makeFloor() {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const [token, proof] = [new Uint8Array(700), new Uint8Array(400)]
  return async () => {
    await crypto.subtle.digest('SHA-256', token)
    await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, proof)
  }
}

/** How a batch of requests is made. */
const kinds = {
  /** The stub alone, with a proof that nobody made. */
  plain: (count) => each(count, () => fetch(STEADY.url, { headers: { authorization: 'DPoP token', dpop: 'proof' } })),
  sequential: (count) => each(count, () => request(sessions[0])),
  parallel: async (count) => await each(1, () => Promise.all(Array.from({ length: count }, () => request(sessions[0])))) / count,
}

window.bench = {
  /** Says when the visit takes place, and how the network behaves. */
  set({ now, ...behaviour }) {
    if (now !== undefined) setClock(now)
    Object.assign(network, behaviour)
  },

  /** Loads a client: milliseconds until it can work, over what a module takes that has nothing in it. */
  async load(client) {
    await idle()
    const empty = []
    for (const name of EMPTY) empty.push((await timed(() => load(name))).ms)
    const full = await timed(async () => {
      const module = await load(client)
      await module.ready?.()
      return module
    })
    app = full.value.create(settings)
    return full.ms - Math.min(...empty)
  },

  /** From a page with nothing of the client on it to a session: what an app does when its user comes back. */
  async start(client) {
    await idle()
    // The first module of a page also waits for what all modules need.
    await load(EMPTY[0])
    const { value, ...rest } = await observed(async () => {
      app = (await load(client)).create(settings)
      return app.restore(accounts[0].did)
    })
    sessions.push(value)
    return rest
  },

  /** The same, and on to the answer to a first request. */
  async arrive(client) {
    await idle()
    await load(EMPTY[0])
    const { ms, requests } = await observed(async () => {
      app = (await load(client)).create(settings)
      await request(await app.restore(accounts[0].did))
    })
    return { ms, requests }
  },

  async restore(at = 0, refresh = undefined) {
    const { value, ...rest } = await observed(() => app.restore(accounts[at].did, refresh))
    sessions.push(value)
    return rest
  },

  /** Begins a sign-in with the `handle` or `did` of an account, or with the address of the `server`. */
  async authorize(at, by) {
    const { value, ...rest } = await observed(() => app.authorize(by === 'server' ? PDS : accounts[at][by]))
    if (new URL(value).origin !== AS) throw new Error(`The user is sent to ${value}`)
    return { ...rest, consent: network.consent(network.pushed, accounts[at]) }
  },

  /** Finishes a sign-in with the answer that was begun on another page. */
  async callback(consent) {
    const { value, ...rest } = await observed(() => app.callback(new URLSearchParams(consent)))
    sessions.push(value)
    return rest
  },

  /** One request with each session of the page. */
  async request() {
    const { value, ...rest } = await observed(async () => {
      for (const session of sessions) await request(session)
    })
    return rest
  },

  /** Makes requests that do not count: engines compile what runs often, JavaScript and wasm, on threads beside it. */
  async warmUp(count) {
    await each(count, await makeFloor())
    await kinds.sequential(count)
  },

  /**
   * Microseconds for each request, and for the floor. Short batches of both take turns, so whatever else the machine does
   * meets both alike, and it only ever adds: the lower decile is of batches that it left alone.
   */
  async compare(kind, { batches, width }) {
    const floor = await makeFloor()
    const [values, floors] = [[], []]
    for (let number = 0; number < batches; number += 1) {
      floors.push(await each(width, floor))
      values.push(await kinds[kind](width))
    }
    return { value: quantile(values, 0.1), floor: quantile(floors, 0.1) }
  },

  /** All requests since the last step began, once no more come. */
  async settled() {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      const before = network.requests.length
      await new Promise((done) => setTimeout(done, 60))
      if (network.requests.length > before || network.requests.some(({ end }) => end === undefined)) quiet = -1
    }
    return network.requests
  },

  wasmBytes,
}
