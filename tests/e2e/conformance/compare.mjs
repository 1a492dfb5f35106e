// Finds where two observations of one flow differ.

/** A value as its parts, by their paths: `{ a: { b: 1 } }` is `a.b = 1`. */
function flatten(value, path = '', into = {}) {
  if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    for (const [name, part] of Object.entries(value)) flatten(part, path ? `${path}.${name}` : name, into)
  } else {
    into[path] = value
  }
  return into
}

function compare(prefix, official, ours, found) {
  const [a, b] = [flatten(official), flatten(ours)]
  for (const path of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (JSON.stringify(a[path]) === JSON.stringify(b[path])) continue
    found.push({ at: path ? `${prefix} ${path}` : prefix, official: a[path], ours: b[path] })
  }
}

/** Pairs the members of two lists by their names, in their order; what only one has is paired with nothing. */
function align(left, right, name) {
  const lengths = Array.from({ length: left.length + 1 }, () => Array(right.length + 1).fill(0))
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = name(left[i]) === name(right[j]) ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1])
    }
  }
  const pairs = []
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    if (i < left.length && j < right.length && name(left[i]) === name(right[j])) pairs.push([left[i++], right[j++]])
    else if (j >= right.length || (i < left.length && lengths[i + 1][j] >= lengths[i][j + 1])) pairs.push([left[i++], undefined])
    else pairs.push([undefined, right[j++]])
  }
  return pairs
}

function compareLists(kind, left, right, name, found) {
  const pairs = align(left, right, name)
  const extra = pairs.filter(([a]) => !a).map(([, b]) => b)
  for (const [a, b] of pairs.filter(([a]) => a)) {
    // What both have, but one earlier than the other, differs in its place only.
    const moved = b ? -1 : extra.findIndex((other) => name(other) === name(a))
    const other = b ?? (moved < 0 ? undefined : extra.splice(moved, 1)[0])
    if (other) compare(`${kind} ${name(a)}`, a, other, found)
    if (moved >= 0) found.push({ at: `order of ${kind} ${name(a)}` })
    if (!other) found.push({ at: `${kind} ${name(a)}`, official: 'is there', ours: 'is not there' })
  }
  for (const b of extra) found.push({ at: `${kind} ${name(b)}`, official: 'is not there', ours: 'is there' })
}

/** All differences of one flow: `{ at, official, ours }`. */
export function differences(official, ours) {
  const found = []
  compareLists('request', official.requests, ours.requests, ({ part }) => part, found)
  compareLists('hook', official.hooks, ours.hooks, ({ hook }) => hook, found)
  for (const name of new Set([...Object.keys(official.steps), ...Object.keys(ours.steps)])) {
    compare(`step ${name}`, official.steps[name], ours.steps[name], found)
  }
  compare('stored', official.stored, ours.stored, found)
  compare('logged', official.logged, ours.logged, found)
  return found
}

const fits = (expected, found) => (expected instanceof RegExp ? expected.test(String(found)) : expected === found)

/** The entry of the table that a difference comes from. */
export function reasonFor(table, flow, { at, official, ours }) {
  return table.find((entry) => fits(entry.at, at) && (entry.flows === 'any' || entry.flows.includes(flow))
    && (!('official' in entry) || fits(entry.official, official)) && (!('ours' in entry) || fits(entry.ours, ours)))
}
