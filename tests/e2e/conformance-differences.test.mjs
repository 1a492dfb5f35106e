// The same scripts through the official client and ours, against the same scripted network: what the servers,
// the app and the storage got to see has to be the same, or one of the differences in the table.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { differences, reasonFor } from './conformance/compare.mjs'
import { table } from './conformance/differences.mjs'
import { flows } from './conformance/flows.js'
import { openConformance } from './conformance/pages.mjs'

const pages = await openConformance()
after(() => pages.close())

/** The flows in which each entry of the table was met. */
const met = new Map(table.map((entry) => [entry, new Set()]))

for (const flow of Object.keys(flows)) {
  test(`Both clients: ${flow}`, async () => {
    const [official, ours] = await Promise.all(['official', 'ours'].map(async (client) => {
      const page = await pages.ready(client)
      return page.evaluate((title) => window.runFlow(title), flow)
    }))
    const unlisted = []
    for (const difference of differences(official, ours)) {
      const entry = reasonFor(table, flow, difference)
      if (entry) met.get(entry).add(flow)
      else unlisted.push(difference)
    }
    assert.deepEqual(unlisted, [], 'differences that no entry of the table gives a reason for')
  })
}

test('Every listed difference still occurs, in each flow that it is listed for', () => {
  const gone = table.flatMap((entry) => {
    const flowsMet = met.get(entry)
    const missing = entry.flows === 'any' ? (flowsMet.size ? [] : ['any flow']) : entry.flows.filter((flow) => !flowsMet.has(flow))
    return missing.map((flow) => `${entry.at}, in: ${flow}`)
  })
  assert.deepEqual(gone, [])
})

test('Every listed difference has its reason, and names flows that exist', () => {
  for (const { at, because, flows: listed } of table) {
    assert.ok(because?.length > 20, `a reason for ${at}`)
    if (listed !== 'any') assert.deepEqual(listed.filter((flow) => !(flow in flows)), [], String(at))
  }
})
