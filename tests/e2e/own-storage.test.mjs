// A storage of the app's own: sessions are in it and nowhere else, and serve the next client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertTyped } from './support/error-shape.mjs'
import { rowsOf, storedSessions } from './support/indexed-db.mjs'
import { initPopup, openPopup, outcomeIn } from './support/popup.mjs'
import { outcomeOf } from './support/page.mjs'
import { walkBack } from './support/sign-in.mjs'
import { startWorld } from './support/world.mjs'

const world = await startWorld()
const { alice, control, origin } = world

/** Makes a storage of maps in a page, as an app would write it, and a client over it. */
const makeStorage = (page) => page.evaluate(() => {
  window.stores = { state: new Map(), session: new Map() }
  const rowsIn = (stored) => ({
    get: async (key) => stored.get(key),
    all: async () => [...stored.values()],
    put: async (key, row) => void stored.set(key, row),
    delete: async (key) => void stored.delete(key),
  })
  let turn = Promise.resolve()
  window.storage = {
    durable: true,
    run: (store, _mode, work) => {
      const done = turn.then(() => work(rowsIn(stores[store])))
      turn = done.catch(() => undefined)
      return done
    },
  }
  makeClient({ storage })
})

test('A session in a storage of the app’s own serves, is restored by the next client and ends', async (t) => {
  const someone = await world.visitor(t)
  const { page } = someone
  await makeStorage(page)
  const popup = await openPopup(someone, alice.handle)
  await walkBack(popup, alice, { origin })
  await initPopup(popup)
  assert.deepEqual(await outcomeIn(page), { value: { sub: alice.did, status: 200 } })
  assert.deepEqual(await page.evaluate(() => [stores.state.size, ...stores.session.keys()]), [0, alice.did])
  assert.deepEqual([...await storedSessions(page), ...await rowsOf(page, 'state')], [])

  const restored = await outcomeOf(page, async () => {
    const { session } = await makeClient({ storage }).init()
    return (await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status
  })
  assert.deepEqual(restored, { value: 200 })
  const refreshed = await outcomeOf(page, async () => {
    const before = [...stores.session.values()][0].value.tokenSet.access_token
    await (await client.restore(client.active, true)).getTokenInfo()
    return before !== [...stores.session.values()][0].value.tokenSet.access_token
  })
  assert.deepEqual(refreshed, { value: true })

  await outcomeOf(page, async () => { await client.revoke(client.active) })
  assert.equal(await page.evaluate(() => stores.session.size), 0)
  assert.equal((await control.tokens(alice.did)).length, 0)
})

test('What is no storage is refused', async (t) => {
  const { page } = await world.visitor(t)
  for (const storage of [{}, { durable: true }, { run: 'run', durable: true }]) {
    const { error } = await outcomeOf(page, async (storage) => { await makeClient({ storage }).init() }, storage)
    assertTyped(error, { code: 'OPTION_INVALID' })
  }
})
