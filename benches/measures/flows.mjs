// Sign-in and refresh where each request takes 100 ms: how long they take, and how often they wait for the network.
import { rotated, roundTrips } from '../statistics.mjs'
import { HOUR, SECOND } from '../visits.mjs'

const NETWORK = { latency: 100, check: 'all' }

export async function measureFlows(browser, clients, { rounds, tries }, record) {
  for (let turn = 0; turn < rounds * tries; turn += 1) {
    const round = Math.floor(turn / tries)
    for (const client of rotated(clients, turn)) {
      const note = (figure, { ms, requests, settled }) => {
        record(figure, client, round, ms)
        record(`${figure}Trips`, client, round, roundTrips(requests))
        record(`${figure}Requests`, client, round, settled.length)
        record(`${figure}AllTrips`, client, round, roundTrips(settled))
      }
      await fromAccount(browser, client, note)
      await fromServer(browser, client, note)
    }
  }
}

/** Does `work` on a page of its own, with the client there, and waits for what goes on behind it. */
const step = (visitor, client, work) => visitor.visit(NETWORK, async (call) => {
  await call('load', client)
  const outcome = await work(call)
  return { ...outcome, settled: await call('settled') }
})

async function fromAccount(browser, client, note) {
  const visitor = await browser.visitor()
  const { consent, ...begun } = await step(visitor, client, (call) => call('authorize', 0, 'handle'))
  note('authorize', begun)
  // The user reads the server's page.
  visitor.after(20 * SECOND)
  note('callback', await step(visitor, client, (call) => call('callback', consent)))
  visitor.after(20 * SECOND)
  note('authorizeSecond', await step(visitor, client, (call) => call('authorize', 1, 'handle')))
  visitor.after(70 * SECOND)
  note('refresh', await step(visitor, client, (call) => call('restore', 0, true)))
  visitor.after(25 * HOUR)
  note('expired', await step(visitor, client, (call) => call('restore', 0)))
  await visitor.close()
}

async function fromServer(browser, client, note) {
  const visitor = await browser.visitor()
  const { consent, ...begun } = await step(visitor, client, (call) => call('authorize', 0, 'server'))
  note('authorizeServer', begun)
  visitor.after(20 * SECOND)
  note('callbackServer', await step(visitor, client, (call) => call('callback', consent)))
  await visitor.close()
}
