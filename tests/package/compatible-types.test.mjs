// Code typed against the official package compiles against ours: the same sources, against both.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { REPOSITORY, installPacked, run, tool } from './packed.mjs'

const { project, folder } = installPacked()

const PACKAGES = {
  official: path.join(REPOSITORY, 'node_modules/@atproto/oauth-client-browser'),
  ours: folder,
}

const OPTIONS = ['--noEmit', '--strict', '--skipLibCheck', '--noUncheckedIndexedAccess', '--module', 'esnext', '--moduleResolution', 'bundler',
  '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable,esnext.disposable', '--types', '', '--pretty', 'false']

/** Compiles a file of tests/types/, changed if need be, with `oauth-client` standing for a package. */
function compile(name, file, change = (source) => source) {
  const place = fs.mkdtempSync(path.join(project, `${name}-`))
  const source = fs.readFileSync(path.join(REPOSITORY, 'tests/types', file), 'utf8')
  fs.writeFileSync(path.join(place, file), change(source))
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  fs.mkdirSync(path.join(place, 'node_modules'))
  fs.symlinkSync(PACKAGES[name], path.join(place, 'node_modules/oauth-client'))
  fs.symlinkSync(path.join(REPOSITORY, 'node_modules/@atproto'), path.join(place, 'node_modules/@atproto'))
  return run(tool('tsc'), [file, ...OPTIONS], { cwd: place })
}

for (const name of Object.keys(PACKAGES)) {
  for (const file of ['guide.ts', 'sample.ts']) {
    test(`${file} compiles against the types of the ${name === 'ours' ? 'package' : 'official package'}`, async () => {
      assert.deepEqual(await compile(name, file), { code: 0, output: '' })
    })
  }
}

test('the code of the older guides, which listen to events, compiles as well', async () => {
  assert.deepEqual(await compile('ours', 'events.ts'), { code: 0, output: '' })
})

test('the list of accounts has its types', async () => {
  assert.deepEqual(await compile('ours', 'accounts.ts'), { code: 0, output: '' })
})

test('a wrong use is an error with both', async () => {
  for (const name of Object.keys(PACKAGES)) {
    const { code, output } = await compile(name, 'sample.ts', (source) => source.replace("responseMode: 'query'", "responseMode: 'form'"))
    assert.notEqual(code, 0)
    assert.match(output, /"form"/)
  }
})
