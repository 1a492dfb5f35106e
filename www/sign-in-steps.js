// The steps of a sign-in with the time each took. They are kept in sessionStorage, because half of them happen before
// the page leaves for the consent page and half after it has come back.

import { byId, duration, make, unseen } from './dom.js'

const KEY = 'demo:sign-in-steps'

const STEPS = [
  ['handle', 'Resolve the handle', 'to a DID, the account’s lasting name'],
  ['did', 'Read the DID document', 'which names the account’s server'],
  ['resource', 'Ask that server', 'who signs its people in'],
  ['issuer', 'Read the issuer’s metadata', 'and check that it agrees'],
  ['par', 'Push the request', 'with PKCE and a DPoP key'],
  ['redirect', 'Your consent', 'on the server’s own page'],
  ['answer', 'Exchange the code', 'for tokens bound to that key'],
]
const NAMES = new Map(STEPS.map(([step, label]) => [step, label]))

// Wall-clock time with the resolution of the performance clock: performance.now() alone starts again after the redirect.
const now = () => performance.timeOrigin + performance.now()

let entries = []
let state = 'idle' // idle | running | done | failed
let input = ''

/** The text the running or interrupted sign-in began with. */
export const typedBefore = () => input

export const labelOf = (step) => NAMES.get(step)

export function resetSteps() {
  entries = []
  state = 'idle'
  input = ''
  save()
}

export function beginSteps(typed) {
  entries = []
  state = 'running'
  input = typed
  save()
}

export function enterStep(step) {
  if (!NAMES.has(step)) return
  if (entries.at(-1)?.step === step) return
  const at = now()
  closeLast(at)
  entries.push({ step, from: at })
  state = 'running'
  save()
}

export function finishSteps() {
  if (state !== 'running') return
  closeLast(now())
  state = 'done'
  save()
}

// The library has one step for checking the response and one for the token request; the visitor sees both as one.
const LISTED_AS = { callback: 'answer', token: 'answer' }

/** Marks the step the error names, or else the one that was under way. */
export function failSteps(error) {
  if (state !== 'running') return
  closeLast(now())
  const blamed = LISTED_AS[error?.step] ?? error?.step
  const failed = entries.find(({ step }) => step === blamed) ?? entries.at(-1)
  if (failed) failed.failed = true
  state = 'failed'
  save()
}

/** Reads what the page knew before it left. */
export function resumeSteps() {
  try {
    ({ entries = [], state = 'idle', input = '' } = JSON.parse(sessionStorage.getItem(KEY)) ?? {})
  } catch {
    // No storage, or not our text: the list simply starts empty.
  }
  draw()
}

/** Whether the page left for the consent page and came back without a response. */
export const wasAbandoned = () => state === 'running'

function closeLast(at) {
  const last = entries.at(-1)
  if (last && last.to === undefined) last.to = at
}

function save() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ entries, state, input }))
  } catch {
    // Without storage the list is lost over the redirect; the sign-in is not.
  }
  draw()
}

function draw() {
  const lastStep = entries.at(-1)?.step
  const reached = STEPS.findIndex(([step]) => step === lastStep)
  byId('step-list').replaceChildren(...STEPS.map(([step, label, purpose], index) => {
    const entry = entries.find((each) => each.step === step)
    const active = entry && entry.to === undefined
    // A popup does not report its steps to this window, but all of them are done.
    const kind = entry?.failed ? 'failed' : active ? 'active' : entry ? 'done'
      : index < reached ? 'skipped' : state === 'done' ? 'done' : 'waiting'
    const time = entry?.to === undefined ? '' : duration(entry.to - entry.from)
    const spoken = { failed: ' failed', active: ' under way', done: ' done', skipped: ' not needed', waiting: '' }[kind]
    const item = make('li', { className: kind },
      make('span', { className: 'step-label' }, label, unseen(spoken)),
      make('span', { className: 'step-time' }, kind === 'skipped' ? '–' : time),
      make('span', { className: 'step-purpose' }, purpose))
    item.dataset.step = step
    if (active) item.setAttribute('aria-current', 'step')
    return item
  }))
  byId('steps-title').textContent = state === 'idle' ? 'What a sign-in does' : 'This sign-in, step by step'
  byId('steps-total').textContent = total()
}

// The time at the consent page is the person's, not the client's.
function total() {
  if (state !== 'done') return ''
  const machine = entries.filter(({ step }) => step !== 'redirect').reduce((sum, { from, to }) => sum + (to - from), 0)
  return machine > 0 ? `${duration(machine)} of work, apart from your consent.` : ''
}
