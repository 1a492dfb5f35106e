// One app, two clients: a React app written against the official package is built as it is, and built again with that
// import led to ours. It does the same on both.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { run, tool } from '../package/packed.mjs'
import { calls, grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { packageDir, serveHarness } from './support/harness-server.mjs'
import { decide, submitPassword } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const OFFICIAL = '@atproto/oauth-client-browser'
const root = fileURLToPath(new URL('sample-app', import.meta.url))

const world = await startWorld()
const { alice, control } = world
const temporary = await mkdtemp(join(tmpdir(), 'sample-app-'))
after(() => rm(temporary, { recursive: true }))

const CLIENTS = [
  { name: 'the official client', alias: {}, paths: {}, modules: 0 },
  { name: 'ours', alias: { [OFFICIAL]: packageDir }, paths: { [OFFICIAL]: [join(packageDir, 'types/index.d.ts')] }, modules: 1 },
]

for (const [at, { name, alias, paths, modules }] of CLIENTS.entries()) {
  test(`The sample app type-checks with ${name}`, async () => {
    const project = join(temporary, `tsconfig.${at}.json`)
    await writeFile(project, JSON.stringify({
      extends: join(root, 'tsconfig.json'), compilerOptions: { paths }, include: [join(root, 'src')],
    }))
    const { code, output } = await run(tool('tsc'), ['--project', project, '--pretty', 'false'], { cwd: root })
    assert.equal(output, '')
    assert.equal(code, 0)
  })

  test(`The sample app works with ${name}`, async (t) => {
    const outDir = join(temporary, `dist.${at}`)
    const { output } = await buildApp(outDir, alias)
    const wasm = output.filter(({ fileName }) => fileName.endsWith('.wasm'))
    assert.equal(wasm.length, modules, 'the app is built with the client it is meant to be built with')
    const server = await serveHarness({}, outDir)
    t.after(() => server.stop())
    await useApp(t, server.origin)
  })
}

function buildApp(outDir, alias) {
  return build({
    root, configFile: false, logLevel: 'silent',
    resolve: { alias },
    define: {
      // React's StrictMode runs effects twice only in development.
      'process.env.NODE_ENV': '"development"',
      'import.meta.env.VITE_HANDLE_RESOLVER': JSON.stringify(world.info.pdsUrl),
      'import.meta.env.VITE_PLC_DIRECTORY': JSON.stringify(world.info.plcUrl),
    },
    build: { outDir, minify: false, chunkSizeWarningLimit: Infinity },
  })
}

async function useApp(t, origin) {
  await Promise.all([control.tokenMaxAge(3_600_000), control.revokeAll(alice.did)])
  const context = await world.browser.newContext()
  t.after(() => context.close())
  context.setDefaultTimeout(15_000)
  const complaints = []
  context.on('weberror', (problem) => complaints.push(String(problem.error())))
  context.on('console', (message) => {
    if (message.type() === 'error' && message.location().url.startsWith(origin)) complaints.push(message.text())
  })
  const page = await context.newPage()

  const button = (name) => page.getByRole('button', { name, exact: true })
  const section = (name) => page.getByRole('region', { name })
  const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor()
  const problem = async (text) => assert.equal(await page.getByRole('alert').textContent(), text)
  const lastEvent = () => section('Events').getByRole('listitem').last().textContent()
  const profilesRead = (trace) => calls(trace, 'com.atproto.server.getSession').filter(({ status }) => status < 400).length
  const grantsSince = async (mark) => grants(await control.since(mark)).length

  await page.goto(`${origin}/`)
  await heading('Sign in')

  await t.test('consent denied', async () => {
    await page.getByLabel('Handle').fill(alice.handle)
    await button('Sign in here').click()
    await throughServer(page, origin, 'Deny access')
    await problem('You did not allow access.')
    assert.equal(page.url(), `${origin}/`)
  })

  await t.test('sign in by redirect', async () => {
    const mark = await control.mark()
    await page.getByLabel('Handle').fill(alice.handle)
    await button('Sign in here').click()
    await throughServer(page, origin)
    await heading(alice.handle)
    assert.equal(page.url(), `${origin}/`)
    assert.equal(await grantsSince(mark), 1, 'the code is exchanged once, though init was called twice')
    assert.equal(await lastEvent(), `Tokens received ${alice.did}`)
    assert.match(await section('Profile').textContent(), new RegExp(alice.did))
  })

  await t.test('token facts and refresh', async () => {
    const facts = await section('Token').locator('dd').allTextContents()
    assert.deepEqual(facts.slice(0, 3), [world.info.pdsUrl, `${world.info.pdsUrl}/`, 'atproto transition:generic'])
    const expiry = () => section('Token').locator('time').getAttribute('datetime')
    const before = await expiry()
    const mark = await control.mark()
    await button('Refresh').click()
    await eventually(async () => await expiry() > before, 'the new token expires later')
    assert.equal(await grantsSince(mark), 1)
    assert.equal(await section('Events').getByText('Tokens received').count(), 2)
    assert.equal((await control.tokens(alice.did)).length, 1)
  })

  await t.test('reload', async () => {
    const mark = await control.mark()
    await page.reload()
    await heading(alice.handle)
    await eventually(async () => profilesRead(await control.since(mark)) >= 2, 'each effect has run twice, as StrictMode has it')
    assert.equal(await grantsSince(mark), 0)
  })

  await t.test('sign out', async () => {
    await signOut(page)
    await heading('Sign in')
    assert.equal(await lastEvent(), `Signed out ${alice.did}`)
    assert.deepEqual(await control.tokens(alice.did), [])
    await page.reload()
    await heading('Sign in')
  })

  await t.test('a popup that is given up', async () => {
    await page.getByLabel('Handle').fill(alice.handle)
    const popup = await openPopup(page)
    await button('Cancel').click()
    await eventually(() => button('Sign in in a popup').isEnabled(), 'another attempt is offered')
    assert.equal(await page.getByRole('alert').count(), 0)
    await popup.close()
  })

  await t.test('consent denied in a popup', async () => {
    await page.getByLabel('Handle').fill(alice.handle)
    await throughPopup(page, origin, 'Deny access')
    await problem('You did not allow access.')
    assert.equal(await page.getByLabel('Handle').inputValue(), alice.handle)
  })

  await t.test('sign in by popup', async () => {
    const mark = await control.mark()
    await throughPopup(page, origin)
    await heading(alice.handle)
    assert.equal(await grantsSince(mark), 1)
    assert.equal(await lastEvent(), `Tokens received ${alice.did}`)
    await button('Refresh').click()
    await eventually(async () => await grantsSince(mark) === 2, 'the page has new tokens for the session from the popup')
    await page.reload()
    await heading(alice.handle)
    await signOut(page)
    await heading('Sign in')
    assert.deepEqual(await control.tokens(alice.did), [])
  })

  assert.deepEqual(complaints, [])
}

async function signOut(page) {
  await page.getByText('Account', { exact: true }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
}

/** Over the server's pages and back to the app. */
async function throughServer(page, origin, decision) {
  await page.waitForURL(/\/oauth\/authorize/, { waitUntil: 'commit' })
  await submitPassword(page, alice)
  await decide(page, decision)
  await page.waitForURL((url) => url.origin === origin, { waitUntil: 'commit' })
}

/** A popup, on the server's page. */
async function openPopup(page) {
  const opened = page.context().waitForEvent('page')
  await page.getByRole('button', { name: 'Sign in in a popup' }).click()
  const popup = await opened
  await popup.waitForURL(/\/oauth\/authorize/, { waitUntil: 'commit' })
  return popup
}

/** Through the server's pages in a popup, which closes itself. */
async function throughPopup(page, origin, decision) {
  const popup = await openPopup(page)
  const closed = popup.waitForEvent('close')
  await submitPassword(popup, alice)
  await decide(popup, decision)
  await closed
  assert.equal(page.url(), `${origin}/`)
}
