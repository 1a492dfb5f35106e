// Bundles the modules of the npm package.
//
//   node xtask/bundle.mjs <folder of the core's glue> <output folder> <module>...
//
// The TypeScript of pkg-template/src imports the JavaScript modules of src/host/browser directly. The glue imports wasm-bindgen's
// copies of them; these imports are resolved to the originals, so that the package contains each module once.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const [glueFolder, output, ...modules] = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))
const names = JSON.parse(fs.readFileSync(path.join(glueFolder, 'names.json'), 'utf8'))

const core = {
  name: 'core',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/sentences\.js$/ }, () => ({ path: path.join(root, 'pkg-template/src/sentences.ts') }))
    onResolve({ filter: /^\.\/glue\.js$/ }, () => ({ path: path.resolve(glueFolder, 'glue.js') }))
    onResolve({ filter: /^\.\/snippets\// }, ({ path: copy }) => {
      const original = /^\.\/snippets\/atproto-oauth-wasm-[^/]+\/(src\/.+)$/.exec(copy)
      if (!original) return { errors: [{ text: `not a module beside the Rust: ${copy}` }] }
      return { path: path.join(root, original[1]) }
    })
  },
}

for (const module of modules) {
  await build({
    entryPoints: [path.join(root, 'pkg-template/src', `${module}.ts`)],
    outfile: path.join(output, `${module}.js`),
    // The modules stay separate, so that apps that refresh in the page load no code for workers.
    external: modules.filter((other) => other !== module).map((other) => `./${other}.js`),
    plugins: [core],
    mangleProps: new RegExp(`^(?:${Object.keys(names).join('|')})$`),
    mangleCache: names,
    bundle: true,
    loader: { '.txt': 'text' },
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
  })
}
