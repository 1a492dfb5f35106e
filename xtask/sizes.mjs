// Prints the sizes of a built package's files. A visitor downloads index.js and the wasm, compressed by the server.
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'

const [folder] = process.argv.slice(2)
const DOWNLOADED = ['index.js', 'core_bg.wasm']

const brotli = (bytes) =>
  zlib.brotliCompressSync(bytes, {
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })

const rows = fs
  .readdirSync(folder, { recursive: true })
  .filter((name) => fs.statSync(path.join(folder, name)).isFile())
  .sort()
  .map((name) => {
    const bytes = fs.readFileSync(path.join(folder, name))
    return { name, raw: bytes.length, gzip: zlib.gzipSync(bytes, { level: 9 }).length, brotli: brotli(bytes).length }
  })
const downloaded = rows.filter(({ name }) => DOWNLOADED.includes(name))
const sum = (column) => downloaded.reduce((total, row) => total + row[column], 0)
rows.push({ name: DOWNLOADED.join(' + '), raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli') })

const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ' ').padStart(10)
console.log(`\n${''.padEnd(26)}${['raw', 'gzip -9', 'brotli -11'].map((title) => title.padStart(11)).join('')}`)
for (const row of rows) console.log(`${row.name.padEnd(26)} ${[row.raw, row.gzip, row.brotli].map(number).join(' ')}`)
