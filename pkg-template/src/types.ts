import type { AtprotoDid } from './did.js'
import type { HandleResolver } from './handle-resolver.js'
import type { DidResolver, IdentityResolver } from './identity-resolver.js'

/** Calls the network; `globalThis.fetch` by default. It is given one `Request`. */
export type Fetch = (input: Request) => Promise<Response>

/** Where the authorization server puts its answer: behind `#`, or behind `?`. */
export type OAuthResponseMode = 'fragment' | 'query'

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

/**
 * The metadata of an authorization server, as far as it is known: all of it, but that of a session which another client
 * stored is only the issuer's name until the session is refreshed.
 *
 * @see https://atproto.com/specs/oauth#authorization-servers
 */
export interface OAuthAuthorizationServerMetadata {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  pushed_authorization_request_endpoint?: string
  revocation_endpoint?: string
  scopes_supported?: string[]
  prompt_values_supported?: string[]
  [other: string]: unknown
}

/** The steps of the flow, as `onProgress` and errors name them. `spec/names.json` holds Rust to the same. */
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

/** What a session that has just been made or refreshed holds. */
export interface SessionFacts {
  tokenSet: {
    /** The authorization server. */
    iss: string
    /** The account's DID. */
    sub: AtprotoDid
    /** The account's PDS, with a trailing slash. */
    aud: string
    /** The granted scope. */
    scope: string
    token_type: 'DPoP'
    /** Only in the tab that got it. It is of no use without the session's key. */
    access_token?: string
    /** Only in the tab that got it, where the server gave one. */
    refresh_token?: string
    /** When the access token expires, as an ISO date. */
    expires_at?: string
  }
  authMethod: { method: 'none' }
}

/** `event.detail` of an `updated` event. */
export type UpdatedEventDetail = { sub: AtprotoDid } & SessionFacts

/** `event.detail` of a `deleted` event. */
export interface DeletedEventDetail {
  sub: AtprotoDid
  /** A `TokenRevokedError`, `TokenRefreshError`, `TokenInvalidError` or `AuthMethodUnsatisfiableError`. */
  cause: Error
}

/** An account that is signed in here, or was. */
export interface Account {
  /** The account's DID. */
  did: AtprotoDid
  /** Its handle, verified when it signed in. To sign in again: `signIn(account.handle ?? account.did)`. */
  handle?: string
  /** Its PDS, with a trailing slash. */
  pds?: string
  /** Its authorization server. */
  issuer?: string
  /** Whether its session is stored and the server refreshes it, as far as is known. It is looked up at every call. */
  status: 'signed-in' | 'signed-out'
  /** When it last signed in or was restored. Absent for a session that another client stored and ours never used. */
  lastUsed?: Date
}

/** The client's events, in this tab and from all others. */
export interface SessionEventMap {
  updated: CustomEvent<UpdatedEventDetail>
  deleted: CustomEvent<DeletedEventDetail>
  /**
   * `accounts()` or `active` has another answer than before: a sign-in, the end of a session, another account made active,
   * an account forgotten. Once for each change in each tab; a mere refresh is none. It has no detail: ask again.
   */
  changed: Event
}

/** Time limits, in milliseconds. */
export interface Timeouts {
  /** Of a document: metadata, or an identity. Default: 10 000. */
  metadata?: number
  /**
   * Of a request to the authorization server. Default: 30 000. A refresh that takes longer goes on, since its answer holds
   * the only tokens there are; it is no longer waited for.
   */
  token?: number
}

/** How a client is set up. */
export interface BrowserOAuthClientOptions {
  /** The app's client metadata. Omit it on a loopback address, for development. */
  clientMetadata?: Readonly<OAuthClientMetadata>
  /** Where the authorization server puts its answer. Default: `fragment`. */
  responseMode?: OAuthResponseMode
  /**
   * What resolves handles; needed unless `identityResolver` is there. The URL is that of an atproto server, which learns
   * every handle that is typed, and the visitor's address: use your own PDS where you have one.
   */
  handleResolver?: string | URL | HandleResolver
  /** What resolves DIDs. Default: the PLC directory for `did:plc`, the host itself for `did:web`. */
  didResolver?: DidResolver
  /** What finds accounts by handle or DID, in place of `handleResolver` and `didResolver`. */
  identityResolver?: IdentityResolver
  /** The PLC directory. Default: `https://plc.directory/`. */
  plcDirectoryUrl?: string | URL
  /**
   * Allow servers on http, for development. As a loopback client id does, it also lets handles under `.test` and private
   * addresses count, which lead nowhere in production.
   */
  allowHttp?: boolean
  /** Calls the network in place of `globalThis.fetch`. */
  fetch?: Fetch
  /** How long the client's own requests may take. */
  timeouts?: Timeouts
  /**
   * A name for database, locks, channels and items of `localStorage`, which this app then has to itself. By default all apps of an
   * origin share those, and the official client's; either way an app sees only the sessions of its own client id.
   */
  storageName?: string
  /**
   * Where tokens are refreshed. Default: `page`. A server takes a refresh token once, so a page that is closed between the
   * request and its answer has lost the session; a worker receives and stores the answer all the same.
   *
   * - `shared-worker`: in one that the client starts at the first refresh. Chromium keeps it when the last page closes,
   *   Firefox while another page of the app is open. WebKit's cannot read stored keys, so there this means `page`.
   * - `service-worker`: in the app's own, which must hand its messages to `handleRefresh` of
   *   `atproto-oauth-wasm/refresh-worker`.
   *
   * A worker uses its own `fetch`: with the option `fetch`, `didResolver` or `identityResolver` the refresh stays in the
   * page, as it does where no worker answers.
   */
  refreshIn?: 'page' | 'shared-worker' | 'service-worker'
  /** Called when a session is new or has new tokens, in this tab or another. Awaited, in the tab that did it. */
  onSessionUpdated?: (sub: AtprotoDid, session: SessionFacts) => void | PromiseLike<void>
  /** Called when a session is over, in this tab or another. Awaited, in the tab that did it. */
  onSessionDeleted?: (sub: AtprotoDid, cause: Error) => void | PromiseLike<void>
  /** Taken for the official client's sake. Never called: documents are remembered in memory, which does not fail. */
  onDidCacheError?: (error: unknown, operation: string, key: string) => void
  /** Taken for the official client's sake. Never called: handles are remembered in memory, which does not fail. */
  onHandleCacheError?: (error: unknown, operation: string, key: string) => void
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

/** Where a client keeps sessions: in the browser's storage, or only in this page. */
export type Persistence = 'durable' | 'memory'

/** Facts about a session's tokens. */
export interface TokenInfo {
  /** When the access token expires, where the server said. */
  readonly expiresAt?: Date
  /**
   * Whether it expired more than 5 seconds ago, as in the official client: it does not say that a token about to expire still
   * serves. Requests renew tokens in time by themselves.
   */
  readonly expired?: boolean
  /** The granted scope. */
  readonly scope: string
  /** The authorization server. */
  readonly iss: string
  /** The account's PDS. */
  readonly aud: string
  /** The account's DID. */
  readonly sub: AtprotoDid
}
