// Renames the functions that a wasm module imports and exports.

const IMPORT_SECTION = 2
const EXPORT_SECTION = 7
const [FUNCTION, TABLE, MEMORY, GLOBAL, TAG] = [0, 1, 2, 3, 4]

/**
 * Copies a module with new names for its imports and exports.
 *
 * @param {Buffer} wasm
 * @param {{ imported(name: string): string, exported(name: string): string }} rename returns the new name of a function
 */
export function renamed(wasm, rename) {
  const reader = new Reader(wasm)
  const rewriters = new Map([
    [IMPORT_SECTION, () => rewriteImports(reader, rename.imported)],
    [EXPORT_SECTION, () => rewriteExports(reader, rename.exported)],
  ])
  const parts = [reader.take(8)]
  while (reader.at < wasm.length) {
    const id = reader.readByte()
    const length = reader.readNumber()
    const end = reader.at + length
    const body = rewriters.get(id)?.() ?? reader.take(length)
    if (reader.at !== end) throw new Error(`section ${id} of the module was not understood`)
    parts.push(Buffer.from([id]), encodeNumber(body.length), body)
  }
  return Buffer.concat(parts)
}

function rewriteImports(reader, rename) {
  const count = reader.readNumber()
  const parts = [encodeNumber(count)]
  for (let i = 0; i < count; i++) {
    const module = reader.readName()
    const name = reader.readName()
    const start = reader.at
    const isFunction = reader.skipDescription() === FUNCTION
    parts.push(encodeName(module), encodeName(isFunction ? rename(name) : name), reader.since(start))
  }
  return Buffer.concat(parts)
}

function rewriteExports(reader, rename) {
  const count = reader.readNumber()
  const parts = [encodeNumber(count)]
  for (let i = 0; i < count; i++) {
    const name = reader.readName()
    const start = reader.at
    const isFunction = reader.readByte() === FUNCTION
    reader.readNumber()
    parts.push(encodeName(isFunction ? rename(name) : name), reader.since(start))
  }
  return Buffer.concat(parts)
}

class Reader {
  at = 0
  #wasm

  constructor(wasm) {
    this.#wasm = wasm
  }

  since(start) {
    return this.#wasm.subarray(start, this.at)
  }

  take(length) {
    this.at += length
    return this.since(this.at - length)
  }

  readByte() {
    return this.#wasm[this.at++]
  }

  /** An unsigned LEB128 number, as the WebAssembly binary format writes all of its sizes and counts. */
  readNumber() {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.readByte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  readName() {
    return this.take(this.readNumber()).toString()
  }

  /** Skips the description of an import, which follows its names, and returns its kind. */
  skipDescription() {
    const kind = this.readByte()
    if (kind === FUNCTION) this.readNumber()
    else if (kind === TABLE) this.at++, this.#skipLimits()
    else if (kind === MEMORY) this.#skipLimits()
    else if (kind === GLOBAL) this.at += 2
    else if (kind === TAG) this.at++, this.readNumber()
    else throw new Error(`unknown kind of import: ${kind}`)
    return kind
  }

  #skipLimits() {
    const flags = this.readNumber()
    this.readNumber()
    if (flags & 1) this.readNumber()
  }
}

function encodeNumber(value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) + 0x80)
  return Buffer.from([...bytes, value])
}

const encodeName = (name) => Buffer.concat([encodeNumber(Buffer.byteLength(name)), Buffer.from(name)])
