// The module for permission scopes: by the table that the Rust crate is held to as well, and beside the reference
// implementation, which is what servers read scopes with.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ScopePermissionsTransition, normalizeAtprotoOauthScopeValue } from '@atproto/oauth-scopes'
import { REPOSITORY, installPacked } from './packed.mjs'

const { folder } = installPacked()
const { Scope, ScopeError, account, blob, identity, include, parsePermission, printPermission, repo, rpc } = await import(path.join(folder, 'scopes.js'))
const cases = JSON.parse(fs.readFileSync(path.join(REPOSITORY, 'spec/scope.json'), 'utf8'))

/** What a call gives, as a text, or the code of what it throws. */
function outcome(call) {
  try {
    return String(call())
  } catch (error) {
    assert.ok(error instanceof ScopeError, error)
    return { error: error.code }
  }
}

const canonical = (token) => outcome(() => printPermission(parsePermission(token)))

/** As the reference reads and prints a token; `null` where it does not understand it. */
function referenceOf(token) {
  try {
    return normalizeAtprotoOauthScopeValue(token)
  } catch (error) {
    if (error instanceof URIError) return 'throws'
    throw error
  }
}

test('tokens are read as the table says', () => {
  for (const { token, canonical: printed = token, error } of cases.tokens) {
    const expected = error ? { error } : printed
    assert.deepEqual(canonical(token), expected, token)
    assert.deepEqual(outcome(() => Scope.of(token)), expected, token)
    // What is not understood is kept; what no scope can hold is not.
    const granted = error && error !== 'SCOPE_CHARACTER_INVALID' ? token : expected
    assert.deepEqual(outcome(() => Scope.parse(token)), granted, token)
  }
})

test('the reference reads them alike, but where the table says why not', () => {
  for (const { token, canonical: printed = token, error, reference = error ? null : printed, why } of cases.tokens) {
    assert.equal(referenceOf(token), reference, token)
    assert.equal(Boolean(why), reference !== (error ? null : printed), token)
  }
})

test('scopes are read as the table says', () => {
  for (const { scope, canonical: printed, error, strict = error } of cases.scopes) {
    assert.deepEqual(outcome(() => Scope.parse(scope)), error ? { error } : printed, scope)
    assert.deepEqual(outcome(() => Scope.of(scope)), strict ? { error: strict } : printed, scope)
  }
})

test('scopes cover each other as the table says', () => {
  for (const { granted, needed, missing } of cases.covers) {
    const scope = Scope.parse(granted)
    assert.equal(String(scope.missing(needed)), missing, `${granted} for ${needed}`)
    assert.equal(scope.covers(needed), !missing, `${granted} for ${needed}`)
    assert.equal(scope.covers(Scope.of(needed)), !missing, `${granted} for ${needed}`)
  }
})

test('tokens are made of their parts', () => {
  const appview = 'did:web:api.bsky.app#bsky_appview'
  assert.equal(repo('app.bsky.feed.post'), 'repo:app.bsky.feed.post')
  assert.equal(repo(['com.example.b', 'com.example.a'], ['delete', 'create']), 'repo?collection=com.example.a&collection=com.example.b&action=create&action=delete')
  assert.equal(rpc('app.bsky.actor.getProfile', appview), 'rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview')
  assert.equal(blob('image/*', 'video/mp4'), 'blob?accept=image/*&accept=video/mp4')
  assert.equal(account('email'), 'account:email')
  assert.equal(account('repo', 'manage'), 'account:repo?action=manage')
  assert.equal(identity('*'), 'identity:*')
  assert.equal(include('com.example.auth', appview), 'include:com.example.auth?aud=did:web:api.bsky.app%23bsky_appview')
  for (const [call, error] of [
    [() => repo('app.bsky.feed.*'), 'SCOPE_VALUE_INVALID'],
    [() => repo([]), 'SCOPE_PARAMETER_MISSING'],
    [() => repo('*', []), 'SCOPE_PARAMETER_MISSING'],
    [() => repo('*', ['read']), 'SCOPE_VALUE_INVALID'],
    [() => rpc('*', '*'), 'SCOPE_RPC_UNLIMITED'],
    [() => rpc('*', 'did:web:api.bsky.app'), 'SCOPE_VALUE_INVALID'],
    [() => blob(), 'SCOPE_PARAMETER_MISSING'],
    [() => account('phone'), 'SCOPE_VALUE_INVALID'],
    [() => account('email', 'write'), 'SCOPE_VALUE_INVALID'],
    [() => identity('did'), 'SCOPE_VALUE_INVALID'],
    [() => include('com.example'), 'SCOPE_VALUE_INVALID'],
  ])
    assert.deepEqual(outcome(call), { error }, String(call))
})

test('errors say what and what to do', () => {
  const wrong = [
    [() => repo('app.bsky.feed.*'), 'Invalid "collection": "app.bsky.feed.*"', /Part of a name with \* does not work/],
    [() => Scope.of('repo:com.example.note?actions=create'), '"repo" has no parameter "actions"', /specs\/permission/],
    [() => Scope.of('rpc:com.example.get'), '"rpc" requires "aud"', /specs\/permission/],
  ]
  for (const [call, message, help] of wrong) assert.throws(call, { name: 'ScopeError', message, help })
})

