// The package in the hands of a bundler: an app with no configuration signs in, built and under development.
import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build, createServer } from 'vite'
import { freePort } from '../network/loopback.mjs'
import { packageDir, serveHarness } from './support/harness-server.mjs'
import { decide, submitPassword } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const root = await mkdtemp(join(tmpdir(), 'vite-app-'))
after(() => rm(root, { recursive: true }))

// The app has the package as an installation would leave it: a folder of its own, no link.
await cp(fileURLToPath(new URL('vite-app', import.meta.url)), root, { recursive: true })
await cp(packageDir, join(root, 'node_modules/atproto-oauth-wasm'), { recursive: true })
await mkdir(join(root, 'public'))
await writeFile(join(root, 'public/network.json'), JSON.stringify({ pdsUrl: world.info.pdsUrl, plcUrl: world.info.plcUrl }))

/** Signs in as a user of the app at `origin` would, and comes back once more. */
async function useApp(t, origin) {
  const context = await world.browser.newContext()
  t.after(() => context.close())
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && message.location().url.startsWith(origin)) errors.push(message.text())
  })
  const refreshes = []
  page.on('request', (request) => request.postData()?.includes('grant_type=refresh_token') && refreshes.push(request.url()))
  const shown = async (text) => {
    await page.locator('output', { hasText: /./ }).waitFor().catch(() => {})
    assert.equal(await page.locator('output').textContent(), text, errors.join('\n'))
  }
  await page.goto(`${origin}/`)
  await shown('signed out')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/oauth\/authorize/, { waitUntil: 'commit' })
  await submitPassword(page, world.alice)
  await decide(page)
  await page.waitForURL((url) => url.origin === origin)
  await shown('signed in as alice.test')
  assert.equal(page.url(), `${origin}/`)
  await page.reload()
  await shown('signed in as alice.test')
  assert.deepEqual(refreshes, [], 'the worker refreshes')
  assert.deepEqual(errors, [])
}

test('An app built by Vite without configuration signs in, under a strict script policy', async (t) => {
  await build({ root, configFile: false, logLevel: 'silent' })
  const server = await serveHarness({}, join(root, 'dist'))
  t.after(() => server.stop())
  await useApp(t, server.origin)
})

test('The same app signs in under the development server of Vite', async (t) => {
  const port = await freePort()
  const server = await createServer({ root, configFile: false, logLevel: 'silent', server: { host: '127.0.0.1', port, strictPort: true } })
  t.after(() => server.close())
  await server.listen()
  await useApp(t, `http://127.0.0.1:${port}`)
})
