import { valueOf } from './page.mjs'

/** The official client's name for the channel on which all clients of an origin post their messages. */
const CHANNEL = '@@atproto/oauth-client-browser(synchronization-channel:2)'

/**
 * Resolves once each of these tabs has handled all that the others have posted until now. A channel delivers messages in the
 * order in which they were posted, so each tab posts one more and waits for those of the others.
 */
export async function settled(tabs) {
  await Promise.all(tabs.map((tab) => tab.evaluate(({ name, others }) => {
    const channel = new BroadcastChannel(name)
    let left = others
    const heard = new Promise((resolve) => {
      if (left === 0) resolve()
      channel.addEventListener('message', ({ data }) => { if (data.name === 'barrier' && --left === 0) resolve() })
    })
    window.barrier = { channel, heard }
  }, { name: CHANNEL, others: tabs.length - 1 })))
  await Promise.all(tabs.map((tab) => valueOf(tab, async () => {
    const { channel, heard } = window.barrier
    channel.postMessage({ name: 'barrier', args: [] })
    await heard
    channel.close()
    // For a message about the accounts, a client checks ten times, every ten milliseconds, whether it can read the change.
    for (let look = 0; look <= 10; look += 1) await new Promise((done) => setTimeout(done, 10))
    // And it reads the database for each message: this read is queued after those.
    await client.accounts?.()
  })))
}
