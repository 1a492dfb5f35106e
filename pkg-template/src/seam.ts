// What the core and the TypeScript exchange, declared once. The classes are in core.d.ts, which wasm-bindgen writes from
// src/js and which refers to the types of this file.
import type { CoreSession } from './core.js'
import type { AtprotoDid } from './did.js'
import type { CoreErrorDetails, ErrorDetails } from './error-details.js'
import type { IdentityInfo } from './identity-resolver.js'
import type { Account, BrowserOAuthClientOptions, SessionFacts, Step, TokenInfo } from './types.js'

/** A client's options in the core's terms, as far as they can be cloned. */
export interface CloneableOptions
  extends Pick<BrowserOAuthClientOptions, 'clientMetadata' | 'responseMode' | 'allowHttp' | 'timeouts' | 'storageName'> {
  /** The URL of a service. */
  handleResolver?: string
  plcDirectoryUrl?: string
  /** What the resume tickets that the core writes call the client; without it, it writes none. */
  resumeClient?: string
}

/** What a client of the core is made with. */
export interface CoreOptions extends CloneableOptions {
  refreshIn?: BrowserOAuthClientOptions['refreshIn']
  /** Whether the app has resolvers of its own. */
  resolvers?: object
}

/** The facts of new tokens; the tokens themselves only in the tab that got them. Times are milliseconds. */
export type CoreTokenFacts = Omit<SessionFacts['tokenSet'], 'token_type' | 'expires_at'> & { expires_at?: number }

/** Facts about a session's tokens. Times are milliseconds. */
export type CoreTokenInfo = Omit<TokenInfo, 'expiresAt' | 'expired'> & { expiresAt?: number }

/** What the core tells the app. */
export interface Hooks {
  /** A session is new, or has new tokens. */
  updated(sub: AtprotoDid, facts: CoreTokenFacts): void | Promise<void>
  /** A session has ended: the details of the error that says why. */
  deleted(sub: AtprotoDid, details: ErrorDetails): void | Promise<void>
  /** The list of accounts, or which of them is active, is another. */
  changed(): void
}

/** An account. Times are milliseconds. */
export type CoreAccount = Omit<Account, 'status' | 'lastUsed'> & { signedIn: boolean; lastUsed?: number }

/** A finished sign-in. `state` is `null` if the app gave none, which tells a sign-in from a restored session. */
export type CoreOutcome = { session: CoreSession; state: string | null }

/** What the app asks of one sign-in. Parameters are in their wire form. */
export interface CoreAuthorizeOptions {
  state?: string
  redirect_uri?: string
  scope?: string
  parameters: [name: string, value: string][]
}

/** What begins a sign-in. It is given up when `aborted` rejects. */
export type SignInArguments = [
  input: string,
  options: CoreAuthorizeOptions,
  progress: ((step: Step) => void) | undefined,
  aborted: Promise<never> | undefined,
]

/** The operations of `Client.call`, by name: what each is given, and what it resolves to. */
export interface Operations {
  init(refresh?: boolean): CoreOutcome | CoreSession | undefined
  initRestore(refresh?: boolean): CoreSession | undefined
  initCallback(params?: string, redirectUri?: string): CoreOutcome
  callback(params: string, redirectUri?: string): CoreOutcome
  restore(sub: string, refresh?: boolean): CoreSession
  takeUp(sub: string, refresh?: boolean): CoreSession
  revoke(sub: string): void
  forget(sub: string): void
  accounts(): CoreAccount[]
  resolveIdentity(input: string, fresh: boolean): IdentityInfo
  /** Resolves to the URL of the consent page. */
  authorize(...args: SignInArguments): string
  /** Leaves for the consent page. Rejects if the user comes back without an answer. */
  signIn(...args: SignInArguments): never
  /** The caller has opened the popup. */
  signInPopup(...args: [...SignInArguments, popup: Window]): CoreSession
}

/** The operations that begin a sign-in. */
export type SignInOperation = 'authorize' | 'signIn' | 'signInPopup'

/** `Client.call`, with the arguments and the result of each operation. */
export type Call = <K extends keyof Operations>(
  operation: K,
  args: Parameters<Operations[K]>,
) => Promise<ReturnType<Operations[K]>>
