// Section "Popup & tabs": both sides of a popup, with a window that is a stand-in; and the other tabs.
import { equal, isError, ok, rejected } from '../expect.js'
import { ALICE, UNREACHABLE, oauthError } from '../network.js'
import { POPUP_CHANNEL, POPUP_STATE, SYNC_CHANNEL } from '../world.js'

/** Takes the place of `window.open`: what it was asked, and a window that can be watched. */
function standIn(w) {
  const popup = { closed: false, location: { href: 'about:blank' }, focus() {}, close() { this.closed = true } }
  popup.window = popup
  const calls = []
  w.replace(window, 'open', (...given) => { calls.push(given); return popup })
  return { popup, calls }
}

/** The page of a sign-in in a popup, up to where the popup shows the server's page. */
async function opened(w, { client = w.client(), options } = {}) {
  const channel = w.hear(POPUP_CHANNEL)
  const { popup, calls } = standIn(w)
  const outcome = client.signIn(ALICE.handle, { display: 'popup', ...options })
  outcome.catch(() => undefined)
  await w.until(() => popup.location.href.includes('/authorize'), 'the popup shows the page of the server')
  const [row] = Object.values(await w.rows('state'))
  const key = row.value.appState.slice(POPUP_STATE.length)
  return { channel, popup, calls, outcome, key, appState: row.value.appState }
}

/** The popup's side: the page that the server redirected the popup to. */
async function inPopup(w, { answer, key = 'the-key' } = {}) {
  let closed = 0
  w.replace(window, 'close', () => { closed += 1 })
  const client = w.client()
  await client.authorize(ALICE.handle, { state: `${POPUP_STATE}${key}` })
  history.replaceState(null, '', `/#${w.answer(answer)}`)
  const error = await rejected(client.init(), 'init in a popup')
  isError(error, w.lib.LoginContinuedInParentWindowError, 'Login complete, please close the popup window.')
  equal([error.code, closed], ['LOGIN_CONTINUED_IN_PARENT_WINDOW', 1], 'code, and how often the window was closed')
}

const sessions = async (w) => Object.keys(await w.rows('session'))

/** Lets every timer of this length end as soon as it is set. */
function hurry(w, ms) {
  const { setTimeout: real } = window
  w.replace(window, 'setTimeout', (work, delay, ...rest) => real.call(window, work, delay === ms ? 0 : delay, ...rest))
}

const frame = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)) })

