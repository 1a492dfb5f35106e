// What the core does when it is called by name: what it is given, and what it gives.
import type { Session } from './core.js'
import { optionInvalid } from './errors.js'
import type { IdentityInfo } from './identity-resolver.js'
import type { Account, AuthorizeOptions, SessionFacts } from './types.js'

/** The facts of new tokens as the core gives them: times in milliseconds. */
export type CoreTokenFacts = Omit<SessionFacts['tokenSet'], 'token_type' | 'expires_at'> & { expires_at?: number }

/** An account as the core gives it. */
type CoreAccount = Omit<Account, 'status' | 'lastUsed'> & { signedIn: boolean; lastUsed?: number }

/** What the core is given to begin a sign-in. */
type Request = [
  input: string,
  options: ReturnType<typeof forCore>,
  progress: AuthorizeOptions['onProgress'],
  aborted: Promise<never> | undefined,
]

/** What a sign-in comes to, as the core gives it. */
export type CoreOutcome = { session: Session; state: string | null }

/** What the core does when called by name: what it is given, and what it promises. */
export interface Operations {
  init(refresh?: boolean): CoreOutcome | Session | undefined
  initRestore(refresh?: boolean): Session | undefined
  initCallback(params?: string, redirectUri?: string): CoreOutcome
  callback(params: string, redirectUri?: string): CoreOutcome
  restore(sub: string, refresh?: boolean): Session
  takeUp(sub: string, refresh?: boolean): Session
  revoke(sub: string): void
  forget(sub: string): void
  accounts(): CoreAccount[]
  resolveIdentity(input: string, fresh: boolean): IdentityInfo
  authorize(...request: Request): string
  signIn(...request: Request): never
  signInPopup(...request: [...Request, popup: Window]): Session
}

/** The operations that begin a sign-in. */
export type Beginning = 'authorize' | 'signIn' | 'signInPopup'

/** Splits options into what the core names and the request parameters, each in its wire form. */
export function forCore(options?: AuthorizeOptions) {
  const { state, redirect_uri, scope, signal: _signal, onProgress: _onProgress, ...others } = options ?? {}
  const parameters = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'string' ? value : jsonOf(name, value)])
  return { state, redirect_uri, scope, parameters }
}

function jsonOf(name: string, value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw optionInvalid(name, value)
  }
}
