import { toError } from './error-details.js'

export function disposed(): Error {
  return toError({ code: 'DISPOSED', step: 'storage' })
}

export function popupBlocked(): Error {
  return toError({ code: 'POPUP_BLOCKED', step: 'redirect' })
}

/** The error of a request with a token that would have had to go to another address. */
export function redirected(url: string): Error {
  return toError({ code: 'RESPONSE_REDIRECTED', step: 'request', url })
}

/** How the app set the client up is at fault. */
export function configurationError(code: string, args: { key?: string; value?: unknown; message?: string }): Error {
  return toError({ code, step: 'configure', name: 'TypeError', ...args })
}

/** An option that is not as it must be, of a call or of a client. */
export function optionInvalid(member: string, value: unknown): Error {
  return toError({ code: 'OPTION_INVALID', step: 'configure', member, value: shown(value) })
}

/** An argument that is not of its type. */
export function argumentInvalid(name: string, expected: string, value: unknown): Error {
  return toError({
    code: 'ARGUMENT_INVALID',
    step: 'input',
    name: 'TypeError',
    message: `The ${name} must be ${expected}, not ${shown(value)}`,
    help: 'Correct the call; the message names the argument.',
  })
}

/** Something that only a page can do, and no worker or server. */
export function pageOnly(message: string): Error {
  return toError({
    code: 'PAGE_ONLY',
    step: 'redirect',
    name: 'TypeError',
    message,
    help: 'Call this in a page, or use `authorize`, which gives the URL that the user has to visit.',
  })
}

/** A value in a message: that of a text, and of anything else its type, which alone is wrong. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? 'null' : typeof value
}
