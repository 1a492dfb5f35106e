import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startNetwork } from './network.mjs'

// An own temporary folder, so that what is left in it can only be ours.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'atproto-oauth-wasm-network-'))
process.env.TMPDIR = folder

let network
const json = async (url) => (await fetch(url)).json()

before(async () => {
  network = await startNetwork({ tokenMaxAgeMs: 60_000 })
})
after(async () => {
  await network.stop()
  const left = fs.readdirSync(folder)
  fs.rmSync(folder, { recursive: true })
  assert.deepEqual(left, [])
})

test('the accounts resolve from handle to PDS', async () => {
  const { info } = network
  const [alice] = info.accounts
  const { did } = await json(`${info.handleResolver}/xrpc/com.atproto.identity.resolveHandle?handle=${alice.handle}`)
  assert.equal(did, alice.did)
  const document = await json(`${info.plcUrl}/${did}`)
  assert.deepEqual(document.alsoKnownAs, [`at://${alice.handle}`])
  assert.equal(document.service[0].serviceEndpoint, info.pdsUrl)
})

test('the PDS names itself as the authorization server', async () => {
  const { pdsUrl } = network.info
  const { authorization_servers } = await json(`${pdsUrl}/.well-known/oauth-protected-resource`)
  assert.deepEqual(authorization_servers, [pdsUrl])
})

test('the control server changes tokens and nonces, and shows requests', async () => {
  const { controlUrl, pdsUrl, tokenMaxAgeMs } = network.info
  assert.equal(tokenMaxAgeMs, 60_000)
  assert.deepEqual(await json(`${controlUrl}/token-max-age?ms=5000`), { tokenMaxAge: 5000 })
  assert.deepEqual(await json(`${controlUrl}/rotate-nonce`), { ok: true })

  const { n } = await json(`${controlUrl}/trace-len`)
  await fetch(`${pdsUrl}/oauth/par`, { method: 'OPTIONS' })
  const [seen] = await json(`${controlUrl}/trace?from=${n}`)
  assert.equal(`${seen.who} ${seen.method} ${seen.url}`, 'pds OPTIONS /oauth/par')

  assert.equal((await fetch(`${controlUrl}/tokens`)).status, 500)
  assert.equal((await fetch(`${controlUrl}/toString`)).status, 404)
})

test('the control server grants sessions, and outdates their access tokens but not what refreshes them', async () => {
  const { accounts: [{ did }], controlUrl } = network.info
  const query = new URLSearchParams({ did, client: 'http://localhost', scope: 'atproto', jkt: 'thumbprint' })
  const granted = await json(`${controlUrl}/grant?${query}`)
  assert.deepEqual([granted.sub, granted.token_type, granted.scope], [did, 'DPoP', 'atproto'])
  assert.match(granted.refresh_token, /^ref-/)
  const [before] = await json(`${controlUrl}/tokens?did=${did}`)
  assert.deepEqual(await json(`${controlUrl}/outdate-access?did=${did}`), { outdated: 1 })
  const [after] = await json(`${controlUrl}/tokens?did=${did}`)
  assert.notEqual(after.id, before.id)
  assert.equal(after.refresh, before.refresh)
})

test('a second network stops without disturbing the first', async () => {
  const filesBefore = fs.readdirSync(folder)
  const other = await startNetwork()
  assert.notEqual(other.info.pdsUrl, network.info.pdsUrl)
  await other.stop()
  assert.deepEqual(fs.readdirSync(folder), filesBefore)
  assert.equal((await fetch(`${network.info.pdsUrl}/xrpc/_health`)).status, 200)
})
