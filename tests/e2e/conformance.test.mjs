// The behaviours of the official client, one by one and by the numbers of its inventory, in a page whose
// network is a script: a case is a few lines and takes milliseconds.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openConformance } from './conformance/pages.mjs'
import { covered, forNode, pending } from './conformance/tables.mjs'

/** How many behaviours the inventory numbers. */
const NUMBERED = 145

const folder = fileURLToPath(new URL('./conformance/cases/', import.meta.url))
const files = readdirSync(folder).map((name) => name.replace(/\.js$/, '')).sort()
const cases = (await Promise.all(files.map(async (file) => {
  const module = await import(`./conformance/cases/${file}.js`)
  return Object.keys(module.cases).map((title) => ({ file, title, number: /^F(\d+[a-z]?) /.exec(title)?.[1] }))
}))).flat()

// E2E_CLIENT=official runs them against the official client: what fails there is a difference that was decided.
const pages = await openConformance()
after(() => pages.close())

for (const { file, title, number } of cases) {
  test(title, async (t) => {
    const page = await pages.ready(process.env.E2E_CLIENT)
    const failure = await page.evaluate(([file, title]) => window.runCase(file, title), [file, title])
    if (!(number in pending)) return assert.ok(!failure, failure)
    assert.ok(failure, `passes, and is listed as pending: ${pending[number]}`)
    t.skip(pending[number])
  })
}

test('F16 without metadata, a page that is not on a loopback address is refused', async () => {
  const context = await pages.browser.newContext()
  // The same page, from an address that no server of this machine has.
  await context.route('https://app.example.com/**', async (route) => {
    const response = await fetch(pages.origin + new URL(route.request().url()).pathname)
    const body = Buffer.from(await response.arrayBuffer())
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body })
  })
  const page = await context.newPage()
  await page.goto('https://app.example.com/')
  await page.waitForFunction(() => window.ready === true)
  assert.equal(await page.evaluate(() => window.defaultClientError()), 'TypeError: Expected a loopback host, got app.example.com')
  await context.close()
})

test('F92a a page on localhost without a redirect URI on the loopback address says so', async () => {
  const context = await pages.browser.newContext()
  const page = await context.newPage()
  const address = pages.origin.replace('127.0.0.1', 'localhost')
  await page.goto(`${address}/`)
  await page.waitForFunction(() => window.ready === true)
  // Its only redirect URI has a port that the page has not.
  const said = await page.evaluate(() => window.initError(['http://127.0.0.1:1/']))
  assert.equal(said, `Error: Please use the loopback IP address instead of ${address}/`)
  await context.close()
})

test('Every numbered behaviour has its test', () => {
  const here = new Set([...cases.map(({ number }) => number), '16'])
  const accounted = (number) => here.has(String(number)) || number in covered || forNode.includes(number)
  assert.deepEqual(Array.from({ length: NUMBERED }, (_, at) => at + 1).filter((number) => !accounted(number)), [])
  for (const [number, [file, title]] of Object.entries(covered)) {
    const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')
    assert.ok(text.includes(`test('${title}'`) || text.includes(`test(\`${title}\``), `F${number}: no test "${title}" in ${file}`)
  }
  for (const number of Object.keys(pending)) assert.ok(here.has(number), `F${number} is pending, and has no case`)
})
