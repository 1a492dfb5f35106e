// Writes `glue.js`, through which pkg-template/src/core-loader.ts connects the wasm module with the JavaScript that wasm-bindgen
// writes for it: what pkg-template/src/glue.d.ts declares.
//
//   node xtask/connect.mjs <folder with core_bg.wasm and core_bg.js>
//
// Both files are deployed as files of their own, and a cache may mix two builds. So both carry a build id: the one in a custom
// section, the other as a constant. It is a digest of both, so that the same input makes the same package.
//
// wasm-bindgen's names of functions are long, and those with hashes do not compress: about 30 bytes of download for each. In the
// package an import's name is its place in an array, and exports have short names, which the bundler reads in `names.json`.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { renamed } from './wasm-names.mjs'

const [folder] = process.argv.slice(2)
const place = (name) => path.join(folder, name)
const BUILD_SECTION = 'build'

const imported = new Map()
const exported = new Map()
function numbered(names, name, prefix = '') {
  if (!names.has(name)) names.set(name, `${prefix}${names.size}`)
  return names.get(name)
}

const wasm = renamed(fs.readFileSync(place('core_bg.wasm')), {
  imported: (name) => numbered(imported, name),
  exported: (name) => numbered(exported, name, '$'),
})
const compiled = new WebAssembly.Module(wasm)
for (const { module, kind, name } of WebAssembly.Module.imports(compiled))
  if (module !== './core_bg.js' || kind !== 'function') throw new Error(`the module imports ${kind} ${name} of ${module}, which core-loader.ts does not give it`)

const functions = [...imported.keys()].join(', ')
const bound = `import { ${functions} } from './core_bg.js'
export { Client, __wbg_set_wasm as connect } from './core_bg.js'
export const imports = { './core_bg.js': [${functions}] }
`
const digest = createHash('sha256')
for (const part of [wasm, fs.readFileSync(place('core_bg.js')), bound]) digest.update(part)
const id = digest.digest('hex').slice(0, 16)

// Section 0, its length, and the name with a length of its own; all of them are below 128, which is one byte each.
const section = Buffer.concat([Buffer.from([BUILD_SECTION.length]), Buffer.from(BUILD_SECTION + id)])
fs.writeFileSync(place('core_bg.wasm'), Buffer.concat([wasm, Buffer.from([0, section.length]), section]))
fs.writeFileSync(place('glue.js'), `${bound}export const buildId = '${id}'\n`)
fs.writeFileSync(place('names.json'), JSON.stringify(Object.fromEntries(exported)))
