// Loopback client ids, by the table that `tests/wire/tables.rs` reads too, and beside the official package.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as official from '@atproto/oauth-types'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const ours = await import(path.join(folder, 'index.js'))
const { ids, pages } = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/loopback.json'), 'utf8'))

test('a loopback client id stands for what the table says', () => {
  for (const { id, scope, redirect_uris } of ids.filter(({ scope }) => scope)) {
    assert.deepEqual(ours.parseAtprotoLoopbackClientId(id), { scope, redirect_uris }, id)
    assert.deepEqual(ours.atprotoLoopbackClientMetadata(id), official.atprotoLoopbackClientMetadata(id), id)
    assert.equal(ours.isOAuthClientIdLoopback(id), true, id)
  }
})

test('one that breaks a rule is refused with that rule, and by the official package', () => {
  for (const { id, refused, lacks } of ids.filter(({ scope }) => !scope)) {
    const expected = lacks
      ? { code: 'CLIENT_LACKS_ATPROTO_SCOPE', message: /must include "atproto" scope$/ }
      : { code: 'LOOPBACK_CLIENT_ID_INVALID', message: startingWith(`Invalid loopback client ID: ${refused ?? ''}`) }
    assert.throws(() => ours.parseAtprotoLoopbackClientId(id), expected, id)
    assert.throws(() => official.parseAtprotoLoopbackClientId(id), id)
    assert.equal(ours.isOAuthClientIdLoopback(id), false, id)
  }
})

test('the id of a page under development is as in the table', () => {
  for (const { page, id } of pages) {
    if (id) assert.equal(ours.buildLoopbackClientId(new URL(page)), id, page)
    else assert.throws(() => ours.buildLoopbackClientId(new URL(page)), { code: 'NOT_LOOPBACK' }, page)
  }
})

const startingWith = (text) => new RegExp(`^${RegExp.escape?.(text) ?? text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`)
