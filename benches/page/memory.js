// The linear memory of a wasm module is no part of the heap that the browser reports: it is asked for itself.
const memories = new Set()

function remember(result) {
  const { exports } = result.instance ?? result
  for (const value of Object.values(exports)) if (value instanceof WebAssembly.Memory) memories.add(value)
  return result
}

for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name].bind(WebAssembly)
  WebAssembly[name] = (...given) => original(...given).then(remember)
}

/** The bytes of all linear memories on this page. */
export const wasmBytes = () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0)
