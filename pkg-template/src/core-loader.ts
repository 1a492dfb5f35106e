import initialize, * as core from './core.js'

export type Core = typeof core

let loading: Promise<Core> | undefined

/** Loads the WebAssembly core, once for the page. What failed is tried again by the next who asks. */
export function loadCore(): Promise<Core> {
  loading ??= initialize().then(
    () => core,
    (cause: unknown) => {
      loading = undefined
      throw Object.assign(new Error('The WebAssembly core could not be loaded', { cause }), {
        code: 'WASM_UNAVAILABLE',
        step: 'configure',
        retryable: true,
        help: "Serve core_bg.wasm beside the script, and allow 'wasm-unsafe-eval' in the page's script-src.",
      })
    },
  )
  return loading
}
