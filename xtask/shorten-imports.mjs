// Gives the functions that a wasm module imports short names, in the module and in its JavaScript glue.
//
//   node xtask/shorten-imports.mjs <core_bg.wasm> <core.js>
//
// wasm-bindgen names each by a hash, which stands in both files and does not compress: about 30 bytes of download per function.
import fs from 'node:fs'

const IMPORT_SECTION = 2
const [FUNCTION, TABLE, MEMORY, GLOBAL, TAG] = [0, 1, 2, 3, 4]

const [wasmFile, glueFile] = process.argv.slice(2)
const wasm = fs.readFileSync(wasmFile)
let glue = fs.readFileSync(glueFile, 'utf8')
const exported = new Set(WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name))

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

const shortNames = new Map()

function shorten(name) {
  // The glue uses exported names too: one that is both could not be told apart in it.
  if (exported.has(name)) throw new Error(`imported and exported under one name: ${name}`)
  // A dollar sign, so that a number cannot be the name of an array's element, nor a word of the language.
  if (!shortNames.has(name)) shortNames.set(name, `$${shortNames.size.toString(36)}`)
  return shortNames.get(name)
}

function rewriteImports() {
  const count = readNumber()
  const parts = [encodeNumber(count)]
  for (let i = 0; i < count; i++) {
    const module = readName()
    const name = readName()
    const start = at
    const isGlue = skipDescription() === FUNCTION && module === './core_bg.js'
    parts.push(encodeName(module), encodeName(isGlue ? shorten(name) : name), wasm.subarray(start, at))
  }
  return Buffer.concat(parts)
}

const sections = [wasm.subarray(0, 8)]
at = 8
while (at < wasm.length) {
  const id = wasm[at++]
  const length = readNumber()
  const end = at + length
  const body = id === IMPORT_SECTION ? rewriteImports() : wasm.subarray(at, end)
  if (id === IMPORT_SECTION && at !== end) throw new Error('the import section was not understood')
  sections.push(Buffer.from([id]), encodeNumber(body.length), body)
  at = end
}

for (const [name, short] of shortNames) {
  // As a property of the object that holds the imports, its only place in the glue.
  const parts = glue.split(`        ${name}: `)
  if (parts.length !== 2) throw new Error(`the glue has ${parts.length - 1} functions named ${name}, expected 1`)
  glue = parts.join(`        ${short}: `)
}

fs.writeFileSync(wasmFile, Buffer.concat(sections))
fs.writeFileSync(glueFile, glue)
