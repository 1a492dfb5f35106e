/** The core's channel (`src/browser/broadcast.rs`), whose name and messages are the official client's. */
const CHANNEL = '@@atproto/oauth-client-browser(synchronization-channel:2)'

/** The channel to the other tabs, which keeps what they say until there is somebody to hear it. */
export interface TabsChannel {
  channel: BroadcastChannel
  /** Tells what was kept to those who listen now. */
  tell(): void
  close(): void
}

/** Opens the channel; `undefined` where there are none. */
export function tabsChannel(): TabsChannel | undefined {
  try {
    const channel = new BroadcastChannel(CHANNEL)
    const kept: unknown[] = []
    channel.onmessage = ({ data }) => kept.push(data)
    const tell = () => {
      channel.onmessage = null
      for (const data of kept.splice(0)) channel.dispatchEvent(new MessageEvent('message', { data }))
    }
    return { channel, tell, close: () => channel.close() }
  } catch {
    return undefined
  }
}
