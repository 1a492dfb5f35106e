import type { AtprotoDid } from './did.js'
import type { HandleResolver } from './handle-resolver.js'
import type { DidResolver, IdentityResolver } from './identity-resolver.js'

/** Like `globalThis.fetch`, but always called with one `Request`. */
export type Fetch = (input: Request) => Promise<Response>

/** Where the authorization server puts the parameters of its response: behind `#`, or behind `?`. */
export type OAuthResponseMode = 'fragment' | 'query'

/**
 * Client metadata, as published at `client_id`.
 *
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export interface OAuthClientMetadata {
  /** The URL of the published document; for development, a loopback id such as `http://localhost?redirect_uri=…`. */
  client_id?: string
  /** The URLs that the server may redirect users to. At least one. */
  redirect_uris: readonly string[]
  /** Every scope that the app may request, separated by spaces; `atproto` is required. */
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
 * The metadata of an authorization server. For a session that another client stored, only the issuer is known until the
 * session is refreshed.
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

/** The steps of the flow, as `onProgress` and errors name them. Rust has the same: `spec/names.json`. */
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

/** The facts of a session that was just created or refreshed. */
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
    /** Only in the tab that received it. Useless without the session's key. */
    access_token?: string
    /** Only in the tab that received it, if the server issued one. */
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

/** An account that is or was signed in here. */
export interface Account {
  /** The account's DID. */
  did: AtprotoDid
  /** Its handle, as verified at sign-in. To sign in again: `signIn(account.handle ?? account.did)`. */
  handle?: string
  /** Its PDS, with a trailing slash. */
  pds?: string
  /** Its authorization server. */
  issuer?: string
  /** Whether its session is stored, and the server is not known to have refused a refresh. Looked up at every call. */
  status: 'signed-in' | 'signed-out'
  /** When it last signed in or was restored. Absent for a session that another client stored and this one never used. */
  lastUsed?: Date
}

/** The client's events, for changes in this tab and in all others. */
export interface SessionEventMap {
  updated: CustomEvent<UpdatedEventDetail>
  deleted: CustomEvent<DeletedEventDetail>
  /**
   * The result of `accounts()` or `active` has changed: by a sign-in, the end of a session, another active account, or a
   * forgotten account. Dispatched once for each change in each tab, not for a refresh. It has no detail: call them again.
   */
  changed: Event
}

/** Time limits, in milliseconds. */
export interface Timeouts {
  /** For a document: metadata or an identity. Default: 10 000. */
  metadata?: number
  /**
   * For a request to the authorization server. Default: 30 000. After that, callers no longer wait for a refresh, but the
   * refresh goes on: its response contains the only valid tokens.
   */
  token?: number
}

/** The rows of one store of an {@link OAuthStorage}, within one transaction. */
export interface StorageRows {
  /** The row; `undefined` if there is none, or if the time in its member `expiresAt`, an ISO text, has passed. */
  get(key: string): Promise<any>
  /** All rows that `get` would give. */
  all(): Promise<any[]>
  put(key: string, row: unknown): Promise<unknown>
  delete(key: string): Promise<unknown>
}

/**
 * A storage of the app's own for sessions and pending sign-ins.
 *
 * A row holds tokens, and a `CryptoKeyPair` whose private key cannot be read out: a storage keeps it as it is, by reference or
 * by structured clone. All tabs must see the same rows, or refreshes of one tab end the sessions of the others.
 */
export interface OAuthStorage {
  /** Whether rows are there when the page is loaded again. If not, only a popup can sign in. */
  readonly durable: boolean
  /**
   * Does `work` with the rows of a store in one transaction, and resolves to what that gives. It resolves only once the rows
   * are stored, and rejects, with none of them changed, if they cannot be. Transactions that write to a store come one after
   * the other, also those of other tabs. `work` waits for nothing but the rows.
   */
  run<T>(store: 'state' | 'session', mode: 'readonly' | 'readwrite', work: (rows: StorageRows) => Promise<T>): Promise<T>
}

