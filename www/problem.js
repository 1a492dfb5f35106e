// Shows an error with all of its facts. The library's errors have `code`, `step`, `url`, `help` and `retryable`; the browser's
// own have none of them, and the page shows what there is.

import { make, onPress } from './dom.js'

/**
 * @param {HTMLElement} place an element with role=alert, already in the page: a region added together with its text is not announced
 * @param {string} title what failed, as a sentence without its full stop
 * @param {{again?: () => unknown, calm?: boolean}} [options] `again` offers a button that tries once more; `calm` is for
 *   an end that may have been meant, where the way on is the page itself
 */
export function showProblem(place, title, error, { again, calm = false } = {}) {
  const facts = []
  const fact = (name, value) => {
    if (value != null && value !== '') facts.push(make('div', {}, make('dt', {}, name), make('dd', {}, String(value))))
  }
  fact('Code', error?.code ?? error?.params?.get?.('error'))
  fact('Step', error?.step)
  fact('Address', error?.url)
  fact('Cause', causes(error))

  const box = make('div', { className: calm ? 'problem calm' : 'problem' },
    make('p', { className: 'problem-title' }, title),
    make('p', { className: 'problem-message' }, messageOf(error)),
    error?.help ? make('p', { className: 'problem-help' }, error.help) : null,
    facts.length ? make('dl', { className: 'facts' }, ...facts) : null,
    typeof error?.retryable === 'boolean' && !calm
      ? make('p', { className: 'problem-retry' }, error.retryable
        ? 'This may pass: trying again can help.'
        : 'Trying again without a change will not help.')
      : null)
  if (error?.code) box.dataset.code = error.code
  const actions = make('div', { className: 'actions' })
  if (again) {
    const button = make('button', { type: 'button' }, 'Try again')
    onPress(button, again)
    actions.append(button)
  }
  // If the message is all there is, dismissing it would leave an empty page.
  const section = place.closest('section')
  if (section) actions.append(dismissal(place, section))
  if (actions.childElementCount) box.append(actions)
  place.replaceChildren(box)
  box.scrollIntoView({ block: 'nearest' })
}

function dismissal(place, section) {
  const dismiss = make('button', { type: 'button', className: 'quiet' }, 'Dismiss')
  dismiss.addEventListener('click', () => {
    clearProblem(place)
    // The focused button is removed: move the focus to the nearest heading.
    section.querySelector('h1, h2').focus()
  })
  return dismiss
}

export function clearProblem(place) {
  place.replaceChildren()
}

export function messageOf(error) {
  return error?.message || String(error)
}

/** The chain below the error, one line each, without repeating a message that was wrapped unchanged. */
function causes(error) {
  const said = new Set([messageOf(error)])
  const lines = []
  for (let cause = error?.cause, depth = 0; cause != null && depth < 5; cause = cause.cause, depth += 1) {
    const message = messageOf(cause)
    if (!said.has(message)) lines.push(message)
    said.add(message)
  }
  return lines.join(' ← ')
}
