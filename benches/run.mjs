// Measures this package and its peers side by side, and writes the tables and the plot.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CLIENTS, makeSite } from './bundles.mjs'
import { Samples, figuresOf } from './figures.mjs'
import { goalsOf } from './goals.mjs'
import { measureFlows } from './measures/flows.mjs'
import { measureMemory } from './measures/memory.mjs'
import { measurePages } from './measures/pages.mjs'
import { toSvg } from './report/plot.mjs'
import { goalsAsText, toMarkdown } from './report/table.mjs'
import { openBrowser } from './visits.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** How often each thing is done. Requests are cheap, and vary most. */
const FULL = { pageRounds: 15, batches: 30, flowRounds: 5, memoryRounds: 3 }
const QUICK = { pageRounds: 3, batches: 10, flowRounds: 1, memoryRounds: 1 }

async function measure(folder, run) {
  const samples = new Samples()
  const record = (...sample) => samples.add(...sample)
  const names = Object.keys(CLIENTS)
  const clients = await makeSite(folder)
  const browser = await openBrowser(folder)
  try {
    console.log('Requests and page loads ...')
    await measurePages(browser, names, { rounds: run.pageRounds, batches: run.batches }, record)
    console.log('Sign-ins and refreshes ...')
    await measureFlows(browser, names, { rounds: run.flowRounds }, record)
    console.log('Memory ...')
    await measureMemory(browser, names, { rounds: run.memoryRounds }, record)
  } finally {
    await browser.close()
  }
  const results = { run: { chromium: browser.version, cores: availableParallelism(), ...run }, clients, figures: figuresOf(samples, names) }
  return { ...results, goals: goalsOf(results) }
}

async function write(into, results) {
  await mkdir(into, { recursive: true })
  await writeFile(join(into, 'results.json'), `${JSON.stringify(results, (_, value) =>
    (typeof value === 'number' ? Number(value.toPrecision(5)) : value), 2)}\n`)
  await writeFile(join(into, 'results.md'), toMarkdown(results))
  await writeFile(join(into, 'results.svg'), toSvg(results))
}

const { values: { quick, into } } = parseArgs({ options: { quick: { type: 'boolean' }, into: { type: 'string', default: here } } })
const folder = await mkdtemp(join(tmpdir(), 'atproto-oauth-wasm-bench-'))
try {
  const results = await measure(folder, quick ? QUICK : FULL)
  await write(into, results)
  console.log(`\n${goalsAsText(results.goals)}\n\nWritten: results.md, results.json and results.svg in ${into}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
