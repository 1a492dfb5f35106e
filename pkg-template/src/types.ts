/** Calls the network; `globalThis.fetch` by default. It is given one `Request`. */
export type Fetch = (input: Request) => Promise<Response>

/**
 * Client metadata, as published at `client_id`.
 *
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export interface OAuthClientMetadata {
  /** The URL of the published document; for development, a loopback id such as `http://localhost?redirect_uri=…`. */
  client_id?: string
  /** Where users may be sent back to. At least one. */
  redirect_uris: readonly string[]
  /** All scope the app may ask for, separated by spaces; `atproto` is required. */
  scope?: string
  response_types?: readonly string[]
  grant_types?: readonly string[]
  /** `none`: a browser app is a public client. */
  token_endpoint_auth_method?: string
  application_type?: 'web' | 'native'
  dpop_bound_access_tokens?: boolean
  client_name?: string
  client_uri?: string
  logo_uri?: string
  tos_uri?: string
  policy_uri?: string
  [other: string]: unknown
}

/** The steps of the flow, as `onProgress` and errors name them. */
export type Step =
  | 'configure'
  | 'input'
  | 'handle'
  | 'did'
  | 'resource'
  | 'issuer'
  | 'par'
  | 'redirect'
  | 'callback'
  | 'token'
  | 'refresh'
  | 'revoke'
  | 'request'
  | 'storage'

/** Facts about a session that has just been made or refreshed. The tokens themselves are nobody's business. */
export interface SessionFacts {
  tokenSet: {
    /** The authorization server. */
    iss: string
    /** The account's DID. */
    sub: string
    /** The account's PDS, with a trailing slash. */
    aud: string
    /** The granted scope. */
    scope: string
    token_type: 'DPoP'
    /** When the access token expires, as an ISO date. */
    expires_at?: string
  }
  authMethod: { method: 'none' }
}

/** `event.detail` of an `updated` event. */
export type UpdatedEventDetail = { sub: string } & SessionFacts

/** `event.detail` of a `deleted` event. */
export interface DeletedEventDetail {
  sub: string
  /** A `TokenRevokedError`, `TokenRefreshError` or `TokenInvalidError`. */
  cause: Error
}

/** The client's events, in this tab and from all others. */
export interface SessionEventMap {
  updated: CustomEvent<UpdatedEventDetail>
  deleted: CustomEvent<DeletedEventDetail>
}

/** How a client is set up. */
export interface BrowserOAuthClientOptions {
  /** The app's client metadata. Omit it on a loopback address, for development. */
  clientMetadata?: Readonly<OAuthClientMetadata>
  /** Where the authorization server puts its answer. Default: `fragment`. */
  responseMode?: 'fragment' | 'query'
  /**
   * The atproto server that resolves handles. It learns every handle that is typed, and the visitor's address: use your
   * own PDS where you have one.
   */
  handleResolver: string | URL
  /** The PLC directory. Default: `https://plc.directory/`. */
  plcDirectoryUrl?: string | URL
  /** Allow servers on http, for development. */
  allowHttp?: boolean
  /** Calls the network in place of `globalThis.fetch`. */
  fetch?: Fetch
  /** Called when a session is new or has new tokens, in this tab or another. Awaited, in the tab that did it. */
  onSessionUpdated?: (sub: string, session: SessionFacts) => void | PromiseLike<void>
  /** Called when a session is over, in this tab or another. Awaited, in the tab that did it. */
  onSessionDeleted?: (sub: string, cause: Error) => void | PromiseLike<void>
}

/** Options of {@link BrowserOAuthClient.load}. */
export interface BrowserOAuthClientLoadOptions extends Omit<BrowserOAuthClientOptions, 'clientMetadata'> {
  /** The URL of the published client metadata, or a loopback id. */
  clientId: string
  /** Aborts the loading. */
  signal?: AbortSignal
}

/** What an app may ask of one sign-in. */
export interface AuthorizeOptions {
  /** A text of the app's own, handed back by `init` or `callback`. It never leaves the browser. */
  state?: string
  /** One of the registered redirect URIs. Default: the first. */
  redirect_uri?: string
  /** The scope to ask for. Default: the registered one. */
  scope?: string
  prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'create'
  display?: 'page' | 'popup' | 'touch' | 'wap'
  ui_locales?: string
  nonce?: string
  max_age?: number
  claims?: object
  id_token_hint?: string
  authorization_details?: unknown
  dpop_jkt?: string
  /** Aborts the preparation. */
  signal?: AbortSignal
  /** Told of each step as it begins. */
  onProgress?: (step: Step) => void
}

/** What an app may ask of a sign-in in a popup. */
export interface PopupOptions extends AuthorizeOptions {
  /** The window's name, for `window.open`. Default: `_blank`. */
  popupName?: string
  /** The window's features, for `window.open`. */
  popupFeatures?: string
}

/** Facts about a session's tokens. */
export interface TokenInfo {
  /** When the access token expires, where the server said. */
  readonly expiresAt?: Date
  /** Whether it has, or is about to. */
  readonly expired?: boolean
  /** The granted scope. */
  readonly scope: string
  /** The authorization server. */
  readonly iss: string
  /** The account's PDS. */
  readonly aud: string
  /** The account's DID. */
  readonly sub: string
}
