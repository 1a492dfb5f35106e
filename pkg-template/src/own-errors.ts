import { toError } from './error-details.js'

export function disposed(): Error {
  return toError({ code: 'DISPOSED', step: 'storage' })
}

export function popupBlocked(): Error {
  return toError({ code: 'POPUP_BLOCKED', step: 'redirect' })
}

/** A request with a token was redirected to another address. */
export function redirected(url: string): Error {
  return toError({ code: 'RESPONSE_REDIRECTED', step: 'request', url })
}

/** The client's configuration is invalid. */
export function configurationError(code: string, args: { key?: string; value?: unknown; message?: string }): Error {
  return toError({ code, step: 'configure', name: 'TypeError', ...args })
}

/** An option of a call or of a client is invalid. */
export function optionInvalid(member: string, value: unknown): Error {
  return toError({ code: 'OPTION_INVALID', step: 'configure', member, value: shown(value) })
}

/** An argument is not of its type. */
export function argumentInvalid(name: string, expected: string, value: unknown): Error {
  return toError({
    code: 'ARGUMENT_INVALID',
    step: 'input',
    name: 'TypeError',
    message: `The ${name} must be ${expected}, not ${shown(value)}`,
    help: 'Correct the call; the message names the argument.',
  })
}

/** A worker or a server called what only a page can do. */
export function pageOnly(message: string): Error {
  return toError({
    code: 'PAGE_ONLY',
    step: 'redirect',
    name: 'TypeError',
    message,
    help: 'Call this in a page, or use `authorize`, which gives the URL that the user has to visit.',
  })
}

/** A value as messages show it: a text itself, and of anything else only its type, which is what is wrong with it. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? 'null' : typeof value
}
