// What a returning user waits for, and what each request costs: no network but an answer at once.
import { MINUTE, SECOND, signIn } from '../visits.mjs'
import { rotated } from '../statistics.mjs'

/** Requests before those that count. */
const WARM_UP = 600

export async function measurePages(browser, clients, { rounds, tries, batches }, record) {
  const visitors = {}
  for (const client of clients) {
    visitors[client] = await browser.visitor()
    await signIn(visitors[client], client)
  }
  for (let turn = 0; turn < rounds * tries; turn += 1) {
    const round = Math.floor(turn / tries)
    for (const client of rotated(clients, turn)) {
      const visitor = visitors[client]
      const note = (figure, value) => record(figure, client, round, value)
      visitor.after(5 * MINUTE)
      await visitor.visit({ check: 'nonce' }, (call) => comeBackLater(call, note, client))
      visitor.after(10 * SECOND)
      await visitor.visit({ check: 'nonce' }, async (call) => {
        await comeBackSoon(call, note, client)
        if (turn % tries === 0) await stay(call, note, batches)
      })
      visitor.after(10 * SECOND)
      await visitor.visit({ check: 'nonce' }, async (call) => {
        const { ms, requests } = await call('arrive', client)
        note('arrive', ms)
        note('arriveRequests', requests.length)
      })
    }
  }
  for (const client of clients) await visitors[client].close()
}

/** After the five minutes for which nothing that clients keep of documents and nonces lasts. */
async function comeBackLater(call, note, client) {
  note('load', await call('load', client))
  const restored = await call('restore')
  note('later', restored.ms)
  note('laterRequests', (await call('settled')).length)
  const first = await call('request')
  note('firstLater', first.ms)
  note('firstLaterRequests', first.requests.length)
}

async function comeBackSoon(call, note, client) {
  note('start', (await call('start', client)).ms)
  const first = await call('request')
  note('first', first.ms)
  note('firstRequests', first.requests.length)
}

async function stay(call, note, batches) {
  const compare = async (figure, kind, width) => {
    const { value, floor } = await call('compare', kind, { batches, width })
    note(figure, value)
    note(`${figure}Floor`, floor)
  }
  await call('set', { check: 'none' })
  await call('warmUp', WARM_UP)
  await compare('plain', 'plain', 4)
  await compare('steady', 'sequential', 4)
  await compare('parallel', 'parallel', 16)
  await call('set', { changing: true })
  await compare('changing', 'sequential', 4)
}
