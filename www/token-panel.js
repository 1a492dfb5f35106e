// What the session holds: facts about the token (never the token), its remaining life, and a refresh by hand.

import { byId, clock, duration, onPress } from './dom.js'
import { clearProblem, showProblem } from './problem.js'

let session = null
let expiresAt = null
let ticking = 0

export function setUpTokenPanel({ track }) {
  onPress(byId('refresh'), async () => {
    clearProblem(byId('session-problem'))
    const of = session
    const note = byId('session-note')
    note.textContent = 'Asking for new tokens …'
    const began = performance.now()
    try {
      show(await track(of.getTokenInfo(true)))
      note.textContent = `New tokens in ${duration(performance.now() - began)}.`
    } catch (error) {
      note.textContent = ''
      if (session === of) showProblem(byId('session-problem'), 'Refreshing did not work', error)
    }
  }, { beside: [byId('sign-out')] })
}

export async function showToken(of) {
  session = of
  byId('session-note').textContent = ''
  clearProblem(byId('session-problem'))
  await rereadToken()
}

/** Reads the facts again, without refreshing: after an event, which may come from another tab. */
export async function rereadToken() {
  const of = session
  try {
    const info = await of.getTokenInfo(false)
    if (session === of) show(info)
  } catch (error) {
    if (session === of) showProblem(byId('session-problem'), 'The session could not be read', error)
  }
}

export function hideToken() {
  session = null
  clearInterval(ticking)
  ticking = 0
}

function show(info) {
  byId('token-issuer').textContent = info.iss
  byId('token-audience').textContent = info.aud
  byId('token-scope').textContent = info.scope
  expiresAt = info.expiresAt ?? null
  tick()
  ticking ||= setInterval(tick, 1000)
}

function tick() {
  const place = byId('token-countdown')
  if (!expiresAt) {
    place.textContent = 'the server does not say when'
    return
  }
  const left = Math.round((expiresAt.getTime() - Date.now()) / 1000)
  place.textContent = left > 0
    ? `in ${spell(left)}, at ${clock(expiresAt)}`
    : `expired at ${clock(expiresAt)}; the next request renews it`
}

function spell(seconds) {
  const minutes = Math.floor(seconds / 60)
  return minutes > 0 ? `${minutes} min ${String(seconds % 60).padStart(2, '0')} s` : `${seconds} s`
}
