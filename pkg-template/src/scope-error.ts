/** What is wrong with a permission. Codes never change, and the Rust crate has the same. */
export type ScopeErrorCode =
  /** A character that no scope can contain (RFC 6749 section 3.3), or an empty token. */
  | 'SCOPE_CHARACTER_INVALID'
  /** The resource is unknown. */
  | 'SCOPE_RESOURCE_UNKNOWN'
  /** The resource has no such parameter. */
  | 'SCOPE_PARAMETER_UNKNOWN'
  /** The resource requires the parameter. */
  | 'SCOPE_PARAMETER_MISSING'
  /** The parameter is given twice: it takes one value, or is also given behind the colon. */
  | 'SCOPE_PARAMETER_REPEATED'
  /** The parameter does not take this value. */
  | 'SCOPE_VALUE_INVALID'
  /** An `rpc` permission for every method of every service. */
  | 'SCOPE_RPC_UNLIMITED'

const SPECIFICATION = 'https://atproto.com/specs/permission'
const NAME = 'Write the whole name, such as app.bsky.feed.post. Part of a name with * does not work.'

const HELP: Record<ScopeErrorCode, string> = {
  SCOPE_CHARACTER_INVALID: 'Separate permissions by single spaces, and percent-encode what is not printable ASCII.',
  SCOPE_RESOURCE_UNKNOWN:
    'Use atproto, transition:generic, transition:chat.bsky, transition:email, repo, rpc, blob, account, identity or include.',
  SCOPE_PARAMETER_UNKNOWN: `See the resource's parameters at ${SPECIFICATION}.`,
  SCOPE_PARAMETER_MISSING: `See the resource's parameters at ${SPECIFICATION}.`,
  SCOPE_PARAMETER_REPEATED: 'Give it once: behind the colon, or as a parameter by its name.',
  SCOPE_VALUE_INVALID: `See the parameter's values at ${SPECIFICATION}.`,
  SCOPE_RPC_UNLIMITED: 'Name the methods in lxm, or the service in aud.',
}

/** The help for an invalid value, by parameter. */
const VALUE_HELP: Readonly<Record<string, string>> = {
  collection: NAME,
  lxm: NAME,
  nsid: NAME,
  aud: 'Name the service by its DID and its id in the DID document, such as did:web:api.bsky.app#bsky_appview.',
  accept: 'Use a media type such as image/png, or image/*, or */*. In a parameter, + is written %2B.',
}

/** A permission breaks a rule of the atproto specification, "Permissions". */
export class ScopeError extends Error {
  override readonly name = 'ScopeError'
  /** What the developer of the app can do. */
  readonly help: string

  constructor(
    readonly code: ScopeErrorCode,
    message: string,
    /** The parameter whose value is invalid. */
    parameter = '',
  ) {
    super(message)
    this.help = VALUE_HELP[parameter] ?? HELP[code]
  }
}
