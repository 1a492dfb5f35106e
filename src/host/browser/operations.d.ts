// What the core asks of a host: the one list of it in TypeScript. `src/host/operations.rs` says the same in Rust, and a test
// compares names and arguments of the two.
//
// Arguments arrive as JSON and are what the core made them. What is given back is not trusted: the core checks it. Keys and
// windows stay with the host, under numbers.

/** An effect under way. */
export interface Effect {
  /** Aborted at its end: what is under way is to be given up, what it holds to be released. */
  readonly signal: AbortSignal
  /** For subscriptions: delivers a value. */
  deliver(value?: unknown): void
}

/** What gives its value at once. None throws. */
export interface Calls {
  /** Milliseconds since the epoch. */
  now(): number
  /** The URL of something on a server whose responses show us their `Date`. */
  timeReference(): string | undefined
  privateKey(key: number): CryptoKey | undefined
  /** What is held under a number is of no use any more. */
  release(number: number): void
  /** Whether rows outlive the page, as far as is known. */
  isDurable(): boolean
  activeAccount(client: string): string | undefined
  /** Whether other tabs see it. */
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
  /** The popup's number; `undefined` where the browser does not open one. */
  openPopup(): number | undefined
  navigatePopup(popup: number, url: string): void
  popupState(popup: number): PopupState
  closePopup(popup: number): void
  closeOwnWindow(): void
  /** The page's address; `undefined` where there is no page. */
  location(): string | undefined
  replaceLocation(url: string): void
  /** Whether the app has a resolver of its own of this kind. */
  resolves(kind: ResolverKind): boolean
  /** Whether sessions are refreshed where it outlives the page. */
  refreshesElsewhere(): boolean
  /** Calls the function that is held under a number with the name of a step. */
  report(listener: number, step: string): void
  notifyAccountsChanged(): void
}

/** What takes time, and delivers once. */
export interface Effects {
  sleep(effect: Effect, milliseconds: number): Promise<void>
  /** Rejects with `undefined` where there is no WebCrypto, as the next two do. */
  generateKey(effect: Effect): Promise<KeyFacts>
  /** The octets of an ES256 signature, a character each. */
  sign(effect: Effect, key: number, input: string): Promise<string>
  /** The octets of the SHA-256 digest, a character each, as those of `data` are. */
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
  /** What comes of the promise that is held under a number, which is released. */
  settled(effect: Effect, promise: number): Promise<unknown>
  notifyUpdated(effect: Effect, sub: string, tokens: object): Promise<void>
  notifyDeleted(effect: Effect, sub: string, details: object): Promise<void>
}

/** What takes time, and delivers many times. */
export interface Subscriptions {
  /** Delivers a `TabMessage` for each. */
  listenToTabs(effect: Effect): void
  /** Delivers a `PopupMessage` for each. */
  listenToPopups(effect: Effect): void
  /** Delivers `true` when the browser is online again, `false` when another tab wrote what may concern the accounts. */
  listenToPage(effect: Effect): void
}

/** A host: the browser's is in `host.js`. */
export interface Host {
  /** Has it deliver what comes of effects. */
  connect(deliver: (effect: number, failed: boolean, value: unknown) => void): void
  /** Holds what JavaScript alone can hold under a number, which it gives. */
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

/** An app's own way to find an account; `null`: there is none. */
export type Ask = (subject: string, noCache: boolean, signal: AbortSignal) => unknown

/** The app's own resolvers, as far as it has any. */
export type Resolvers = Partial<Record<ResolverKind, Ask>>

export type PopupState = 'own' | 'foreign' | 'hidden' | 'gone'

/** What the app is told; each may throw or reject. */
export interface Hooks {
  /** A session is new, or has new tokens: facts of them. */
  updated(sub: any, tokens: any): void | Promise<void>
  /** A session has ended: the details of the error that says why. */
  deleted(sub: any, details: any): void | Promise<void>
  /** The list of accounts, or which of them is active, is another. */
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

/** An account as it was remembered; unchecked but for `did`. */
export interface RememberedAccount {
  did: string
}

/** What our clients tell each other beyond the official client's messages. */
export interface TabMessageDetails {
  client: string
  code?: string
  words?: string
  /** The account whose session's end has changed the list of accounts. */
  ended?: string
}

/**
 * A message between a popup and the page that opened it: of `params`, `did` and `failure` it has one, and an acknowledgement
 * has none. `failureParams` are form-encoded.
 */
export interface PopupMessage {
  key: string
  params?: string
  did?: string
  failure?: string
  failureParams?: string
}