/** Options of a client. */
export interface BrowserOAuthClientOptions {
  /** The app's client metadata. Omit it on a loopback address, for development. */
  clientMetadata?: Readonly<OAuthClientMetadata>
  /** Where the authorization server puts the parameters of its response. Default: `fragment`. */
  responseMode?: OAuthResponseMode
  /**
   * Resolves handles; required unless there is an `identityResolver`. A URL is that of an atproto server, which sees every
   * handle that users enter, and their IP addresses: use your own PDS if you have one.
   */
  handleResolver?: string | URL | HandleResolver
  /** Resolves DIDs. Default: the PLC directory for `did:plc`, the host itself for `did:web`. */
  didResolver?: DidResolver
  /** Resolves both handles and DIDs, in place of `handleResolver` and `didResolver`. */
  identityResolver?: IdentityResolver
  /** The PLC directory. Default: `https://plc.directory/`. */
  plcDirectoryUrl?: string | URL
  /**
   * Allows servers on http, for development. Like a loopback client id, it also allows handles under `.test` and private
   * addresses, which are refused otherwise.
   */
  allowHttp?: boolean
  /** Used in place of `globalThis.fetch`. */
  fetch?: Fetch
  /** How long the client's own requests may take. */
  timeouts?: Timeouts
  /**
   * A name for this app's own database, locks, channels and items of `localStorage`. By default, all apps of an origin share
   * them, also with the official client. Either way an app sees only the sessions of its own client id.
   */
  storageName?: string
  /**
   * Where sessions and pending sign-ins are stored, in place of the browser's database. Which account is active, which accounts
   * were signed in, and the servers' nonces stay in `localStorage`.
   */
  storage?: OAuthStorage
  /**
   * Where tokens are refreshed. Default: `page`. A server accepts a refresh token once, so a page that is closed between the
   * request and its response loses the session; a worker still receives and stores the response.
   *
   * - `shared-worker`: in a worker that the client starts at the first refresh. Chromium keeps it when the last page closes,
   *   Firefox only while another page of the app is open. WebKit's shared workers cannot read stored keys, so there this means
   *   `page`.
   * - `service-worker`: in the app's own service worker, which must pass its messages to `handleRefresh` of
   *   `atproto-oauth-wasm/refresh-worker`.
   *
   * A worker uses its own `fetch` and database. With the option `fetch`, `storage`, `didResolver` or `identityResolver`, and
   * if no worker responds, the page refreshes.
   */
  refreshIn?: 'page' | 'shared-worker' | 'service-worker'
  /** Called when a session is new or has new tokens, in this tab or another. The tab that made the change awaits it. */
  onSessionUpdated?: (sub: AtprotoDid, session: SessionFacts) => void | PromiseLike<void>
  /** Called when a session has ended, in this tab or another. The tab that ended it awaits it. */
  onSessionDeleted?: (sub: AtprotoDid, cause: Error) => void | PromiseLike<void>
  /** Accepted for compatibility with the official client. Never called: the document cache is in memory, which does not fail. */
  onDidCacheError?: (error: unknown, operation: string, key: string) => void
  /** Accepted for compatibility with the official client. Never called: the handle cache is in memory, which does not fail. */
  onHandleCacheError?: (error: unknown, operation: string, key: string) => void
}

/** Options of {@link BrowserOAuthClient.load}. */
export interface BrowserOAuthClientLoadOptions extends Omit<BrowserOAuthClientOptions, 'clientMetadata'> {
  /** The URL of the published client metadata, or a loopback id. */
  clientId: string
  /** Aborts the loading. */
  signal?: AbortSignal
}

/** Options of a sign-in. */
export interface AuthorizeOptions {
  /** Any text, which `init` or `callback` returns. It never leaves the browser. */
  state?: string
  /** One of the registered redirect URIs. Default: the first. */
  redirect_uri?: string
  /** The scope to request. Default: the registered one. */
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
  /** Called when each step begins. */
  onProgress?: (step: Step) => void
}

/** Options of a sign-in in a popup. */
export interface PopupOptions extends AuthorizeOptions {
  /** The window's name, for `window.open`. Default: `_blank`. */
  popupName?: string
  /** The window's features, for `window.open`. */
  popupFeatures?: string
}

/** Where a client keeps sessions: in the browser's storage, or in this page's memory only. */
export type Persistence = 'durable' | 'memory'

/** Facts about a session's tokens. */
export interface TokenInfo {
  /** When the access token expires, if the server has said so. */
  readonly expiresAt?: Date
  /**
   * Whether the token expired more than 5 seconds ago, as in the official client. Do not use it to decide whether to refresh:
   * requests refresh tokens in time by themselves.
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
