// Gives the functions that a wasm module imports, and those it exports for closures, short names, in the module and in
// its JavaScript glue.
//
//   node xtask/shorten-names.mjs <core_bg.wasm> <core.js>
//
// wasm-bindgen names each by a hash or two, which stand in both files and do not compress: about 30 bytes of download
// per function.
import fs from 'node:fs'

const IMPORT_SECTION = 2
const EXPORT_SECTION = 7
const [FUNCTION, TABLE, MEMORY, GLOBAL, TAG] = [0, 1, 2, 3, 4]

const [wasmFile, glueFile] = process.argv.slice(2)
const wasm = fs.readFileSync(wasmFile)
let glue = fs.readFileSync(glueFile, 'utf8')

let at = 0

/** An unsigned LEB128 number, as the WebAssembly binary format writes all of its sizes and counts. */
function readNumber() {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = wasm[at++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
}

function encodeNumber(value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) + 0x80)
  return Buffer.from([...bytes, value])
}

function readName() {
  const length = readNumber()
  at += length
  return wasm.subarray(at - length, at).toString()
}

const encodeName = (name) => Buffer.concat([encodeNumber(Buffer.byteLength(name)), Buffer.from(name)])

const skipLimits = () => {
  const flags = readNumber()
  readNumber()
  if (flags & 1) readNumber()
}

/** Moves past what an import is, after its names; returns its kind. */
function skipDescription() {
  const kind = wasm[at++]
  if (kind === FUNCTION) readNumber()
  else if (kind === TABLE) at++, skipLimits()
  else if (kind === MEMORY) skipLimits()
  else if (kind === GLOBAL) at += 2
  else if (kind === TAG) at++, readNumber()
  else throw new Error(`unknown kind of import: ${kind}`)
  return kind
}

const imports = new Map()
const exports = new Map()

function shorten(name, names) {
  // A dollar sign, so that a number cannot be the name of an array's element, nor a word of the language.
  if (!names.has(name)) names.set(name, `$${names.size.toString(36)}`)
  return names.get(name)
}

function rewriteImports() {
  const count = readNumber()
  const parts = [encodeNumber(count)]
  for (let i = 0; i < count; i++) {
    const module = readName()
    const name = readName()
    const start = at
    const isGlue = skipDescription() === FUNCTION && module === './core_bg.js'
    parts.push(encodeName(module), encodeName(isGlue ? shorten(name, imports) : name), wasm.subarray(start, at))
  }
  return Buffer.concat(parts)
}

function rewriteExports() {
  const count = readNumber()
  const parts = [encodeNumber(count)]
  for (let i = 0; i < count; i++) {
    const name = readName()
    const start = at
    const isClosure = wasm[at++] === FUNCTION && name.startsWith('wasm_bindgen_')
    readNumber()
    parts.push(encodeName(isClosure ? shorten(name, exports) : name), wasm.subarray(start, at))
  }
  return Buffer.concat(parts)
}

const rewriters = new Map([
  [IMPORT_SECTION, rewriteImports],
  [EXPORT_SECTION, rewriteExports],
])

const sections = [wasm.subarray(0, 8)]
at = 8
while (at < wasm.length) {
  const id = wasm[at++]
  const length = readNumber()
  const end = at + length
  const rewrite = rewriters.get(id)
  const body = rewrite ? rewrite() : wasm.subarray(at, end)
  if (rewrite && at !== end) throw new Error(`section ${id} was not understood`)
  sections.push(Buffer.from([id]), encodeNumber(body.length), body)
  at = end
}

/** Replaces what must stand in the glue exactly once. */
function replaceOnce(found, by) {
  const parts = glue.split(found)
  if (parts.length !== 2) throw new Error(`the glue has ${parts.length - 1} of "${found}", expected 1`)
  glue = parts.join(by)
}

// As a property of the object that holds the imports, and where the one function that calls the export does.
for (const [name, short] of imports) replaceOnce(`        ${name}: `, `        ${short}: `)
for (const [name, short] of exports) replaceOnce(`wasm.${name}(`, `wasm.${short}(`)

fs.writeFileSync(wasmFile, Buffer.concat(sections))
fs.writeFileSync(glueFile, glue)
