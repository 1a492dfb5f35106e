// The page under test does nothing by itself: it offers the package and a few
// reporters, and each test decides when a client is made and what it is asked.
import * as lib from '/pkg/index.js'
import { network } from '/config.js'

window.lib = lib

/** Every hook call of every client made here, in order. */
window.hooks = []

/** Rejections nobody handled: a normal flow has none. */
window.unhandled = []
window.addEventListener('unhandledrejection', (event) => {
  window.unhandled.push(describe(event.reason))
})

/** What the real local network needs; a test overrides what it is about. */
function defaults() {
  // Also where the page was opened as localhost: loopback redirects name the address.
  const origin = location.origin.replace('//localhost:', '//127.0.0.1:')
  return {
    clientMetadata: lib.buildAtprotoLoopbackClientMetadata({
      scope: 'atproto transition:generic',
      redirect_uris: [`${origin}/`],
    }),
    handleResolver: network.pdsUrl,
    plcDirectoryUrl: network.plcUrl,
    allowHttp: true,
    onSessionUpdated: (sub) => {
      window.hooks.push({ hook: 'updated', sub })
    },
    onSessionDeleted: (sub, cause) => {
      window.hooks.push({ hook: 'deleted', sub, cause: describe(cause) })
    },
  }
}

/** Makes a client and keeps it as `window.client`; `undefined` removes a default. */
window.makeClient = (options = {}) => {
  const merged = { ...defaults(), ...options }
  for (const key of Object.keys(merged)) {
    if (merged[key] === undefined) delete merged[key]
  }
  window.client = new lib.BrowserOAuthClient(merged)
  return window.client
}

/** Errors cannot cross into the test process with their class: send what can be asserted. */
function describe(error, depth = 0) {
  if (error === undefined || error === null || depth > 5) return undefined
  if (typeof error !== 'object') return { classes: [], message: String(error) }
  const classes = Object.keys(lib).filter((name) => {
    const value = lib[name]
    return typeof value === 'function' && value.prototype && error instanceof value
  })
  for (const native of [Error, TypeError, AggregateError, DOMException]) {
    if (error instanceof native) classes.push(native.name)
  }
  return {
    classes,
    message: error.message,
    code: error.code,
    step: error.step,
    url: error.url === undefined ? undefined : String(error.url),
    retryable: error.retryable,
    help: error.help,
    error: error.error,
    status: error.status,
    sub: error.sub,
    state: error.state,
    params: error.params ? Object.fromEntries(error.params) : undefined,
    cause: describe(error.cause, depth + 1),
  }
}

/** Runs one step of a test: its value, or its error described. */
window.attempt = async (step, argument) => {
  try {
    return { value: await step(argument) }
  } catch (error) {
    return { error: describe(error) }
  }
}

window.harnessReady = true
