// Writes `glue.js`, with which pkg-template/src/core-loader.ts connects the wasm module and wasm-bindgen's JavaScript for it.
// pkg-template/src/glue.d.ts declares its exports.
//
//   node xtask/connect.mjs <folder with core_bg.wasm and core_bg.js>
//
// The module and the script are separate files, and a cache may mix two builds. So both contain a build id: the module in a custom
// section, the script as a constant. The id is a digest of both, so that the same input produces the same package.
//
// wasm-bindgen's function names are long, and those with hashes do not compress: each costs about 30 bytes of download. In the
// package an import's name is its index in an array, and exports have short names, which the bundler reads from `names.json`.
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

// A custom section: id 0, its length, the length of its name, the name. All numbers are below 128, so each is one byte.
const section = Buffer.concat([Buffer.from([BUILD_SECTION.length]), Buffer.from(BUILD_SECTION + id)])
fs.writeFileSync(place('core_bg.wasm'), Buffer.concat([wasm, Buffer.from([0, section.length]), section]))
fs.writeFileSync(place('glue.js'), `${bound}export const buildId = '${id}'\n`)
fs.writeFileSync(place('names.json'), JSON.stringify(Object.fromEntries(exported)))
