/** A DID could not be resolved, or what it resolves to is not as it must be. */
export class DidError extends Error {
  constructor(
    /** The DID. */
    readonly did: string,
    message: string,
    /** Says what is wrong, such as `did-service-not-found`; it is the official client's. */
    readonly code: string,
    /** The HTTP status to pass on, where this happens on behalf of another. */
    readonly status = 400,
    cause?: unknown,
  ) {
    super(message, { cause })
  }

  /** The same as `status`, by the name that some HTTP frameworks read. */
  get statusCode(): number {
    return this.status
  }

  override toString(): string {
    return `${this.name} ${this.code} (${this.did}): ${this.message}`
  }

  /** Makes one of whatever was thrown. */
  static from(cause: unknown, did: string): DidError {
    if (cause instanceof DidError) return cause
    const { statusCode, status } = Object(cause) as { statusCode?: unknown; status?: unknown }
    const message = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : 'An unknown error occurred'
    const number = [statusCode, status].find((value) => typeof value === 'number') as number | undefined
    return new DidError(did, message, 'did-unknown-error', number, cause)
  }
}

/** What was given as a DID is none, or none that atproto supports. */
export class InvalidDidError extends DidError {
  constructor(did: string, message: string, cause?: unknown) {
    super(did, message, 'did-invalid', 400, cause)
  }
}
