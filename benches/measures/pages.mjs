// What a returning user waits for, and what each request costs: no network but an answer at once.
import { MINUTE, SECOND, signIn } from '../visits.mjs'
import { rotated } from '../statistics.mjs'

/** How many requests a batch has, at once in the figure that is about that. */
const width = 16

export async function measurePages(browser, clients, { rounds, batches }, record) {
  const visitors = {}
  for (const client of clients) {
    visitors[client] = await browser.visitor()
    await signIn(visitors[client], client)
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const client of rotated(clients, round)) {
      const note = (figure, value) => record(figure, client, round, value)
      visitors[client].after(5 * MINUTE)
      await visitors[client].visit({ check: 'nonce' }, (call) => comeBackLater(call, note, client))
      visitors[client].after(10 * SECOND)
      await visitors[client].visit({ check: 'nonce' }, (call) => comeBackSoon(call, note, client, batches))
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

async function comeBackSoon(call, note, client, batches) {
  note('start', (await call('start', client)).ms)
  const first = await call('request')
  note('first', first.ms)
  note('firstRequests', first.requests.length)

  const compare = async (figure, kind) => {
    const { value, floor } = await call('compare', kind, { batches, width })
    note(figure, value)
    note(`${figure}Floor`, floor)
  }
  await call('set', { check: 'none' })
  await compare('plain', 'plain')
  await compare('steady', 'sequential')
  await compare('parallel', 'parallel')
  await call('set', { changing: true })
  await compare('changing', 'sequential')
}
