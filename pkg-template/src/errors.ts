import { DidError, InvalidDidError } from './did-error.js'
import { HandleResolverError } from './handle-resolver.js'
import type { Step } from './types.js'

/** What every error of this package has beside its message. */
export interface ErrorFacts {
  /** Says what went wrong; no release changes it. That of a {@link DidError} is the official client's, such as `did-invalid`. */
  code: string
  /** The step in which it went wrong. */
  step: Step
  /** The address that was asked, where one was. */
  url?: string
  /** Whether the same call may well succeed later, with nothing changed but the network, a server or the disk. */
  retryable: boolean
  /** What the app or its user can do about it. */
  help: string
  /** The authorization server that the account belongs to now, where it moved. A sign-in with its handle or DID goes there. */
  newIssuer?: string
  /** Where a session is over: what to give `signIn`, the account's handle or its DID. */
  loginHint?: string
}

/** The details of an error as the core gives them. */
export interface ErrorDetails extends ErrorFacts {
  name: string
  message: string
  /** The details of what is behind it, or the error itself. */
  cause?: unknown
  sub?: string
  status?: number
  payload?: unknown
  seconds?: number
  /** What a refusal says, in whatever form. */
  refusal?: { error?: string; description?: string }
  state?: string
  params?: string
}

/** The answer to an authorization request could not be used. `cause` says why, where it was not the answer's own fault. */
export class OAuthCallbackError extends Error {
  constructor(
    /** The parameters of the answer. */
    readonly params: URLSearchParams,
    message = params.get('error_description') ?? 'OAuth callback error',
    /** The app's own text, as given to `signIn`. */
    readonly state?: string,
    cause?: unknown,
  ) {
    super(message, { cause })
  }

  static from(err: unknown, params: URLSearchParams, state?: string): OAuthCallbackError {
    if (err instanceof OAuthCallbackError) return err
    return new OAuthCallbackError(params, err instanceof Error ? err.message : undefined, state, err)
  }
}

/** An identity, or the server it belongs to, could not be found or is not as it must be. `cause` says why. */
export class OAuthResolverError extends Error {}

/** The authorization server refused a request (RFC 6749 section 5.2). */
export class OAuthResponseError extends Error {
  /** The `error` code, such as `invalid_grant`. */
  readonly error?: string
  /** The `error_description`. */
  readonly errorDescription?: string
  /**
   * Where the `code` is `CLOCK_SKEW`: how far this device's clock is ahead of the servers', negative where it is behind, if
   * any server told the time.
   */
  declare seconds?: number

  constructor(
    readonly response: Response,
    readonly payload: unknown,
  ) {
    const { error, error_description } = (payload ?? {}) as Record<string, unknown>
    const code = typeof error === 'string' ? error : undefined
    const description = typeof error_description === 'string' ? error_description : undefined
    super(`OAuth ${code ? `"${code}"` : 'unknown'} error${description ? `: ${description}` : ''}`)
    this.error = code
    this.errorDescription = description
  }

  /** The HTTP status. */
  get status(): number {
    return this.response.status
  }

  get headers(): Headers {
    return this.response.headers
  }
}

