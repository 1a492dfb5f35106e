import type { OAuthSession } from '@atproto/oauth-client-browser'
import { useEffect, useState } from 'react'
import { Problem } from './Problem'

type TokenInfo = Awaited<ReturnType<OAuthSession['getTokenInfo']>>

/** The facts of the session's tokens, and a button for new ones. */
export function TokenPanel({ session }: { session: OAuthSession }) {
  const [info, setInfo] = useState<TokenInfo>()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    let shown = true
    session.getTokenInfo(false).then((read) => shown && setInfo(read), (cause) => shown && setError(cause))
    return () => { shown = false }
  }, [session])

  const refresh = async () => {
    setBusy(true)
    setError(undefined)
    try {
      setInfo(await session.getTokenInfo(true))
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }

  return (
    <section aria-label="Token">
      <h2>Token</h2>
      {info && <Facts info={info} />}
      <button disabled={busy} onClick={() => void refresh()}>Refresh</button>
      <Problem of={error} />
    </section>
  )
}

function Facts({ info }: { info: TokenInfo }) {
  return (
    <dl>
      <dt>Issued by</dt>
      <dd>{info.iss}</dd>
      <dt>For</dt>
      <dd>{info.aud}</dd>
      <dt>Scope</dt>
      <dd>{info.scope}</dd>
      <dt>{info.expired ? 'Expired' : 'Expires'}</dt>
      <dd><time dateTime={info.expiresAt?.toISOString()}>{info.expiresAt?.toLocaleTimeString() ?? 'never'}</time></dd>
    </dl>
  )
}
