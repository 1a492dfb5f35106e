import { Agent } from '@atproto/api'
import type { OAuthSession } from '@atproto/oauth-client-browser'
import { useEffect, useState } from 'react'
import { Problem } from './Problem'

/** What the account's own server says of it. */
export function Profile({ session }: { session: OAuthSession }) {
  const [handle, setHandle] = useState<string>()
  const [error, setError] = useState<unknown>()

  useEffect(() => {
    let shown = true
    const agent = new Agent(session)
    agent.com.atproto.server.getSession().then(
      ({ data }) => shown && setHandle(data.handle),
      (cause) => shown && setError(cause),
    )
    return () => { shown = false }
  }, [session])

  return (
    <section aria-label="Profile">
      <h1>{handle ?? '…'}</h1>
      <code>{session.did}</code>
      <Problem of={error} />
    </section>
  )
}
