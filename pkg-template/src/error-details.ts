import { DidError, InvalidDidError } from './did-error.js'
import {
  AuthMethodUnsatisfiableError,
  type ErrorFacts,
  FetchError,
  FetchRequestError,
  FetchResponseError,
  JwkError,
  LoginContinuedInParentWindowError,
  OAuthCallbackError,
  OAuthResolverError,
  OAuthResponseError,
  TokenInvalidError,
  TokenRefreshError,
  TokenRevokedError,
} from './errors.js'
import { HandleResolverError } from './handle-resolver.js'
import { type Arguments, className, help, keyOfLine, message } from './sentences.js'
import type { Step } from './types.js'

/** The facts of an error, and the arguments of its message. */
interface Facts {
  step: Step
  retryable?: boolean
  /** Looked up before the code to find the help. */
  topic?: string
  url?: string
  loginHint?: string
  newIssuer?: string
  /** The account. */
  sub?: string
  /** The HTTP status. */
  status?: number
  /** The `error` of an error response, of OAuth or of XRPC. */
  error?: string
  /** Its description. */
  description?: string
  /** The body of the error response. */
  payload?: unknown
  /** By how many seconds this device's clock is ahead. */
  ahead?: number
  /** By how many seconds it is behind. */
  behind?: number
  /** Whether the call handles a callback, and this is not an error of the callback itself. */
  inCallback?: boolean
  /** The app's own text, as given to `signIn`. */
  state?: string
  /** The parameters of the callback that failed in a popup. */
  params?: string
  /** The error behind this one. */
  cause?: unknown
  /** Other arguments of the message. */
  [argument: string]: unknown
}

/** An error before its message is written: its code, and the arguments of the message. */
export interface ErrorDetails extends Facts {
  code: string
  /** The key of the message, if that is not the code. */
  key?: string
  /** The key of the message that says what the failed call was for. */
  purpose?: string
  /** The class of an error that is not in the table because only this package has it; its message is an argument. */
  name?: string
  /** The help of such an error. */
  help?: string
}

/** The same in the core's form: messages by their lines in the table, and a code only if it is not that of the message. */
export interface CoreErrorDetails extends Facts {
  code?: string
  key: number
  purpose?: number
}

/** What the caller knows of an error beside its details. */
export interface ErrorContext {
  /** The parameters of the callback that failed. */
  params?: URLSearchParams | null
  /** The error that the app's own hook threw. */
  hookError?: unknown
}

/** Throws the public error for the core's details, and anything else as it is. */
export function rethrow(thrown: unknown, context?: ErrorContext): never {
  throw isDetails(thrown) ? fromCore(thrown, context) : thrown
}

/** Whether a thrown value is the details of an error. */
export function isDetails(value: unknown): value is CoreErrorDetails | ErrorDetails {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'key' in value && 'step' in value
}

/** Makes the public error for details of the core, or for those that a worker has sent. */
export function fromCore(details: CoreErrorDetails | ErrorDetails, context?: ErrorContext): Error & ErrorFacts {
  return toError(named(details), context)
}

function isOfLines(details: CoreErrorDetails | ErrorDetails): details is CoreErrorDetails {
  return typeof details.key === 'number'
}

/** Details with the keys of their messages in place of the lines, which differ from one build to the next. */
export function named(given: CoreErrorDetails | ErrorDetails): ErrorDetails {
  if (!isOfLines(given)) return given
  const { purpose, ...details } = given
  const key = keyOfLine(details.key)
  const code = details.code ?? String(key.split('/', 1))
  return { ...details, key, code, ...(purpose && { purpose: keyOfLine(purpose) }) }
}

/** Makes the public error, with the same chain of causes as in the official client. */
export function toError(details: ErrorDetails, context: ErrorContext = {}): Error & ErrorFacts {
  const { code, key = code, step, url, purpose, loginHint, newIssuer } = details
  const name = details.name ?? className(key)
  const { retryable = false, topic = `error=${details.error}` } = details
  const facts = { code, step, retryable, help: details.help ?? help(topic, code, step), ...present({ url }) }
  const make = (name: string, text: string, cause?: unknown, more?: Arguments) =>
    withFacts(construct(name, text, { ...details, ...more }, context, cause), name, facts)
  const makeOf = (key: string, cause?: unknown, more?: Arguments) =>
    make(className(key), message(key, { ...details, ...more }), cause, more)

  const text = message(key, details)
  let error: unknown = details.cause
  if (name === 'HookError' && context.hookError instanceof Error) {
    // The app gets its own error back.
    error = context.hookError
  } else if (code !== 'RESOLVER_FAILED' || !purpose) {
    // An error of the app's own resolver is the direct cause of the error for the whole call; all others get an error of their own.
    if (code === 'NETWORK_UNREACHABLE') error = make('TypeError', String(details.reason)) // As `fetch` throws it.
    if (code === 'SESSION_REVOKED') error = makeOf('OAUTH_REFUSED', undefined, revoked(details))
    error = Object.assign(make(name, text, error), present({ newIssuer, loginHint }))
  }
  if (step === 'did' && name.startsWith('Fetch')) error = make('DidError', text, error)
  if (step === 'handle' && code === 'RESPONSE_STATUS') error = makeOf('RESOLVING/status', error)
  // An `OAuthResolverError` needs no error around it.
  if (purpose && name !== 'OAuthResolverError') error = makeOf(purpose, error)
  if (details.inCallback) error = make('OAuthCallbackError', text, error)
  return error as Error & ErrorFacts
}

