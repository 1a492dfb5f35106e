import { AccountMenu } from './AccountMenu'
import { Profile } from './Profile'
import { SessionEvents } from './SessionEvents'
import { SignInForm } from './SignInForm'
import { TokenPanel } from './TokenPanel'
import { useSession } from './use-session'

export function App() {
  const [view, signedIn] = useSession()
  switch (view.name) {
    case 'loading':
      return <p role="status">One moment …</p>
    case 'popup':
      return <p role="status">You can close this window.</p>
    case 'signed-out':
      return (
        <main>
          <SignInForm failure={view.error} onSignedIn={signedIn} />
          <SessionEvents />
        </main>
      )
    case 'signed-in':
      return (
        <main key={view.session.sub}>
          <AccountMenu session={view.session} />
          <Profile session={view.session} />
          <TokenPanel session={view.session} />
          <SessionEvents />
        </main>
      )
  }
}
