import { useSyncExternalStore } from 'react'
import { sessionLog } from './session-log'

/** What the client told of sessions since the page was loaded. */
export function SessionEvents() {
  const events = useSyncExternalStore(sessionLog.subscribe, sessionLog.read)
  if (events.length === 0) return null
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      <ol>
        {events.map((event, at) => <li key={at}>{event.text} <code>{event.sub}</code></li>)}
      </ol>
    </section>
  )
}
