import { LoginContinuedInParentWindowError, type OAuthSession } from '@atproto/oauth-client-browser'
import { useEffect, useState } from 'react'
import { client } from './client'
import { sessionLog } from './session-log'

/** What the app shows. */
export type View =
  | { readonly name: 'loading' }
  | { readonly name: 'popup' }
  | { readonly name: 'signed-out'; readonly error?: unknown }
  | { readonly name: 'signed-in'; readonly session: OAuthSession }

/** Finishes or restores a sign-in when the page loads, and follows the session until it ends. */
export function useSession(): [view: View, signedIn: (session: OAuthSession) => void] {
  const [view, setView] = useState<View>({ name: 'loading' })

  useEffect(() => {
    client.init().then(
      // StrictMode runs this twice, and one of the two may find nothing: it takes nothing from the other.
      (result) => setView((shown) => (result ? signedInWith(result.session) : shown.name === 'loading' ? { name: 'signed-out' } : shown)),
      (error) => setView(error instanceof LoginContinuedInParentWindowError ? { name: 'popup' } : { name: 'signed-out', error }),
    )
  }, [])

  useEffect(() => sessionLog.subscribe(() => {
    const last = sessionLog.read().at(-1)
    if (last?.kind !== 'deleted') return
    setView((shown) => (shown.name === 'signed-in' && shown.session.sub === last.sub ? { name: 'signed-out' } : shown))
  }), [])

  return [view, (session) => setView(signedInWith(session))]
}

const signedInWith = (session: OAuthSession): View => ({ name: 'signed-in', session })
