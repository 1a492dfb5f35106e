// A live list of changes to sessions. The library notifies of each by hook and by event; the list shows both in one line.

import { byId, clock, make } from './dom.js'
import { messageOf } from './problem.js'

const LIMIT = 50
const SAME_WITHIN_MS = 500

const TITLES = { updated: 'Tokens stored', deleted: 'Session ended' }

let latest = []

/**
 * @param {{kind: 'updated' | 'deleted', sub: string, cause?: Error, source: 'hook' | 'event', elsewhere: boolean}} entry
 * @returns {boolean} false when the entry repeats one that is already shown
 */
export function logEvent({ kind, sub, cause, source, elsewhere }) {
  const at = Date.now()
  const twin = latest.find((each) => each.kind === kind && each.sub === sub && !each.sources.has(source) && at - each.at < SAME_WITHIN_MS)
  if (twin) {
    twin.sources.add(source)
    twin.via.textContent = described(twin)
    return false
  }

  const via = make('span', { className: 'event-via' })
  const entry = { kind, sub, at, sources: new Set([source]), elsewhere, via }
  via.textContent = described(entry)
  const item = make('li', {},
    make('time', { dateTime: new Date(at).toISOString() }, clock(new Date(at))),
    make('span', { className: 'event-title' }, TITLES[kind]),
    make('span', { className: 'event-sub' }, sub),
    cause ? make('span', { className: 'event-cause' }, causeOf(cause)) : null,
    via)
  item.dataset.kind = kind
  item.dataset.from = elsewhere ? 'elsewhere' : 'here'
  latest = [entry, ...latest].slice(0, LIMIT)
  const list = byId('event-list')
  list.prepend(item)
  while (list.children.length > LIMIT) list.lastElementChild.remove()
  byId('events-empty').hidden = true
  return true
}

function described({ sources, elsewhere }) {
  return `${elsewhere ? 'from another tab' : 'in this tab'}, reported by ${[...sources].sort().join(' and ')}`
}

// An error from another tab may arrive as a plain `Error`, so its name may say nothing; the message always counts.
function causeOf(cause) {
  const { name } = cause
  return name && name !== 'Error' && name !== 'Object' ? `${name}: ${messageOf(cause)}` : messageOf(cause)
}
