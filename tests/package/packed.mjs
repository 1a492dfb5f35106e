// The package as a user gets it: packed by npm and unpacked into a project, not the folder it was built in.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'

export const REPOSITORY = path.resolve(import.meta.dirname, '../..')
export const NAME = 'atproto-oauth-wasm'
const BUILT = path.join(REPOSITORY, 'pkg')

/** The path of a program of the development tooling. */
export const tool = (name) => path.join(REPOSITORY, 'node_modules/.bin', name)

/** An empty project with the package installed, gone after the file's tests: `{ project, folder, files }`. */
export function installPacked() {
  assert.ok(fs.existsSync(path.join(BUILT, 'package.json')), 'pkg/ is missing: `cargo xtask build` makes it')
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'atproto-oauth-wasm-package-'))
  after(() => fs.rmSync(project, { recursive: true, force: true }))

  const report = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: BUILT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = Object.values(JSON.parse(report))
  const folder = path.join(project, 'node_modules', NAME)
  fs.mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-xzf', path.join(project, packed.filename), '-C', folder, '--strip-components=1'])
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  return { project, folder, files: packed.files.map((file) => file.path).sort() }
}

/** Runs a program and resolves to `{ code, output }`; one that does not end within `limit` milliseconds is stopped: code null. */
export function run(program, args, { cwd, limit = 60_000 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), limit)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
