// What the build makes of the core besides core_bg.wasm: xtask/connect.mjs writes glue.js.
import type { Client as CoreClient } from './core.js'

/** The class, to be used once the module is connected. */
export const Client: typeof CoreClient

/** What the module imports. */
export const imports: WebAssembly.Imports

/** Has the classes call an instance of the module, by its exports. */
export function connect(exports: WebAssembly.Exports): void

/** The build that this glue is of. The module has the same id in its section `build`. */
export const buildId: string