export const cases = {
  'F124 the popup opens before anything is awaited': async (w) => {
    const { popup, calls } = standIn(w)
    w.network.on('handle', UNREACHABLE)
    const client = w.client()
    const plain = client.signIn(ALICE.handle, { display: 'popup' })
    equal(calls, [['about:blank', '_blank', 'width=600,height=600,menubar=no,toolbar=no']])
    const named = client.signIn(ALICE.handle, { display: 'popup', popupName: 'mine', popupFeatures: 'width=1' })
    equal(calls[1], ['about:blank', 'mine', 'width=1'])
    await Promise.all([rejected(plain), rejected(named)])
    // Section I, "Fix": the blank window does not stay open when the sign-in cannot begin.
    ok(popup.closed, 'the window is closed again')
  },
  'F125 the page takes the outcome from the popup and says so': async (w) => {
    const { client } = await w.signedIn()
    const good = await opened(w, { client })
    ok(good.appState.startsWith(POPUP_STATE), 'the app state says that it is a popup')
    good.channel.post({ key: 'of another', result: { status: 'fulfilled', value: ALICE.did } })
    good.channel.post({ key: good.key, result: { status: 'fulfilled', value: ALICE.did } })
    equal([(await good.outcome).did, w.pointer, w.network.to('token')], [ALICE.did, ALICE.did, []])
    await w.until(() => good.channel.heard.length, 'the popup is answered')
    equal(good.channel.heard, [{ key: good.key, ack: true }])
    await w.store('state', (store) => store.clear())

    const bad = await opened(w, { client })
    const params = [['error', 'access_denied'], ['state', 'x']]
    bad.channel.post({ key: bad.key, result: { status: 'rejected', reason: { message: 'Not today', params } } })
    const error = isError(await rejected(bad.outcome), w.lib.OAuthCallbackError, 'Not today')
    equal([[...error.params], error.state], [params, undefined])
    await w.until(() => bad.channel.heard.length, 'the popup is answered')
    equal(bad.channel.heard, [{ key: bad.key, ack: true }])
  },
  'F126 the popup tells the page, and closes': async (w) => {
    const { heard, post } = w.hear(POPUP_CHANNEL)
    w.network.on('token', () => { w.until(() => heard.length, 'the result').then(() => post({ key: 'the-key', ack: true })); return good })
    const good = { status: 200, type: 'application/json', body: JSON.stringify(w.network.grant()) }
    await inPopup(w)
    equal([heard, await sessions(w), w.network.to('revoke')],
      [[{ key: 'the-key', result: { status: 'fulfilled', value: ALICE.did } }], [ALICE.did], []])
    heard.length = 0
    await inPopup(w, { answer: { code: undefined, error: 'access_denied', error_description: 'Not today' } })
    equal([heard.length, heard[0].key, heard[0].result.status, heard[0].result.reason.message], [1, 'the-key', 'rejected', 'Not today'])
    equal(Object.fromEntries(heard[0].result.reason.params).error, 'access_denied')
  },
  'F127 a popup that no page answers revokes what it was granted': async (w) => {
    const before = performance.now()
    await inPopup(w)
    ok(performance.now() - before >= 480, 'it waited for an answer')
    equal([w.network.to('revoke').map(({ form }) => form.token), await sessions(w)], [['refresh-1'], []])
  },
  'F128 a popup sign-in ends when the app aborts, and after five minutes': async (w) => {
    const controller = new AbortController()
    const aborted = await opened(w, { options: { signal: controller.signal } })
    controller.abort()
    isError(await rejected(aborted.outcome), Error, 'Aborted')
    ok(aborted.popup.closed, 'the popup is closed')
    await w.store('state', (store) => store.clear())
    hurry(w, 5 * 60 * 1000)
    const late = await opened(w)
    isError(await rejected(late.outcome), Error, 'Timeout')
    ok(late.popup.closed, 'the popup is closed')
  },
  // Section I, "Fix": the options of the popup are not sent to the server.
  'F129 the options of the popup are not sent': async (w) => {
    await opened(w, { options: { popupName: 'mine', popupFeatures: 'width=1' } })
    const { form } = w.network.to('par')[0]
    equal([form.popupName, form.popupFeatures, form.display], [undefined, undefined, 'popup'])
  },
  'F130 another tab is told of a session, and calls its hooks': async (w) => {
    const { heard, post } = w.hear(SYNC_CHANNEL)
    const { session } = await w.signIn()
    await w.until(() => heard.length, 'the message')
    // The list of accounts is ours alone.
    const ofSessions = () => heard.filter(({ name }) => name !== 'accountsChanged').map(({ name, args }) => [name, args[0]])
    equal(ofSessions(), [['onSessionUpdated', ALICE.did]])
    // Section I, "Fix": never the tokens.
    ok(!/access-1|refresh-1/.test(JSON.stringify(heard)), 'no token in the message')
    equal(w.told, [`updated ${ALICE.did}`], 'the sender hears nothing of itself')
    heard.length = 0
    await session.signOut()
    await w.until(() => heard.length, 'the message')
    equal(ofSessions(), [['onSessionDeleted', ALICE.did]])
    // Of the next session, another tab has done away; the official client posts it in these words.
    await w.signIn()
    await w.store('session', (store) => store.delete(ALICE.did))
    w.forget()
    // As the official client posts it from another tab.
    const cause = new Error(`The session for "${ALICE.did}" was successfully revoked`)
    post({ name: 'onSessionDeleted', args: [ALICE.did, cause] })
    const deleted = () => w.hooks.find(({ hook }) => hook === 'deleted')
    await w.until(deleted, 'the hook is called')
    // Section I, "Fix": a real error class, with `sub`.
    equal([deleted().sub, deleted().data.sub], [ALICE.did, ALICE.did])
    ok(deleted().data instanceof Error, 'an Error')
    equal(w.network.to('revoke'), [])
  },
  // Section I, "Fix": by `pageshow` with `persisted`, and not by a timer.
  'F131 a sign-in by redirect rejects when the page is shown again': async (w) => {
    let rejections = 0
    hurry(w, 5000)
    const outcome = w.client().signInRedirect(ALICE.handle)
    outcome.catch(() => { rejections += 1 })
    await w.until(async () => (await w.rows('state'))[w.state], 'the sign-in has begun')
    await frame()
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))
    await frame()
    equal(rejections, 0, 'rejections before the page is shown again')
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    isError(await rejected(outcome), Error, 'User navigated back')
  },
  'F131a an answer in the popup that the server refuses is told to the page': async (w) => {
    const { heard } = w.hear(POPUP_CHANNEL)
    w.network.on('token', oauthError('invalid_grant', 'The code is spent'))
    await inPopup(w)
    const { status, reason } = heard[0].result
    equal([status, Object.keys(reason).sort(), await sessions(w)], ['rejected', ['message', 'params'], []])
  },
}
