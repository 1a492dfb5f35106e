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

/** What an error is about. */
interface Facts {
  step: Step
  retryable?: boolean
  /** What the help goes by before the code. */
  topic?: string
  url?: string
  loginHint?: string
  newIssuer?: string
  /** The account. */
  sub?: string
  /** The HTTP status. */
  status?: number
  /** The `error` of a refusal, in whatever form it came. */
  error?: string
  /** Its description. */
  description?: string
  /** The answer that a server refused with. */
  payload?: unknown
  /** By how many seconds this device's clock is ahead. */
  ahead?: number
  /** By how many it is behind. */
  behind?: number
  /** Whether the call handles a callback, and this is not an error of the callback itself. */
  inCallback?: boolean
  /** The app's own text, as given to `signIn`. */
  state?: string
  /** The parameters of the callback that failed in a popup. */
  params?: string
  /** What is behind it. */
  cause?: unknown
  /** Other arguments of the message. */
  [argument: string]: unknown
}

/** An error before it is put into words: its code, and the arguments of its message. */
export interface ErrorDetails extends Facts {
  code: string
  /** The key of the message, where that is not the code. */
  key?: string
  /** The key of the message that says what the call was for. */
  purpose?: string
  /** The class of what is not in the table, since only this package knows it; its message is an argument. */
  name?: string
  /** Its help. */
  help?: string
}

/** The same as the core gives it: messages by their lines in the table, and a code only where the message has another. */
export interface CoreErrorDetails extends Facts {
  code?: string
  key: number
  purpose?: number
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
  throw isDetails(thrown) ? fromCore(thrown, context) : thrown
}

/** Whether a thrown value is an error's details. */
export function isDetails(value: unknown): value is CoreErrorDetails | ErrorDetails {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'key' in value && 'step' in value
}

/** Makes the error that apps know of what the core gives: details of its own, or those that a worker has sent it. */
export function fromCore(details: CoreErrorDetails | ErrorDetails, context?: ErrorContext): Error & ErrorFacts {
  return toError(named(details), context)
}

function isOfLines(details: CoreErrorDetails | ErrorDetails): details is CoreErrorDetails {
  return typeof details.key === 'number'
}

/** The details by the keys of their messages: lines differ from one build to the next. */
export function named(given: CoreErrorDetails | ErrorDetails): ErrorDetails {
  if (!isOfLines(given)) return given
  const { purpose, ...details } = given
  const key = keyOfLine(details.key)
  const code = details.code ?? String(key.split('/', 1))
  return { ...details, key, code, ...(purpose && { purpose: keyOfLine(purpose) }) }
}

/** Makes the error that apps know, with the causes that the official client shows. */
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
    // What the app itself threw stays what it was.
    error = context.hookError
  } else if (code !== 'RESOLVER_FAILED' || !purpose) {
    // What the app's own resolver threw is right behind what the call was for; nothing else is.
    if (code === 'NETWORK_UNREACHABLE') error = make('TypeError', String(details.reason)) // As `fetch` throws it.
    if (code === 'SESSION_REVOKED') error = makeOf('OAUTH_REFUSED', undefined, revoked(details))
    error = Object.assign(make(name, text, error), present({ newIssuer, loginHint }))
  }
  if (step === 'did' && name.startsWith('Fetch')) error = make('DidError', text, error)
  if (step === 'handle' && code === 'RESPONSE_STATUS') error = makeOf('RESOLVING/status', error)
  // These errors of the resolver say it all themselves.
  if (purpose && name !== 'OAuthResolverError') error = makeOf(purpose, error)
  if (details.inCallback) error = make('OAuthCallbackError', text, error)
  return error as Error & ErrorFacts
}

/** The answer that ended a session: no other does. */
function revoked({ description }: ErrorDetails): Arguments {
  const error = 'invalid_grant'
  return { error, status: 400, payload: { error, ...present({ error_description: description }) } }
}

/** Gives one error of a chain what all of them have. */
function withFacts(error: Error, name: string, { code, ...facts }: ErrorFacts): Error {
  // The name is said outright: a minifier shortens that of the class. A DID's error has a code of its own.
  return Object.assign(error, facts, { name }, error instanceof DidError ? {} : { code })
}

/** The facts that are there: a member that is not does not show. */
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

/** Those that hold nothing of their own. */
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
  // The core reads refusals in the words of XRPC too, which the constructor, the official client's, does not.
  return Object.assign(made, { message: text }, present({ seconds, error, errorDescription: description }))
}

/** The official client's codes for what can be wrong with a DID, by ours. */
const DID_CODES: Readonly<Record<string, string>> = {
  DID_DOCUMENT_INVALID: 'did-document-format-error',
  DID_DOCUMENT_MISMATCH: 'did-document-id-mismatch',
  DID_WEB_INSECURE: 'did-web-http-not-allowed',
  PDS_NOT_FOUND: 'did-service-not-found',
}

function didError(text: string, { sub, code, url = '' }: ErrorDetails, answer: unknown): DidError {
  // The core says only where it asked, when no answer was had to be judged.
  const did = sub ?? decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
  const cause = code === 'DID_NOT_FOUND' ? new FetchResponseError(404, text) : answer
  const status = cause instanceof FetchError ? cause.statusCode : undefined
  return new DidError(did, text, DID_CODES[code] ?? 'did-fetch-error', status, cause)
}
