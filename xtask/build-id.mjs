// Gives the wasm module and its JavaScript glue one build id: a custom section of the one, a constant of the other. Both
// are deployed as files of their own, and a cache may mix two builds, whose functions have the same short names.
//
//   node xtask/build-id.mjs <core_bg.wasm> <core.js> <core.d.ts>
//
// The id is a digest of both files, so that the same input makes the same package.
import { createHash } from 'node:crypto'
import fs from 'node:fs'

const NAME = 'build'

const [wasmFile, glueFile, typesFile] = process.argv.slice(2)
const [wasm, glue] = [wasmFile, glueFile].map((file) => fs.readFileSync(file))
const id = createHash('sha256').update(wasm).update(glue).digest('hex').slice(0, 16)

// Section 0, its length, and the name with a length of its own; all of them are below 128, which is one byte each.
const content = Buffer.concat([Buffer.from([NAME.length]), Buffer.from(NAME + id)])
fs.appendFileSync(wasmFile, Buffer.concat([Buffer.from([0, content.length]), content]))
fs.appendFileSync(glueFile, `\nexport const buildId = '${id}';\n`)
fs.appendFileSync(typesFile, '\n/** Which build of the module this glue is for. The module has the same in its section `build`. */\nexport const buildId: string;\n')
