// A live list of what happens to sessions. The library tells it twice, by hook and by event; that is one line here.

import { byId, clock, make } from './dom.js'
import { messageOf } from './problem.js'

const LIMIT = 50
const SAME_WITHIN_MS = 500

const TITLES = { updated: 'Tokens stored', deleted: 'Session ended' }

let latest = []

/**
 * @param {{kind: 'updated' | 'deleted', sub: string, cause?: Error, heardBy: 'hook' | 'event', elsewhere: boolean}} entry
 * @returns {boolean} false when the entry repeats one that is already shown
 */
export function logEvent({ kind, sub, cause, heardBy, elsewhere }) {
  const at = Date.now()
  const twin = latest.find((each) => each.kind === kind && each.sub === sub && !each.heard.has(heardBy) && at - each.at < SAME_WITHIN_MS)
  if (twin) {
    twin.heard.add(heardBy)
    twin.via.textContent = described(twin)
    return false
  }

  const via = make('span', { className: 'event-via' })
  const entry = { kind, sub, at, heard: new Set([heardBy]), elsewhere, via }
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

function described({ heard, elsewhere }) {
  return `${elsewhere ? 'from another tab' : 'in this tab'}, heard by ${[...heard].sort().join(' and ')}`
}

// Over the channel between tabs an error may arrive as a plain one, so its name says little; its message is what counts.
function causeOf(cause) {
  const { name } = cause
  return name && name !== 'Error' && name !== 'Object' ? `${name}: ${messageOf(cause)}` : messageOf(cause)
}
