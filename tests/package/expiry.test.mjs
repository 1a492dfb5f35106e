// When `getTokenInfo` says that a token has expired: by the table that the Rust crate is held to as well.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const { OAuthSession } = await import(path.join(folder, 'index.js'))
const cases = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/expiry.json'), 'utf8'))

test('expired means what the table says, at the moment it is asked', async (t) => {
  assert.ok(cases.length > 0)
  t.mock.timers.enable({ apis: ['Date'] })
  for (const { expiresAt, now, expired, why } of cases) {
    const core = { did: 'did:plc:aliceaaaaaaaaaaaaaaaaaaa', tokenInfo: async () => (expiresAt === null ? {} : { expiresAt }) }
    t.mock.timers.setTime(0)
    const info = await new OAuthSession(core).getTokenInfo(false)
    t.mock.timers.setTime(now)
    assert.equal(info.expired ?? null, expired, why)
    assert.equal(info.expiresAt?.getTime() ?? null, expiresAt, why)
  }
})
