// The types of glue.js, which xtask/connect.mjs writes when the core is built.
import type { Client as CoreClient } from './core.js'

/** The core's client. Usable once the module is connected. */
export const Client: typeof CoreClient

/** The imports of the module. */
export const imports: WebAssembly.Imports

/** Makes the classes call an instance of the module, given by its exports. */
export function connect(exports: WebAssembly.Exports): void

/** The id of the build. The module has the same id in its section `build`. */
export const buildId: string
