// The page's states and the transitions between them. Each part draws itself; this file decides which part is shown.

import { byId, onPress } from './dom.js'
import { loopbackAddress, openClient, readNetwork } from './client.js'
import { clearProblem, showProblem } from './problem.js'
import { blameInput, fillIn, offerAccounts, setUpForm, showRunning } from './sign-in-form.js'
import * as steps from './sign-in-steps.js'
import { showAccount } from './account-panel.js'
import { hideToken, rereadToken, setUpTokenPanel, showToken } from './token-panel.js'
import { hideRecords, setUpRecords, showRecords } from './records.js'
import { logEvent } from './event-log.js'

const VIEWS = ['signed-out', 'loopback-hint', 'finishing', 'closing', 'signed-in']

let client = null
let session = null
let cancelling = null
let leaving = false
let ownWork = 0

start()

async function start() {
  const loopback = loopbackAddress()
  if (loopback) {
    byId('loopback-link').href = loopback
    return show('loopback-hint', 'Open at 127.0.0.1')
  }

  setUpForm({ onSignIn: signIn, onCancel: () => cancelling?.abort() })
  setUpTokenPanel({ track })
  setUpRecords({ track })
  onPress(byId('sign-out'), signOut, { beside: [byId('refresh')] })
  steps.resumeSteps()

  try {
    const network = await readNetwork()
    offerAccounts(network.accounts, announce)
    client = await openClient(network, {
      onSessionUpdated: (sub) => onSessionEvent('updated', sub, undefined, 'hook'),
      onSessionDeleted: (sub, cause) => onSessionEvent('deleted', sub, cause, 'hook'),
    })
  } catch (error) {
    announce('Not started')
    return showProblem(byId('page-problem'), 'The client did not start', error, { again: () => location.reload() })
  }
  listenToEvents()
  await openPage()
}

/** Finishes a sign-in that returns here, or restores the session of the last visit. */
async function openPage() {
  const returning = client.readCallbackParams() !== null
  if (returning) {
    steps.enterStep('answer')
    show('finishing', 'Finishing the sign-in')
  }
  try {
    const result = await track(client.init())
    if (result) {
      steps.finishSteps()
      return await showSession(result.session)
    }
    if (steps.wasAbandoned()) {
      fillIn(steps.typedBefore())
      steps.resetSteps()
    }
    show('signed-out', 'Signed out')
  } catch (error) {
    if (error?.code === 'LOGIN_CONTINUED_IN_PARENT_WINDOW') return show('closing', 'You can close this window')
    if (returning) steps.failSteps(error)
    fillIn(steps.typedBefore())
    show('signed-out', 'Signed out')
    showProblem(byId('sign-in-problem'), returning ? 'Signing in did not work' : 'The session could not be restored', error,
      // An authorization response can be used once: after a failure, offer a new sign-in and not a reload.
      returning || error?.retryable === false ? {} : { again: () => location.reload() })
  }
}

async function signIn(input, display) {
  const aborter = new AbortController()
  cancelling = aborter
  steps.beginSteps(input)
  showRunning(true)
  announce('Signing in')
  const options = { display, signal: aborter.signal, onProgress }
  try {
    // Nothing is awaited before this call: a browser opens a popup only while the press is being handled.
    const signedIn = await client.signIn(input, display === 'popup' ? options : { ...options, display: undefined })
    steps.finishSteps()
    showRunning(false)
    if (signedIn) await showSession(signedIn)
  } catch (error) {
    showRunning(false)
    if (aborter.signal.aborted) {
      steps.resetSteps()
      return announce('Sign-in cancelled')
    }
    announce('Signed out')
    if (error?.code === 'NAVIGATED_BACK') {
      steps.resetSteps()
      return showProblem(byId('sign-in-problem'), 'You came back before the server answered', error, { calm: true })
    }
    steps.failSteps(error)
    if (['input', 'handle', 'did'].includes(error?.step)) blameInput()
    showProblem(byId('sign-in-problem'), 'Signing in did not work', error)
  } finally {
    cancelling = null
  }
}

function onProgress(step) {
  steps.enterStep(step)
  const label = steps.labelOf(step)
  if (label) announce(`Signing in: ${label.toLowerCase()}`)
}

async function showSession(next) {
  session = next
  const stillShown = () => session === next
  clearProblem(byId('sign-in-problem'))
  show('signed-in', 'Signed in')
  showRecords(next)
  const [handle] = await Promise.all([track(showAccount(next, { stillShown })), track(showToken(next))])
  if (stillShown()) announce(`Signed in as ${handle}`)
}

async function signOut() {
  leaving = true
  clearProblem(byId('session-problem'))
  try {
    await track(session.signOut())
    showSignedOut('Signed out')
  } catch (error) {
    showProblem(byId('session-problem'), 'Signing out did not work', error)
  } finally {
    leaving = false
  }
}

function showSignedOut(status) {
  session = null
  hideToken()
  hideRecords()
  steps.resetSteps()
  show('signed-out', status)
}

/** The library waits for its hooks, so nothing here may wait for the library. */
function onSessionEvent(kind, sub, cause, source) {
  const isNew = logEvent({ kind, sub, cause, source, elsewhere: ownWork === 0 })
  if (!isNew || sub !== session?.did || leaving) return
  if (kind === 'updated') {
    setTimeout(() => session && rereadToken())
    return
  }
  const elsewhere = ownWork === 0
  showSignedOut('Signed out')
  showProblem(byId('sign-in-problem'), elsewhere ? 'Your session ended in another tab' : 'Your session has ended',
    cause ?? new Error('Sign in again to go on.'), { calm: true })
}

// The official client has hooks only, so the page uses both and works with either library.
function listenToEvents() {
  if (typeof client.addEventListener !== 'function') return
  for (const kind of ['updated', 'deleted']) {
    client.addEventListener(kind, ({ detail }) => onSessionEvent(kind, detail.sub, detail.cause, 'event'))
  }
}

/** Counts this tab's own work: an event without any is from another tab. */
async function track(work) {
  ownWork += 1
  try {
    return await work
  } finally {
    // The event may come a turn of the event loop after the response.
    setTimeout(() => { ownWork -= 1 }, 50)
  }
}

function show(view, status) {
  // Hiding the part with the focus would move the focus to the top of the page; move it to the heading of the next part instead.
  const hadFocus = VIEWS.some((each) => byId(each).contains(document.activeElement))
  for (const each of VIEWS) byId(each).hidden = each !== view
  byId('steps').hidden = view === 'loopback-hint' || view === 'closing'
  byId('events').hidden = byId('steps').hidden
  if (hadFocus) byId(view).querySelector('h1').focus()
  announce(status)
}

function announce(status) {
  byId('status').textContent = status
  document.title = `${status} · atproto-oauth-wasm`
}
