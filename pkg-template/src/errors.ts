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

/** A session is over. */
abstract class EndedSessionError extends Error {
  constructor(
    /** The account's DID. */
    readonly sub: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A session is over: it could not be refreshed, or has gone. */
export class TokenRefreshError extends EndedSessionError {}

/** A session is over: it was signed out. */
export class TokenRevokedError extends EndedSessionError {
  constructor(sub: string, message = `The session for "${sub}" was successfully revoked`, options?: ErrorOptions) {
    super(sub, message, options)
  }
}

/** A session is over: the PDS refuses even new tokens. */
export class TokenInvalidError extends EndedSessionError {
  constructor(sub: string, message = `The session for "${sub}" is invalid`, options?: ErrorOptions) {
    super(sub, message, options)
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

/** A session is over: this client cannot authenticate itself in the way that the session was granted for, or its key cannot sign. */
export class AuthMethodUnsatisfiableError extends Error {}

/** Whether an error says that a session is over. */
export function saysSessionIsOver(
  error: unknown,
): error is TokenRefreshError | TokenRevokedError | TokenInvalidError | AuthMethodUnsatisfiableError {
  return error instanceof EndedSessionError || error instanceof AuthMethodUnsatisfiableError
}

/** Whether an error says that a session is over or unusable, and not that something else went wrong. */
export function isExpectedSessionError(
  error: unknown,
): error is TokenRefreshError | TokenRevokedError | TokenInvalidError | AuthMethodUnsatisfiableError | TypeError {
  return saysSessionIsOver(error) || error instanceof TypeError
}

/** Not a failure: this page is the popup of a sign-in that goes on in the window that opened it. */
export class LoginContinuedInParentWindowError extends Error {
  readonly code = 'LOGIN_CONTINUED_IN_PARENT_WINDOW'

  constructor() {
    super('Login complete, please close the popup window.')
  }
}