/** The error response of the token endpoint when a session was revoked: always `invalid_grant`. */
function revoked({ description }: ErrorDetails): Arguments {
  const error = 'invalid_grant'
  return { error, status: 400, payload: { error, ...present({ error_description: description }) } }
}

/** Adds the members that every error of the chain has. */
function withFacts(error: Error, name: string, { code, ...facts }: ErrorFacts): Error {
  // Set the name explicitly, since a minifier shortens class names. A `DidError` has a code of its own.
  return Object.assign(error, facts, { name }, error instanceof DidError ? {} : { code })
}

/** The facts without the members that are `undefined`. */
function present(facts: Arguments): Arguments {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

function construct(name: string, text: string, details: ErrorDetails, context: ErrorContext, cause?: unknown): Error {
  const { code, sub = '', status = 502, params, state } = details
  const options = cause ? { cause } : undefined
  switch (name) {
    case 'OAuthCallbackError': {
      const message = cause instanceof Error ? cause.message : text
      return new OAuthCallbackError(new URLSearchParams(params ?? context.params ?? undefined), message, state, cause)
    }
    case 'AggregateError':
      return new AggregateError([cause], text, options)
    case 'OAuthResponseError':
      return refused(text, status, details)
    case 'FetchRequestError':
      return new FetchRequestError(500, text, options)
    case 'FetchResponseError':
      return new FetchResponseError(status, text, options)
    case 'InvalidDidError':
      return new InvalidDidError(sub, text)
    case 'DidError':
      return didError(text, details, cause)
    case 'TokenRefreshError':
      return new TokenRefreshError(sub, text, options)
    case 'TokenRevokedError':
      return new TokenRevokedError(sub, text, options)
    case 'TokenInvalidError':
      return new TokenInvalidError(sub, text, options)
    case 'LoginContinuedInParentWindowError':
      return new LoginContinuedInParentWindowError()
    case 'JwkError':
      return new JwkError(text, code, options)
  }
  return new (CLASSES[name] ?? Error)(text, options)
}

/** The classes without members of their own. */
const CLASSES: Readonly<Record<string, new (message: string, options?: ErrorOptions) => Error>> = {
  AuthMethodUnsatisfiableError,
  HandleResolverError,
  OAuthResolverError,
  TypeError,
}

function refused(text: string, status: number, { payload, error, description, ahead, behind }: ErrorDetails): Error {
  const headers = { 'content-type': 'application/json' }
  const made = new OAuthResponseError(new Response(JSON.stringify(payload), { status, headers }), payload)
  const seconds = ahead ?? (behind && -behind)
  // The core also reads error responses in XRPC's form, which the constructor, as in the official client, does not.
  return Object.assign(made, { message: text }, present({ seconds, error, errorDescription: description }))
}

/** The official client's codes for errors of a DID, by ours. */
const DID_CODES: Readonly<Record<string, string>> = {
  DID_DOCUMENT_INVALID: 'did-document-format-error',
  DID_DOCUMENT_MISMATCH: 'did-document-id-mismatch',
  DID_WEB_INSECURE: 'did-web-http-not-allowed',
  PDS_NOT_FOUND: 'did-service-not-found',
}

function didError(text: string, { sub, code, url = '' }: ErrorDetails, error: unknown): DidError {
  // If there was no response to check, the core gives only the URL of the request.
  const did = sub ?? decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
  const cause = code === 'DID_NOT_FOUND' ? new FetchResponseError(404, text) : error
  const status = cause instanceof FetchError ? cause.statusCode : undefined
  return new DidError(did, text, DID_CODES[code] ?? 'did-fetch-error', status, cause)
}
