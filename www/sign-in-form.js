// The signed-out page: the field, its two buttons, and the demo network's accounts.

import { byId, isAvailable, make, setAvailable } from './dom.js'
import { clearProblem } from './problem.js'

const field = () => byId('handle')

/** @param {(input: string, display: 'page' | 'popup') => unknown} onSignIn called inside the click, so that a popup may open */
export function setUpForm({ onSignIn, onCancel }) {
  const begin = (display) => {
    if (!isAvailable(byId('sign-in'))) return
    const input = readInput()
    if (!input) return missing()
    field().removeAttribute('aria-invalid')
    clearProblem(byId('sign-in-problem'))
    onSignIn(input, display)
  }
  byId('sign-in-form').addEventListener('submit', (event) => {
    event.preventDefault()
    begin('page')
  })
  byId('sign-in-popup').addEventListener('click', () => begin('popup'))
  byId('cancel-sign-in').addEventListener('click', onCancel)
  field().addEventListener('input', () => field().removeAttribute('aria-invalid'))
}

/** Accounts of the local network, each a button that fills the field. Their passwords are public: the network is thrown away. */
export function offerAccounts(accounts, announce) {
  byId('demo-accounts').hidden = accounts.length === 0
  byId('demo-account-list').replaceChildren(...accounts.map(({ handle, password }) => {
    const button = make('button', { type: 'button', className: 'link' }, handle)
    button.setAttribute('aria-label', `Fill in ${handle}`)
    button.addEventListener('click', () => {
      field().value = handle
      field().removeAttribute('aria-invalid')
      announce(`${handle} filled in`)
    })
    return make('li', {}, button, make('span', {}, 'password ', make('code', {}, password)))
  }))
}

export function showRunning(running) {
  const cancel = byId('cancel-sign-in')
  const hadFocus = document.activeElement === cancel
  setAvailable(byId('sign-in'), !running)
  setAvailable(byId('sign-in-popup'), !running)
  field().readOnly = running
  cancel.hidden = !running
  if (hadFocus && !running) byId('sign-in').focus()
}

export function fillIn(input) {
  if (input && !field().value) field().value = input
}

/** Marks the field when the error is about what was typed. */
export function blameInput() {
  field().setAttribute('aria-invalid', 'true')
}

/** What was typed. An `@` before a handle and the marks that a paste brings along are the client's to leave out. */
function readInput() {
  return field().value.trim()
}

function missing() {
  field().setAttribute('aria-invalid', 'true')
  byId('sign-in-problem').replaceChildren(make('p', { className: 'problem-message' }, 'Type a handle, a DID or the address of a server first.'))
  field().focus()
}
