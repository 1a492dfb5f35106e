// The types that the core and the TypeScript exchange, declared once. The classes are in core.d.ts, which wasm-bindgen writes
// from src/js and which refers to the types of this file.
import type { CoreSession } from './core.js'
import type { AtprotoDid } from './did.js'
import type { CoreErrorDetails, ErrorDetails } from './error-details.js'
import type { IdentityInfo } from './identity-resolver.js'
import type { Account, BrowserOAuthClientOptions, SessionFacts, Step, TokenInfo } from './types.js'

/** The client's options that can be cloned, in the core's terms. */
export interface CloneableOptions
  extends Pick<BrowserOAuthClientOptions, 'clientMetadata' | 'responseMode' | 'allowHttp' | 'timeouts' | 'storageName'> {
  /** The URL of a service. */
  handleResolver?: string
  plcDirectoryUrl?: string
  /** The client's name in the resume tickets that the core writes. Without it, the core writes none. */
  resumeClient?: string
}

/** The options of the core's client. */
export interface CoreOptions extends CloneableOptions {
  refreshIn?: BrowserOAuthClientOptions['refreshIn']
  /** The app's own resolvers. The core checks only which there are. */
  resolvers?: object
}

/** The facts of new tokens, with the tokens themselves only in the tab that received them. Times are milliseconds. */
export type CoreTokenFacts = Omit<SessionFacts['tokenSet'], 'token_type' | 'expires_at'> & { expires_at?: number }

/** Facts about a session's tokens. Times are milliseconds. */
export type CoreTokenInfo = Omit<TokenInfo, 'expiresAt' | 'expired'> & { expiresAt?: number }

/** The functions that the core calls to notify the app. */
export interface Hooks {
  /** A session is new, or has new tokens. */
  updated(sub: AtprotoDid, facts: CoreTokenFacts): void | Promise<void>
  /** A session has ended, with the details of the error for which it ended. */
  deleted(sub: AtprotoDid, details: ErrorDetails): void | Promise<void>
  /** The list of accounts or the active account has changed. */
  changed(): void
}

/** An account. Times are milliseconds. */
export type CoreAccount = Omit<Account, 'status' | 'lastUsed'> & { signedIn: boolean; lastUsed?: number }

/** A finished sign-in. `state` is `null` if the app gave none; a restored session has no `state`. */
export type CoreOutcome = { session: CoreSession; state: string | null }

/** The options of a sign-in. Parameters are in their wire form. */
export interface CoreAuthorizeOptions {
  state?: string
  redirect_uri?: string
  scope?: string
  parameters: [name: string, value: string][]
}

/** The arguments of a sign-in. It is aborted when `aborted` rejects. */
export type SignInArguments = [
  input: string,
  options: CoreAuthorizeOptions,
  progress: ((step: Step) => void) | undefined,
  aborted: Promise<never> | undefined,
]

/** The operations of `Client.call`, with their arguments and what they resolve to. */
export interface Operations {
  init(refresh?: boolean): CoreOutcome | CoreSession | undefined
  initRestore(refresh?: boolean): CoreSession | undefined
  initCallback(params?: string, redirectUri?: string): CoreOutcome
  callback(params: string, redirectUri?: string): CoreOutcome
  restore(sub: string, refresh?: boolean): CoreSession
  /** Like `restore`, but leaves the active account unchanged. */
  attach(sub: string, refresh?: boolean): CoreSession
  revoke(sub: string): void
  forget(sub: string): void
  accounts(): CoreAccount[]
  resolveIdentity(input: string, fresh: boolean): IdentityInfo
  /** Resolves to the URL of the consent page. */
  authorize(...args: SignInArguments): string
  /** Redirects the page to the consent page. Rejects if the user comes back without a response. */
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
