// The example apps in Rust, each used as a visitor uses it: one drawn with Leptos, one with Yew, both with the same page.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startNetwork } from '../network/network.mjs'
import { startServer } from '../network/serve.mjs'
import { launchBrowser } from './support/browser.mjs'
import { calls, controlClient, grants } from './support/control.mjs'
import { eventually } from './support/eventually.mjs'
import { consentAhead, decide, submitPassword } from './support/sign-in.mjs'

const AN_HOUR = 3_600_000
const folder = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const root = folder('examples/shared/page')
const [network, browser] = await Promise.all([startNetwork(), launchBrowser()])
const { pdsUrl, plcUrl, handleResolver, accounts, controlUrl } = network.info
const [alice, bob] = accounts
const control = controlClient(controlUrl)
after(async () => {
  await browser.close()
  await network.stop()
})

const named = (page, name) => page.getByRole('button', { name, exact: true })
const textOf = (page, id) => page.locator(`#${id}`).innerText()
const says = (page, id, text, within) => eventually(async () => await textOf(page, id).catch(() => '') === text, `#${id} says "${text}"`, within)
const signedInAs = (page, account) => says(page, 'did', account.did)

async function throughServer(page, account, button) {
  await page.waitForURL((url) => url.origin === new URL(pdsUrl).origin, { waitUntil: 'commit' })
  await submitPassword(page, account)
  await decide(page, button)
}

async function signIn(page, account, { pages = false } = {}) {
  if (!pages) await consentAhead(page, account, { control })
  await page.getByLabel('Handle, DID or server').fill(account.handle)
  await named(page, 'Sign in').click()
  if (pages) await throughServer(page, account)
  await signedInAs(page, account)
}

async function addAccount(page, account) {
  await page.getByText('Add an account').click()
  await signIn(page, account)
}

/** The posts as anyone may read them: not through the app, nor the client. */
async function publicPosts(account) {
  const query = new URLSearchParams({ repo: account.did, collection: 'app.bsky.feed.post' })
  const response = await fetch(`${pdsUrl}/xrpc/com.atproto.repo.listRecords?${query}`)
  return (await response.json()).records.map(({ value }) => value.text)
}