/** The network failed, or an answer had not the form it must have. */
export abstract class FetchError extends Error {
  constructor(
    /** The HTTP status to pass on, where this happens on behalf of another. */
    readonly statusCode: number,
    message?: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** No answer came. */
export class FetchRequestError extends FetchError {}

/** An answer came that had not the form it must have. */
export class FetchResponseError extends FetchError {}

/** A session is over: it could not be refreshed, or has gone. */
export class TokenRefreshError extends Error {
  constructor(
    /** The account's DID. */
    readonly sub: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A session is over: it was signed out. */
export class TokenRevokedError extends Error {
  constructor(
    /** The account's DID. */
    readonly sub: string,
    message = `The session for "${sub}" was successfully revoked`,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A session is over: the PDS refuses even new tokens. */
export class TokenInvalidError extends Error {
  constructor(
    /** The account's DID. */
    readonly sub: string,
    message = `The session for "${sub}" is invalid`,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The browser could not make or use a key. */
export class JwkError extends TypeError {
  constructor(
    message = 'JWK error',
    /** Says what went wrong. */
    readonly code = 'ERR_JWK_INVALID',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The session's key cannot be used any more. */
export class AuthMethodUnsatisfiableError extends Error {}

/** Whether an error says that a session is over. */
export function saysSessionIsOver(error: unknown): error is TokenRefreshError | TokenRevokedError | TokenInvalidError {
  return [TokenRefreshError, TokenRevokedError, TokenInvalidError].some((type) => error instanceof type)
}

/** Whether an error says that a session is over or unusable, and not that something else went wrong. */
export function isExpectedSessionError(
  error: unknown,
): error is TokenRefreshError | TokenRevokedError | TokenInvalidError | AuthMethodUnsatisfiableError | TypeError {
  return saysSessionIsOver(error) || error instanceof AuthMethodUnsatisfiableError || error instanceof TypeError
}

/** Not a failure: this page is the popup of a sign-in that goes on in the window that opened it. */
export class LoginContinuedInParentWindowError extends Error {
  readonly code = 'LOGIN_CONTINUED_IN_PARENT_WINDOW'

  constructor() {
    super('Login complete, please close the popup window.')
  }
}

/** What is at hand where an error is made of its details. */
export interface ErrorContext {
  /** The parameters of the callback that failed. */
  params?: URLSearchParams | null
  /** What the app's own hook threw. */
  hookError?: unknown
}

/** Throws what the core threw: its details as the error that apps know, anything else as it is. */
export function rethrow(thrown: unknown, context?: ErrorContext): never {
  throw isDetails(thrown) ? toError(thrown, context) : thrown
}

/**
 * Whether a thrown value is an error's details, as the core throws them.
 *
 * @internal
 */
export function isDetails(value: unknown): value is ErrorDetails {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'help' in value
}

/** Makes the error that apps know of the details that the core gives. */
export function toError(details: ErrorDetails, context: ErrorContext = {}): Error & ErrorFacts {
  const { name, code, step, url, retryable, help, newIssuer, loginHint } = details
  // What the app itself threw stays what it was.
  if (details.name === 'HookError' && context.hookError instanceof Error) return context.hookError as Error & ErrorFacts
  const error = construct(details, context)
  if (error instanceof DidError) return Object.assign(error, { name: details.name, step, retryable, help, url })
  // The name is said outright: a minifier shortens that of the class.
  return Object.assign(error, { name, code, step, retryable, help }, present({ url, newIssuer, loginHint }))
}

/** The facts that are there: a member that is not does not show. */
function present(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

function construct(details: ErrorDetails, context: ErrorContext): Error {
  const { name, message, sub = '', status = 502 } = details
  const cause = isDetails(details.cause) ? toError(details.cause, context) : details.cause
  const options = cause ? { cause } : undefined
  switch (name) {
    case 'OAuthCallbackError':
      return new OAuthCallbackError(
        new URLSearchParams(details.params ?? context.params ?? undefined),
        cause instanceof Error ? cause.message : message,
        details.state,
        cause,
      )
    case 'AggregateError':
      return new AggregateError([cause], message, options)
    case 'OAuthResolverError':
      return new OAuthResolverError(message, options)
    case 'OAuthResponseError': {
      const { payload } = details
      const headers = { 'content-type': 'application/json' }
      const error = new OAuthResponseError(new Response(JSON.stringify(payload), { status, headers }), payload)
      const { seconds, refusal } = details
      // The core reads refusals in the words of XRPC too, which the constructor, the official client's, does not.
      return Object.assign(error, { message }, present({ seconds, error: refusal?.error, errorDescription: refusal?.description }))
    }
    case 'FetchRequestError':
      return new FetchRequestError(500, message, options)
    case 'FetchResponseError':
      return new FetchResponseError(status, message, options)
    case 'InvalidDidError':
      return new InvalidDidError(sub, message)
    case 'DidError':
      return didError(details, cause)
    case 'HandleResolverError':
      return new HandleResolverError(message, options)
    case 'TokenRefreshError':
      return new TokenRefreshError(sub, message, options)
    case 'TokenRevokedError':
      return new TokenRevokedError(sub, message, options)
    case 'TokenInvalidError':
      return new TokenInvalidError(sub, message, options)
    case 'LoginContinuedInParentWindowError':
      return new LoginContinuedInParentWindowError()
    case 'JwkError':
      return new JwkError(message, details.code, options)
    case 'AuthMethodUnsatisfiableError':
      return new AuthMethodUnsatisfiableError(message, options)
    case 'TypeError':
      return new TypeError(message, options)
    default:
      return new Error(message, options)
  }
}

/** The official client's codes for what can be wrong with a DID, by ours. */
const DID_CODES: Readonly<Record<string, string>> = {
  DID_DOCUMENT_INVALID: 'did-document-format-error',
  DID_DOCUMENT_MISMATCH: 'did-document-id-mismatch',
  DID_WEB_INSECURE: 'did-web-http-not-allowed',
  PDS_NOT_FOUND: 'did-service-not-found',
}

function didError({ sub, message, code, url = '' }: ErrorDetails, answer: unknown): DidError {
  // The core says only where it asked, when no answer was had to be judged.
  const did = sub ?? decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
  const cause = code === 'DID_NOT_FOUND' ? new FetchResponseError(404, message) : answer
  const status = cause instanceof FetchError ? cause.statusCode : undefined
  return new DidError(did, message, DID_CODES[code] ?? 'did-fetch-error', status, cause)
}

export function disposed(): Error {
  return toError({
    name: 'Error',
    message: 'Database has been disposed',
    code: 'DISPOSED',
    step: 'storage',
    retryable: false,
    help: 'Make a new client; this one was disposed of.',
  })
}

export function popupBlocked(): Error {
  return toError({
    name: 'Error',
    message: 'The browser blocked the popup',
    code: 'POPUP_BLOCKED',
    step: 'redirect',
    retryable: false,
    help: 'Call signIn in the click itself, before anything is awaited; or sign in by redirect.',
  })
}

/** The error of a request with a token that would have had to go to another address. The core has the same for apps in Rust. */
export function redirected(url: string): Error {
  return toError({
    name: 'FetchResponseError',
    message: `Unexpected redirect for "${url}"`,
    code: 'RESPONSE_REDIRECTED',
    step: 'request',
    url,
    retryable: false,
    help: 'The server redirects this request, and a token goes to no other address than that of the account\'s own server. Ask at the address that it redirects to, with fetch.',
  })
}

/** What to do about options that are wrong. */
export const OPTIONS_HELP = "Correct the client's options; the message names what is wrong."

/** How the app set the client up is at fault. */
export function configurationError(code: string, message: string, help: string): Error {
  return typeError(code, message, 'configure', help)
}

/** An option that is not as it must be, of a call or of a client. */
export function optionInvalid(option: string, value: unknown): Error {
  return configurationError('OPTION_INVALID', `Invalid ${option}: ${shown(value)}`, OPTIONS_HELP)
}

/** An argument that is not of its type. */
export function argumentInvalid(name: string, expected: string, value: unknown): Error {
  return typeError('ARGUMENT_INVALID', `The ${name} must be ${expected}, not ${shown(value)}`, 'input', 'Correct the call; the message names the argument.')
}

/** Something that only a page can do, and no worker or server. */
export function pageOnly(message: string): Error {
  return typeError('PAGE_ONLY', message, 'redirect', 'Call this in a page, or use `authorize`, which gives the URL that the user has to visit.')
}

function typeError(code: string, message: string, step: Step, help: string): Error {
  return toError({ name: 'TypeError', code, message, step, retryable: false, help })
}

/** A value in a message: that of a text, and of anything else its type, which alone is wrong. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? 'null' : typeof value
}
