import { Client, connect, imports } from './core.js'

/** The core, once it is there. */
export interface Core {
  Client: typeof Client
}

let loading: Promise<Core> | undefined

/** Loads the WebAssembly core, once for the page. What failed is tried again by the next who asks. */
export function loadCore(): Promise<Core> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined
    throw Object.assign(new Error('The WebAssembly core could not be loaded', { cause }), {
      code: 'WASM_UNAVAILABLE',
      step: 'configure',
      retryable: true,
      help: "Serve core_bg.wasm beside the script, and allow 'wasm-unsafe-eval' in the page's script-src.",
    })
  })
  return loading
}

async function load(): Promise<Core> {
  // In this form, bundlers find the file.
  const answer = await fetch(new URL('core_bg.wasm', import.meta.url))
  if (!answer.ok) throw new Error(`${answer.url} answered with status ${answer.status}`)
  // It is compiled while it comes, unless the server gives it another media type, which no browser takes that way.
  const streams = answer.headers.get('content-type') === 'application/wasm'
  const { instance } = streams
    ? await WebAssembly.instantiateStreaming(answer, imports())
    : await WebAssembly.instantiate(await answer.arrayBuffer(), imports())
  connect(instance)
  return { Client }
}
