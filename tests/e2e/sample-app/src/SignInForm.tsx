import type { OAuthSession } from '@atproto/oauth-client-browser'
import { useState } from 'react'
import { client } from './client'
import { Problem } from './Problem'

interface Props {
  /** Why the sign-in that led back here failed, if it did. */
  failure?: unknown
  onSignedIn: (session: OAuthSession) => void
}

export function SignInForm({ failure, onSignedIn }: Props) {
  const [input, setInput] = useState('')
  const [attempt, setAttempt] = useState<AbortController>()
  const [error, setError] = useState<unknown>()
  const busy = attempt !== undefined

  const signIn = async (display: 'page' | 'popup') => {
    const controller = new AbortController()
    setAttempt(controller)
    setError(undefined)
    try {
      // A popup has to open in the click itself: nothing may be awaited before this call.
      onSignedIn(await client.signIn(input, { display, signal: controller.signal }))
    } catch (cause) {
      if (!controller.signal.aborted) setError(cause)
      setAttempt(undefined)
    }
  }

  return (
    <form aria-busy={busy} onSubmit={(event) => { event.preventDefault(); void signIn('page') }}>
      <h1>Sign in</h1>
      <label>
        Handle
        <input value={input} onChange={(event) => setInput(event.target.value)} autoComplete="username" required />
      </label>
      <p className="actions">
        <button disabled={busy}>Sign in here</button>
        <button type="button" disabled={busy || !input} onClick={() => void signIn('popup')}>Sign in in a popup</button>
        {attempt && <button type="button" onClick={() => attempt.abort()}>Cancel</button>}
      </p>
      {busy || <Problem of={error ?? failure} />}
    </form>
  )
}
