import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { build } from 'vite'
import { NAME, installPacked } from './packed.mjs'

const { project, folder } = installPacked()

test('Vite carries the wasm into an app without being told to', async () => {
  fs.writeFileSync(path.join(project, 'index.html'), '<!doctype html><script type="module" src="/app.js"></script>')
  fs.writeFileSync(path.join(project, 'app.js'), `import * as api from '${NAME}'\nglobalThis.api = api\n`)
  await build({ root: project, configFile: false, logLevel: 'error' })

  const assets = fs.readdirSync(path.join(project, 'dist/assets'))
  const wasm = assets.find((name) => name.endsWith('.wasm'))
  assert.ok(wasm, assets.join(', '))
  const original = fs.readFileSync(path.join(folder, 'core_bg.wasm'))
  assert.deepEqual(fs.readFileSync(path.join(project, 'dist/assets', wasm)), original)
  const code = fs.readFileSync(path.join(project, 'dist/assets', assets.find((name) => name.endsWith('.js'))), 'utf8')
  assert.ok(code.includes(wasm))
})

test('an app that uses nothing of it runs nothing of it', async () => {
  fs.writeFileSync(path.join(project, 'app.js'), `import '${NAME}'\nglobalThis.mark = 'app'\n`)
  await build({ root: project, configFile: false, logLevel: 'error' })
  const assets = path.join(project, 'dist/assets')
  const scripts = fs.readdirSync(assets).filter((name) => name.endsWith('.js'))
  const code = scripts.map((name) => fs.readFileSync(path.join(assets, name), 'utf8')).join('')
  // The wasm is emitted before its use is known; without a reference nobody downloads it.
  assert.ok(code.includes('mark') && !code.includes('.wasm'), code)
})
