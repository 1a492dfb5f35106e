// The operations that the core calls on a host, in TypeScript. `src/host/operations.rs` has the same list in Rust; a test
// compares names and arguments of the two.
//
// Arguments arrive as JSON. The core does not trust results and checks them. Keys and windows stay in the host; the core knows
// them by number.

/** An effect under way. */
export interface Effect {
  /** Aborted when the effect ends: then abort what is under way, and release what it holds. */
  readonly signal: AbortSignal
  /** For subscriptions: delivers a value. */
  deliver(value?: unknown): void
}

/** Operations that return their value at once. None throws. */
export interface Calls {
  /** Milliseconds since the epoch. */
  now(): number
  /** A URL of a server whose responses have a `Date` that we may read. */
  timeReference(): string | undefined
  keyPair(key: number): CryptoKeyPair | undefined
  privateKey(key: number): CryptoKey | undefined
  /** Releases the value with this number. */
  release(number: number): void
  /** Whether rows outlive the page. `true` until it is known that they do not. */
  isDurable(): boolean
  activeAccount(client: string): string | undefined
  /** Returns whether other tabs see it. */
  setActiveAccount(client: string, did: string | null): boolean
  rememberedAccounts(client: string): RememberedAccount[]
  rememberAccount(client: string, did: string, account: object | null): void
  nonces(did: string): string | undefined
  setNonces(did: string, nonces: string | null): void
  dispose(): void
  locksSpanTabs(): boolean
  postToTabs(name: string, sub: string, cause: string | null, details: TabMessageDetails): void
  hasPopupChannel(): boolean
  postToPopups(message: PopupMessage): void
  /** Returns the popup's number; `undefined` if the browser blocks the popup. */
  openPopup(): number | undefined
  navigatePopup(popup: number, url: string): void
  popupState(popup: number): PopupState
  closePopup(popup: number): void
  closeOwnWindow(): void
  /** The page's address; `undefined` if there is no page. */
  location(): string | undefined
  replaceLocation(url: string): void
  /** Whether the app has its own resolver of this kind. */
  resolves(kind: ResolverKind): boolean
  /** Whether `refresh` refreshes sessions where that outlives the page. */
  refreshesElsewhere(): boolean
  /** Calls the function with this number with the name of a step. */
  report(listener: number, step: string): void
  notifyAccountsChanged(): void
}

/** Asynchronous operations with one result. */
export interface Effects {
  sleep(effect: Effect, milliseconds: number): Promise<void>
  /** Rejects with `undefined` if there is no WebCrypto, as the next three do. */
  generateKey(effect: Effect): Promise<KeyFacts>
  /** Opens the `CryptoKeyPair` with this number, which is released. */
  openKey(effect: Effect, pair: number): Promise<KeyFacts>
  /** The octets of an ES256 signature, one character for each. */
  sign(effect: Effect, key: number, input: string): Promise<string>
  /** The octets of the SHA-256 digest, one character for each, as in `data`. */
  digest(effect: Effect, data: string): Promise<string>
  send(
    effect: Effect,
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string | null,
    revalidate: boolean,
    milliseconds: number,
    largest: number,
    wanted: string[],
  ): Promise<ReceivedResponse>
  /** Resolves once it is known where rows are kept. */
  settleStorage(effect: Effect): Promise<void>
  /** See `rows.js`. */
  perform(
    effect: Effect,
    operation: string,
    store: string,
    client: string,
    key: string,
    row: object | null,
    expected: string | null,
  ): Promise<unknown>
  /** Resolves once the lock is held; it is released at the effect's end. */
  lock(effect: Effect, name: string): Promise<void>
  /** Resolves if this page is shown again. */
  leave(effect: Effect, url: string): Promise<void>
  resolve(effect: Effect, kind: ResolverKind, subject: string, fresh: boolean): Promise<unknown>
  /** Resolves to `{ error }` if the refresh failed. */
  refresh(effect: Effect, sub: string, tokenId: string): Promise<unknown>
  /** Settles like the promise with this number, and releases it. */
  settled(effect: Effect, promise: number): Promise<unknown>
  notifyUpdated(effect: Effect, sub: string, tokens: object): Promise<void>
  notifyDeleted(effect: Effect, sub: string, details: object): Promise<void>
}

/** Operations that deliver many values. */
export interface Subscriptions {
  /** Delivers a `TabMessage` for each. */
  listenToTabs(effect: Effect): void
  /** Delivers a `PopupMessage` for each. */
  listenToPopups(effect: Effect): void
  /** Delivers `true` when the browser is online again, and `false` when another tab wrote an item that may concern the accounts. */
  listenToPage(effect: Effect): void
}

/** A host: the browser's is in `host.js`. */
export interface Host {
  /** Sets the function that receives the values of effects. */
  connect(deliver: (effect: number, failed: boolean, value: unknown) => void): void
  /** Keeps a value that only JavaScript can keep, and returns its number. */
  hold(value: unknown): number
  /** Holds a promise under a number. */
  defer(): number
  promised(deferred: number): Promise<unknown>
  settle(deferred: number, failed: boolean, value: unknown): void
  call(operation: keyof Calls, args: string): unknown
  begin(effect: number, operation: keyof (Effects & Subscriptions), args: string): void
  end(effect: number): void
}

export type ResolverKind = 'identity' | 'handle' | 'did'

/** Calls an app's own resolver; `null`: there is no such account. */
export type Ask = (subject: string, noCache: boolean, signal: AbortSignal) => unknown

/** The app's own resolvers, by kind. */
export type Resolvers = Partial<Record<ResolverKind, Ask>>

export type PopupState = 'own' | 'foreign' | 'hidden' | 'gone'

/** Notify the app. Each may throw or reject. */
export interface Hooks {
  /** A session is new or has new tokens, with the facts of these. */
  updated(sub: any, tokens: any): void | Promise<void>
  /** A session has ended, with the details of the error for which it ended. */
  deleted(sub: any, details: any): void | Promise<void>
  /** The list of accounts or the active account has changed. */
  changed(): void
}

/** A key's number, and the coordinates of its public half. */
export interface KeyFacts {
  key: number
  x: string
  y: string
}

export interface ReceivedResponse {
  status: number
  headers: Record<string, string | undefined>
  body: string
}

/** An account record as it was written. Only `did` is checked. */
export interface RememberedAccount {
  did: string
}

/** What our clients' messages contain in addition to the official client's. */
export interface TabMessageDetails {
  client: string
  code?: string
  /** The error's message. */
  words?: string
  /** The account whose session's end has changed the list of accounts. */
  ended?: string
}

/**
 * A message between a popup and the page that opened it. It has one of `params`, `did` and `failure`, or none of them if it is
 * an acknowledgement. `failureParams` are form-encoded.
 */
export interface PopupMessage {
  key: string
  params?: string
  did?: string
  failure?: string
  failureParams?: string
}
