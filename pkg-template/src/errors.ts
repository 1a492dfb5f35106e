import type { Step } from './types.js'

/** The members that every error of this package has beside its message. */
export interface ErrorFacts {
  /** Says what went wrong. Codes never change. A {@link DidError} has the official client's code, such as `did-invalid`. */
  code: string
  /** The step that failed. */
  step: Step
  /** The URL of the request, if there was one. */
  url?: string
  /** Whether the same call may succeed later, once the network, a server or the disk has recovered. */
  retryable: boolean
  /** What the developer or the user can do about it. */
  help: string
  /** The account's new authorization server, if the account moved. A sign-in with the handle or DID goes there. */
  newIssuer?: string
  /** If the session has ended: the account's handle or DID, to pass to `signIn`. */
  loginHint?: string
}

/** An authorization response could not be used. `cause` says why, unless the response itself is an error. */
export class OAuthCallbackError extends Error {
  constructor(
    /** The parameters of the authorization response. */
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

/** An identity or its server could not be found, or is invalid. `cause` says why. */
export class OAuthResolverError extends Error {}

/** The authorization server refused a request (RFC 6749 section 5.2). */
export class OAuthResponseError extends Error {
  /** The `error` code, such as `invalid_grant`. */
  readonly error?: string
  /** The `error_description`. */
  readonly errorDescription?: string
  /**
   * If the `code` is `CLOCK_SKEW`: by how many seconds this device's clock is ahead of the servers', negative if it is behind;
   * `undefined` if no response had a `Date`.
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

/** A request failed, or its response is invalid. */
export abstract class FetchError extends Error {
  constructor(
    /** The HTTP status for a server that makes the request on behalf of its own client. */
    readonly statusCode: number,
    message?: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A request got no response. */
export class FetchRequestError extends FetchError {}

/** A response is invalid. */
export class FetchResponseError extends FetchError {}

/** A session has ended. */
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

/** A session has ended: it could not be refreshed, or is no longer stored. */
export class TokenRefreshError extends EndedSessionError {}

/** A session has ended: it was signed out. */
export class TokenRevokedError extends EndedSessionError {
  constructor(sub: string, message = `The session for "${sub}" was successfully revoked`, options?: ErrorOptions) {
    super(sub, message, options)
  }
}

/** A session has ended: the PDS refuses even new tokens. */
export class TokenInvalidError extends EndedSessionError {
  constructor(sub: string, message = `The session for "${sub}" is invalid`, options?: ErrorOptions) {
    super(sub, message, options)
  }
}

/** The browser could not make or use a key. */
export class JwkError extends TypeError {
  constructor(
    message = 'JWK error',
    /** What went wrong. */
    readonly code = 'ERR_JWK_INVALID',
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A session has ended: this client does not support the session's client authentication method, or its key cannot sign. */
export class AuthMethodUnsatisfiableError extends Error {}

/** Whether an error means that a session has ended. */
export function isEndedSessionError(
  error: unknown,
): error is TokenRefreshError | TokenRevokedError | TokenInvalidError | AuthMethodUnsatisfiableError {
  return error instanceof EndedSessionError || error instanceof AuthMethodUnsatisfiableError
}

/** Whether an error means that a session has ended or is unusable. */
export function isExpectedSessionError(
  error: unknown,
): error is TokenRefreshError | TokenRevokedError | TokenInvalidError | AuthMethodUnsatisfiableError | TypeError {
  return isEndedSessionError(error) || error instanceof TypeError
}

/** Not a failure: this page is the popup of a sign-in, which continues in the window that opened the popup. */
export class LoginContinuedInParentWindowError extends Error {
  readonly code = 'LOGIN_CONTINUED_IN_PARENT_WINDOW'

  constructor() {
    super('Login complete, please close the popup window.')
  }
}
