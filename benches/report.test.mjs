// What turns samples into judgements: a mistake there would show in no run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Samples, SECTIONS, figuresOf } from './figures.mjs'
import { goalsOf } from './goals.mjs'
import { toMarkdown } from './report/table.mjs'
import { toSvg } from './report/plot.mjs'
import { rotated, roundTrips, summary } from './statistics.mjs'

const CLIENTS = ['ours', 'official', 'atcute', 'oauth4webapi']
const brotli = { raw: 3, gzip: 2, brotli: 40_001 }
const clients = Object.fromEntries(CLIENTS.map((client) => [client, { title: client, version: '1.0.0', app: brotli, entry: brotli }]))

/** A run in which every figure of ours is `part` of the official client's. */
function results(part) {
  const samples = new Samples()
  for (const { figures } of SECTIONS) {
    for (const figure of Object.keys(figures)) {
      for (const client of CLIENTS) {
        for (const [round, noise] of [1, 1.1, 5].entries()) {
          samples.add(figure, client, round, (client === 'ours' ? part : 1) * 100 * noise)
          samples.add(`${figure}Floor`, client, round, 50 * noise)
          for (const count of ['Trips', 'Requests', 'AllTrips']) samples.add(figure + count, client, round, client === 'ours' ? 4 : 5)
        }
      }
    }
  }
  const run = { chromium: '1', cores: 2, busy: 0, pages: { rounds: 3 }, flows: { rounds: 3 }, memory: { rounds: 3 } }
  const measured = { run, clients, figures: figuresOf(samples, CLIENTS) }
  return { ...measured, goals: goalsOf(measured) }
}

test('the median and quartiles of samples', () => {
  assert.deepEqual(summary([5, 1, 3, 2, 4]), { median: 3, low: 2, high: 4, samples: 5 })
  assert.deepEqual(summary([4, 2]), { median: 3, low: 2.5, high: 3.5, samples: 2 })
})

test('round trips are what was waited for one after the other', () => {
  const at = (start, end) => ({ start, end })
  assert.equal(roundTrips([]), 0)
  assert.equal(roundTrips([at(0, 100), at(100, 200), at(205, 300)]), 3)
  assert.equal(roundTrips([at(0, 100), at(1, 101), at(2, 102)]), 1)
  // One long request beside two short ones that follow each other.
  assert.equal(roundTrips([at(0, 250), at(0, 100), at(101, 200)]), 2)
  assert.equal(roundTrips([at(0, 100), at(100, Infinity)]), 1)
})

test('everybody is first once', () => {
  assert.deepEqual([0, 1, 2, 3].map((by) => rotated(['a', 'b', 'c'], by)[0]), ['a', 'b', 'c', 'a'])
})

test('ratios are of the same round, so a slow one does not count', () => {
  const { figures } = results(0.25)
  assert.deepEqual(figures.start.clients.ours.ratio, { median: 0.25, low: 0.25, high: 0.25, samples: 3 })
  assert.equal(figures.steady.clients.official.ratio.median, 2)
})

test('goals are met and missed by what was measured', () => {
  const judged = (part) => Object.fromEntries(results(part).goals.map(({ title, must, aim }) => [title, [must.met, aim.met]]))
  const good = judged(0.25)
  assert.deepEqual(good['steady request'], [true, true])
  assert.deepEqual(good['callback at 100 ms, begun with a handle or DID'], [true, false])
  assert.deepEqual(good['authorize at 100 ms a request, first visit'], [true, true])
  assert.deepEqual(good['wasm + JS, brotli, everything the default entry ships'], [true, false])
  assert.deepEqual(good['restore after 5 minutes, network requests'], [false, false])
  const bad = judged(1)
  // Twice the floor, and no better than atcute.
  assert.deepEqual(bad['steady request'], [false, false])
  assert.deepEqual(bad['forced refresh at 100 ms'], [false, false])
})

test('what a client does not offer is said, in the table and beside the goals', () => {
  const run = results(0.25)
  delete run.figures.refresh.clients.ours
  delete run.figures.start.clients.atcute
  const goals = goalsOf(run)
  assert.equal(goals.find(({ title }) => title === 'forced refresh at 100 ms').ours, 'not offered')
  assert.equal(goals.find(({ title }) => title === 'forced refresh at 100 ms').must.met, false)
  assert.match(toMarkdown({ ...run, goals }), /not offered/)
  assert.match(toSvg(run), /^<svg [^]*<\/svg>\n$/)
})
