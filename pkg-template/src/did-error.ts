/** A DID could not be resolved, or its document is invalid. */
export class DidError extends Error {
  constructor(
    /** The DID. */
    readonly did: string,
    message: string,
    /** The official client's code, such as `did-service-not-found`. */
    readonly code: string,
    /** The HTTP status for a server that resolves on behalf of its own client. */
    readonly status = 400,
    cause?: unknown,
  ) {
    super(message, { cause })
  }

  /** The same as `status`, under the name that some HTTP frameworks read. */
  get statusCode(): number {
    return this.status
  }

  override toString(): string {
    return `${this.name} ${this.code} (${this.did}): ${this.message}`
  }

  /** Converts any thrown value. */
  static from(cause: unknown, did: string): DidError {
    if (cause instanceof DidError) return cause
    const { statusCode, status } = Object(cause) as { statusCode?: unknown; status?: unknown }
    const message = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : 'An unknown error occurred'
    const number = [statusCode, status].find((value) => typeof value === 'number') as number | undefined
    return new DidError(did, message, 'did-unknown-error', number, cause)
  }
}

/** A value is not a DID, or not one that atproto supports. */
export class InvalidDidError extends DidError {
  constructor(did: string, message: string, cause?: unknown) {
    super(did, message, 'did-invalid', 400, cause)
  }
}
