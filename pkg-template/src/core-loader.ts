import { Client, buildId, connect, imports } from './glue.js'
import { toError } from './error-details.js'
import { watchPolicy } from './policy-violations.js'

/** The loaded core. */
export interface Core {
  Client: typeof Client
}

let loading: Promise<Core> | undefined

/** Loads the WebAssembly core, once for the page. After a failure, the next call tries again. */
export function loadCore(): Promise<Core> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<Core> {
  // Bundlers recognize this form and copy the file.
  const url = new URL('core_bg.wasm', import.meta.url)
  const module = await moduleOfThisBuild(url)
  const { exports } = await WebAssembly.instantiate(module, imports)
  connect(exports)
  return { Client }
}

/** Fetches and compiles the module. If it is of another build, most likely from a cache, it is fetched once more past the cache. */
async function moduleOfThisBuild(url: URL): Promise<WebAssembly.Module> {
  const found = await fetchModule(url.href)
  if (isOfThisBuild(found)) return found
  const fresh = new URL(url)
  fresh.searchParams.set('build', buildId)
  let cause: unknown
  try {
    const other = await fetchModule(fresh.href, { cache: 'reload' })
    if (isOfThisBuild(other)) return other
  } catch (error) {
    cause = error
  }
  throw toError({
    name: 'Error',
    code: 'WASM_MISMATCH',
    message: `The WebAssembly core at "${url}" is of another build than the script`,
    step: 'configure',
    url: url.href,
    retryable: true,
    help: 'Publish core_bg.wasm and the script of one build together, past all caches, and reload the page.',
    cause,
  })
}

/** Whether a module is of the same build as this script: otherwise calls would reach the wrong functions. */
function isOfThisBuild(module: WebAssembly.Module): boolean {
  const [id] = WebAssembly.Module.customSections(module, 'build')
  return id !== undefined && new TextDecoder().decode(id) === buildId
}

/** Fetches and compiles a module; the error says why that failed. */
async function fetchModule(url: string, init?: RequestInit): Promise<WebAssembly.Module> {
  if (!globalThis.WebAssembly)
    throw unavailable(url, 'there is no WebAssembly here', 'Use a browser that has WebAssembly; a lockdown mode or a setting may have switched it off.')
  const policy = watchPolicy()
  try {
    const response = await fetch(url, init).catch(async (error: unknown) => {
      throw (await policy.violated('connect-src', url))
        ? unavailable(url, 'the content security policy does not let it be fetched', "Allow it in the page's connect-src.", error)
        : unavailable(url, 'no answer came', 'Check the connection and try again; a server of another origin must allow the page by CORS.', error, true)
    })
    const { ok, status } = response
    if (!ok) throw unavailable(url, `status ${status}`, SERVE, undefined, status >= 500 || [408, 425, 429].includes(status))
    return await compile(response).catch(async (error: unknown) => {
      if (error instanceof NotWasm) throw unavailable(url, error.message, SERVE)
      if (!(error instanceof WebAssembly.CompileError || error instanceof EvalError))
        throw unavailable(url, 'the answer broke off', 'Check the connection and try again.', error, true)
      throw POLICY.test(error.message) || error instanceof EvalError || (await policy.violated('script-src', 'wasm-eval'))
        ? unavailable(url, 'the content security policy does not let it be compiled', "Allow 'wasm-unsafe-eval' in the page's script-src.", error)
        : unavailable(url, 'what came cannot be compiled', SERVE, error)
    })
  } finally {
    policy.stop()
  }
}

/** Compiles a module while it downloads, or after the download if its media type is wrong: browsers then refuse to stream it. */
async function compile(response: Response): Promise<WebAssembly.Module> {
  const type = response.headers.get('content-type')
  if (type === 'application/wasm') return WebAssembly.compileStreaming(response)
  const bytes = await response.arrayBuffer()
  // Every module begins with '\0asm'.
  if (new DataView(bytes).byteLength > 3 && new DataView(bytes).getUint32(0) === 0x0061736d) return WebAssembly.compile(bytes)
  const isPage = /html/.test(type ?? '') || new TextDecoder().decode(bytes.slice(0, 99)).trimStart().startsWith('<')
  throw new NotWasm(isPage ? 'an HTML page came in its place' : 'what came is no WebAssembly')
}

class NotWasm extends Error {}

/** Matches the messages of engines when a policy forbids compiling. */
const POLICY = /unsafe-eval|content.security.policy|\bCSP\b/i

const SERVE = 'Serve core_bg.wasm beside the script, as it is in the package: the address above must answer with it, and with no page of the app.'

function unavailable(url: string, why: string, help: string, cause?: unknown, retryable = false): Error {
  return toError({
    name: 'Error',
    code: 'WASM_UNAVAILABLE',
    message: `The WebAssembly core could not be loaded from "${url}": ${why}`,
    step: 'configure',
    url,
    retryable,
    help,
    cause,
  })
}
