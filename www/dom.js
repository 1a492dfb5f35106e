// The few things every part of the page does to the document.

/** The element with this id; throws if it is missing, which is a mistake in the page. */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`The page has no element "${id}"`)
  return element
}

/** A new element; strings become text, never markup, because much of what is shown comes from servers. */
export function make(tag, { className, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  if (className) element.className = className
  element.append(...children.filter((child) => child != null))
  return element
}

/** Text for screen readers only, for what is otherwise shown as a mark or a colour. */
export const unseen = (text) => make('span', { className: 'unseen' }, text)

// A button may be disabled for two independent reasons: there is nothing for it to do, or work is under way.
const useless = new WeakSet()
const holds = new WeakMap()

export function setAvailable(button, available) {
  if (available) useless.delete(button)
  else useless.add(button)
  draw(button)
}

export const isAvailable = (button) => !useless.has(button) && !holds.get(button)

function hold(button, by) {
  holds.set(button, (holds.get(button) ?? 0) + by)
  draw(button)
}

function draw(button) {
  // Not the `disabled` property: that drops the keyboard focus of the very button that was just pressed.
  button.setAttribute('aria-disabled', String(!isAvailable(button)))
}

/** Runs `action` on each press, one at a time, and disables the button, and those in `beside`, meanwhile. */
export function onPress(button, action, { beside = [] } = {}) {
  const all = [button, ...beside]
  button.addEventListener('click', async (event) => {
    event.preventDefault()
    if (!isAvailable(button)) return
    for (const each of all) hold(each, 1)
    button.setAttribute('aria-busy', 'true')
    try {
      await action()
    } finally {
      button.removeAttribute('aria-busy')
      for (const each of all) hold(each, -1)
    }
  })
}

export function duration(ms) {
  if (ms < 1) return '< 1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

export const clock = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