test('permissions are there to be looked at, and a scope goes into JSON as its text', () => {
  const scope = Scope.parse('rpc:*?aud=did:web:a.example.com%23x repo:com.example.note transition:email new:thing')
  assert.deepEqual([...scope], [
    { resource: 'unknown', token: 'new:thing' },
    { resource: 'repo', collection: ['com.example.note'], action: ['create', 'update', 'delete'] },
    { resource: 'rpc', lxm: ['*'], aud: 'did:web:a.example.com#x' },
    { resource: 'transition', transition: 'email' },
  ])
  assert.deepEqual(JSON.parse(JSON.stringify({ scope })), { scope: String(scope) })
  assert.equal(Scope.parse('').isEmpty, true)
})

/** A small generator (mulberry32): the same cases on every run. */
function generator(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  const pick = (list) => list[next() % list.length]
  return { pick, some: (list, most) => Array.from({ length: next() % (most + 1) }, () => pick(list)) }
}

const PARAMETERS = { repo: ['collection', 'action'], rpc: ['lxm', 'aud'], blob: ['accept'], account: ['attr', 'action'], identity: ['attr'], include: ['nsid', 'aud'] }
const NAMES = ['*', 'com.example.note', 'com.example.like', 'chat.bsky.convo.send', 'com.example']
const SERVICES = ['did:web:a.example.com%23x', 'did:web:a.example.com#y~', 'did:plc:z72i7hdynmk6r22z27h6tvur%23x%2541', '*', 'did:web:a.example.com']
const VALUES = {
  collection: NAMES,
  lxm: NAMES,
  nsid: NAMES,
  aud: SERVICES,
  accept: ['image/png', 'image/*', 'image/svg+xml', 'image/svg%2Bxml', '*/*', 'text/html'],
  action: ['create', 'update', 'delete', 'read', 'manage'],
  attr: ['email', 'repo', 'status', 'handle', '*'],
}

/** A token that is right more often than not. */
function token({ pick, some }) {
  const resource = pick(Object.keys(PARAMETERS))
  const [first, second] = PARAMETERS[resource]
  const value = (name) => pick(VALUES[pick([name, name, name, name, name, name, name, 'attr'])])
  const named = (name, most) => some([name], most).map(() => `${name}=${value(name)}`)
  const isPositional = pick([true, true, false])
  const query = [...(isPositional ? named(first, pick([0, 0, 0, 1])) : named(first, 3)), ...(second ? named(second, 2) : [])]
  return resource + (isPositional ? `:${value(first)}` : '') + (query.length ? `?${query.join('&')}` : pick(['', '?']))
}

/** Single things to do: what the reference is asked, and the token that stands for it. */
const DEEDS = [
  ...['com.example.note', 'com.example.like', 'com.example.other'].flatMap((collection) =>
    ['create', 'update', 'delete'].map((action) => ['allowsRepo', { collection, action }, repo(collection, [action])]),
  ),
  ...['com.example.note', 'com.example.other', 'chat.bsky.convo.send', 'chat.bsky.convo.other'].flatMap((lxm) =>
    ['did:web:a.example.com#x', 'did:web:a.example.com#y~', 'did:plc:z72i7hdynmk6r22z27h6tvur#x%41'].map((aud) => ['allowsRpc', { lxm, aud }, rpc(lxm, aud)]),
  ),
  ...['image/png', 'image/svg+xml', 'text/html', 'text/other'].map((mime) => ['allowsBlob', { mime }, blob(mime)]),
  ...['email', 'repo', 'status'].flatMap((attr) =>
    ['read', 'manage'].map((action) => ['allowsAccount', { attr, action }, account(attr, action)]),
  ),
  ...['handle', '*'].map((attr) => ['allowsIdentity', { attr }, identity(attr)]),
].map(([method, deed, needed]) => [method, deed, Scope.of(needed)])

test('a server understands what is understood here, and as much by what is printed here', () => {
  const random = generator(1)
  const understood = Object.fromEntries(Object.keys(PARAMETERS).map((resource) => [resource, 0]))
  for (let round = 0; round < 4000; round++) {
    const given = token(random)
    const printed = canonical(given)
    assert.equal(typeof printed === 'string', referenceOf(given) !== null, given)
    if (typeof printed !== 'string') continue
    assert.notEqual(referenceOf(printed), null, given)
    assert.equal(canonical(printed), printed, given)
    understood[printed.split(/[:?]/)[0]]++
    const [before, after] = [given, printed].map((text) => new ScopePermissionsTransition(text))
    for (const [method, deed] of DEEDS) assert.equal(after[method](deed), before[method](deed), given)
  }
  for (const [resource, times] of Object.entries(understood)) assert.ok(times > 50, `${resource}: ${times}`)
})

test('what a grant covers here, a server allows, and the other way round', () => {
  const random = generator(2)
  const transitions = ['transition:generic', 'transition:chat.bsky', 'transition:email']
  const seen = { true: 0, false: 0 }
  for (let round = 0; round < 1000; round++) {
    const granted = [...random.some(transitions, 1), ...random.some(transitions, 1), ...Array.from({ length: 3 }, () => token(random))]
    const scope = Scope.parse(granted.join(' '))
    const reference = new ScopePermissionsTransition(granted)
    // The specification says that it must not work alone; the reference lets it.
    const isChatAlone = granted.includes('transition:chat.bsky') && !granted.includes('transition:generic')
    for (const [method, deed, needed] of DEEDS) {
      if (isChatAlone && deed.lxm?.startsWith('chat.bsky.')) continue
      const covered = scope.covers(needed)
      seen[covered]++
      assert.equal(covered, reference[method](deed), `${granted.join(' ')} for ${needed}`)
    }
  }
  assert.ok(seen.true > 5000 && seen.false > 5000, JSON.stringify(seen))
})
