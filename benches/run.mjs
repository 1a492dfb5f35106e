// Measures this package and its peers side by side, and writes the tables and the plot.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout } from 'node:timers/promises'
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

/** How often each thing is done: rounds, and tries in a round. */
const FULL = { pages: { rounds: 12, tries: 3, batches: 100 }, flows: { rounds: 5, tries: 2 }, memory: { rounds: 3 } }
const QUICK = { pages: { rounds: 3, tries: 2, batches: 60 }, flows: { rounds: 1, tries: 1 }, memory: { rounds: 1 } }

/** How much of the machine others use, in percent of two seconds; what is measured beside them is uncertain. */
async function usedByOthers() {
  const sum = () => cpus().reduce((total, { times }) => {
    const all = Object.values(times).reduce((a, b) => a + b)
    return { all: total.all + all, idle: total.idle + times.idle }
  }, { all: 0, idle: 0 })
  const before = sum()
  await setTimeout(2000)
  const after = sum()
  return Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all)))
}

async function measure(folder, run) {
  const busy = await usedByOthers()
  const samples = new Samples()
  const record = (...sample) => samples.add(...sample)
  const names = Object.keys(CLIENTS)
  const clients = await makeSite(folder)
  const browser = await openBrowser(folder)
  try {
    console.log('Requests and page loads ...')
    await measurePages(browser, names, run.pages, record)
    console.log('Sign-ins and refreshes ...')
    await measureFlows(browser, names, run.flows, record)
    console.log('Memory ...')
    await measureMemory(browser, names, run.memory, record)
  } finally {
    await browser.close()
  }
  const machine = { chromium: browser.version, cores: availableParallelism(), busy }
  const results = { run: { ...machine, ...run }, clients, figures: figuresOf(samples, names) }
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
