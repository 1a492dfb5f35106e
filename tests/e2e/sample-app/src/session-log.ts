import { TokenInvalidError, TokenRefreshError, TokenRevokedError } from '@atproto/oauth-client-browser'

/** What happened to a session, newest last. */
export interface SessionEvent {
  readonly kind: 'updated' | 'deleted'
  readonly sub: string
  readonly text: string
}

let events: readonly SessionEvent[] = []
const listeners = new Set<() => void>()

function add(event: SessionEvent): void {
  events = [...events, event]
  for (const listener of listeners) listener()
}

/** What the client's hooks told, as a store for `useSyncExternalStore`: the hooks may be called before React renders. */
export const sessionLog = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  read: () => events,
  updated: (sub: string) => add({ kind: 'updated', sub, text: 'Tokens received' }),
  deleted: (sub: string, cause: unknown) => add({ kind: 'deleted', sub, text: describeEnd(cause) }),
}

function describeEnd(cause: unknown): string {
  if (cause instanceof TokenRevokedError) return 'Signed out'
  if (cause instanceof TokenRefreshError) return 'Could not be renewed'
  if (cause instanceof TokenInvalidError) return 'No longer accepted'
  return 'Ended'
}
