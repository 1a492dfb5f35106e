// What the core asks of a JavaScript host is declared twice, for each language once: in src/host/operations.rs and in
// src/host/browser/operations.d.ts. tsc holds the browser's host to the latter.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'

const read = (path) => fs.readFileSync(new URL(`../../src/host/${path}`, import.meta.url), 'utf8')

/** The kinds of operations: the interface that declares them, by the method of `Door` that asks for them. */
const KINDS = { call: 'Calls', begin: 'Effects', listen: 'Subscriptions' }

/** `Kind.name/number of arguments`, sorted. */
function askedByRust() {
  const functions = read('operations.rs').split(/\n {4}pub\(super\) fn /).slice(1)
  return functions.map((text) => {
    const body = text.slice(0, text.indexOf('\n    }'))
    const [, method, name] = /\bself\s*\.(call|begin|listen)\(\s*"(\w+)"/.exec(body)
    // Those of lists and objects within the arguments do not count.
    const args = body.match(/(?<!wanted|headers)\s*\.(?:text|known|number|flag|raw)\(/g) ?? []
    return `${KINDS[method]}.${name}/${args.length}`
  })
}

function declaredForTypeScript() {
  const interfaces = [...read('browser/operations.d.ts').matchAll(/export interface (\w+) \{\n(.*?)\n\}/gs)]
  return interfaces.flatMap(([, kind, members]) => {
    if (!Object.values(KINDS).includes(kind)) return []
    // The first argument of what takes time is the effect.
    const own = kind === 'Calls' ? 0 : 1
    const methods = [...members.matchAll(/^ {2}(\w+)\(([^)]*)\)/gm)]
    return methods.map(([, name, args]) => `${kind}.${name}/${(args.match(/\w+:/g) ?? []).length - own}`)
  })
}

test('Both languages declare the same operations of a host, with as many arguments', () => {
  const asked = askedByRust().sort()
  assert.ok(asked.length > 30)
  assert.deepEqual(asked, declaredForTypeScript().sort())
})
