import type { OAuthSession } from '@atproto/oauth-client-browser'
import { useState } from 'react'
import { Problem } from './Problem'

export function AccountMenu({ session }: { session: OAuthSession }) {
  const [error, setError] = useState<unknown>()
  return (
    <nav aria-label="Account">
      <details>
        <summary>Account</summary>
        <button onClick={() => session.signOut().catch(setError)}>Sign out</button>
      </details>
      <Problem of={error} />
    </nav>
  )
}
