// What a page holds for its sessions, over what it holds before the client is loaded.
import { rotated } from '../statistics.mjs'
import { SECOND, signIn } from '../visits.mjs'

const MANY = 20

export async function measureMemory(browser, clients, { rounds }, record) {
  for (const client of clients) {
    const visitor = await browser.visitor()
    await signIn(visitor, client, Array.from({ length: MANY }, (_, account) => account))
    for (let round = 0; round < rounds; round += 1) {
      for (const [figure, count] of rotated([['memoryOne', 1], ['memoryMany', MANY]], round)) {
        visitor.after(SECOND)
        record(figure, client, round, await visitor.visit({ check: 'nonce' }, (call, page) => held(call, page, client, count)))
      }
    }
    await visitor.close()
  }
}

async function held(call, page, client, count) {
  const before = await kilobytes(call, page)
  await call('load', client)
  for (let account = 0; account < count; account += 1) await call('restore', account)
  await call('request')
  return await kilobytes(call, page) - before
}

async function kilobytes(call, page) {
  const devtools = await page.context().newCDPSession(page)
  for (const _ of [1, 2, 3]) await devtools.send('HeapProfiler.collectGarbage')
  const heap = await devtools.send('Runtime.getHeapUsage')
  await devtools.detach()
  return (heap.usedSize + heap.embedderHeapUsedSize + heap.backingStorageSize + await call('wasmBytes')) / 1000
}