for (const framework of ['leptos', 'yew']) {
  const options = {
    root,
    mounts: { '/app': folder(`target/apps/${framework}`) },
    json: { '/network.json': { pdsUrl, plcUrl, handleResolver } },
  }
  const site = await startServer(options)
  after(() => site.stop())
  const title = (text) => `${text} (${framework})`

  /** A fresh profile at a server that knows of no session, with everything the browser complained about. */
  async function visitor(t, how, url = site.url) {
    await Promise.all([control.tokenMaxAge(AN_HOUR), control.revokeAll(alice.did), control.revokeAll(bob.did)])
    const context = await browser.newContext(how)
    context.setDefaultTimeout(15_000)
    t.after(() => context.close())
    const complaints = []
    context.on('weberror', (problem) => complaints.push(String(problem.error())))
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && message.location().url.startsWith(url)) complaints.push(message.text())
    })
    return { context, page: await tab(context, url), complaints }
  }

  async function tab(context, url = site.url) {
    const page = await context.newPage()
    await page.goto(url)
    return page
  }

  test(title('A visitor signs in, sees the profile, writes a post, reloads and signs out'), async (t) => {
    const { page, complaints } = await visitor(t)
    await says(page, 'status', 'Signed out')
    await signIn(page, alice, { pages: true })
    await says(page, 'handle-shown', alice.handle)
    await says(page, 'name', alice.handle)

    const text = `A post of the ${framework} app`
    await page.locator('#post-text').fill(text)
    await named(page, 'Post').click()
    await page.locator('#post-list li', { hasText: text }).waitFor()
    assert.ok((await publicPosts(alice)).includes(text))
    assert.equal(await page.locator('#post-text').inputValue(), '')

    const mark = await control.mark()
    await page.reload()
    await signedInAs(page, alice)
    assert.equal(grants(await control.since(mark)).length, 0, 'a reload needs no new tokens')
    await named(page, 'Sign out').click()
    await says(page, 'status', 'Signed out')
    assert.deepEqual(await control.tokens(alice.did), [])
    await named(page, `Sign in as ${alice.handle}`).waitFor()
    assert.deepEqual(complaints, [])
  })

  test(title('Two accounts: one press changes to the other, here and in all tabs, and back'), async (t) => {
    const { page, context } = await visitor(t)
    await signIn(page, alice)
    await addAccount(page, bob)
    const other = await tab(context)
    await signedInAs(other, bob)
    for (const each of [page, other]) await says(each, 'handle-shown', bob.handle)

    const mark = await control.mark()
    await named(page, `Switch to ${alice.handle}`).click()
    await signedInAs(page, alice)
    await signedInAs(other, alice)
    await says(other, 'handle-shown', alice.handle)
    const asked = calls(await control.since(mark), 'com.atproto.repo.describeRepo')
    assert.equal(asked.length, 2, 'each tab asks once who that is')

    await named(page, `Sign out and forget ${bob.handle}`).click()
    for (const each of [page, other]) await eventually(async () => await each.locator('#account-list li').count() === 1, 'one account is left')
    assert.deepEqual(await control.tokens(bob.did), [])
  })

  test(title('A sign-out in one tab is seen in the other within a second'), async (t) => {
    const { page, context } = await visitor(t)
    await signIn(page, alice)
    const other = await tab(context)
    await signedInAs(other, alice)
    await named(other, 'Sign out').click()
    await says(other, 'status', 'Signed out')
    await says(page, 'status', 'Signed out', 1_000)
    await named(page, `Sign in as ${alice.handle}`).click()
    await throughServer(page, alice)
    await signedInAs(page, alice)
    await signedInAs(other, alice)
  })

  test(title('Without the network an account stays, and goes on by itself when that is back'), async (t) => {
    const { page, context } = await visitor(t)
    await control.tokenMaxAge(1_000)
    await signIn(page, alice, { pages: true })
    await says(page, 'handle-shown', alice.handle)
    // The page's own requests renew the token, as long as there are any.
    await page.waitForLoadState('networkidle')
    await context.route(`${pdsUrl}/**`, (route) => route.abort())
    await control.tokenMaxAge(AN_HOUR)
    const [token] = await control.tokens(alice.did)
    await eventually(() => Date.now() > Date.parse(token.expiresAt), 'the end of the token')
    await page.reload()
    await says(page, 'status', 'Offline')
    await named(page, 'Try again').click()
    await says(page, 'problem-code', 'NETWORK_UNREACHABLE')
    await context.unroute(`${pdsUrl}/**`)
    await context.setOffline(true)
    await context.setOffline(false)
    await signedInAs(page, alice)
  })

  test(title('What fails is told with its code and help, and who was signed in still is'), async (t) => {
    const { page } = await visitor(t)
    await page.getByLabel('Handle, DID or server').fill('nobody.test')
    await named(page, 'Sign in').click()
    await says(page, 'problem-code', 'HANDLE_NOT_FOUND')
    assert.equal(await page.locator('#problem').getAttribute('role'), 'alert')
    await signIn(page, alice)

    await page.getByText('Add an account').click()
    await page.getByLabel('Handle, DID or server').fill(bob.handle)
    await named(page, 'Sign in').click()
    await throughServer(page, bob, 'Deny access')
    await signedInAs(page, alice)
    await says(page, 'problem-code', 'ACCESS_DENIED')
  })

  test(title('Every control has a name, and a phone needs no sideways scrolling'), async (t) => {
    const { page, context } = await visitor(t, { viewport: { width: 360, height: 740 } })
    await signIn(page, alice)
    await says(page, 'handle-shown', alice.handle)
    const protocol = await context.newCDPSession(page)
    const { nodes } = await protocol.send('Accessibility.getFullAXTree')
    const controls = nodes.filter(({ ignored, role }) => !ignored && ['button', 'link', 'textbox'].includes(role?.value))
    assert.ok(controls.length >= 4, `only ${controls.length} controls are reachable`)
    assert.deepEqual(controls.filter(({ name }) => !name?.value?.trim()), [])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 360)
  })

  if (framework === 'leptos') test(title('What a server has rendered is taken over as it is, and comes to life'), async (t) => {
    const [page, rendered] = await Promise.all(['shared/page/index.html', 'leptos/server.html'].map((name) => readFile(folder(`examples/${name}`), 'utf8')))
    const marked = rendered.trim().replace(/<(header|main)/g, '<$1 data-from="server"')
    const served = await mkdtemp(join(tmpdir(), 'rendered-'))
    t.after(() => rm(served, { recursive: true }))
    await writeFile(join(served, 'index.html'), page.replace('<body></body>', `<body>${marked}</body>`))
    const beside = Object.fromEntries(['style.css', 'start.js'].map((name) => [`/${name}`, join(root, name)]))
    const server = await startServer({ ...options, root: served, mounts: { ...options.mounts, ...beside } })
    t.after(() => server.stop())

    const { page: visitors, complaints } = await visitor(t, {}, server.url)
    await says(visitors, 'status', 'Signed out')
    await signIn(visitors, alice)
    for (const part of ['header', 'main']) {
      assert.equal(await visitors.locator(part).count(), 1)
      assert.equal(await visitors.locator(part).getAttribute('data-from'), 'server')
    }
    assert.equal(await visitors.locator('main #profile').count(), 1)
    assert.deepEqual(complaints, [])
  })
}
