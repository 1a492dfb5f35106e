import { valueOf } from './page.mjs'

/** What all clients of an origin post their messages to, the official one's name for it. */
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
    // A client looks ten times, every ten milliseconds, whether it can read what a message about the accounts is about.
    for (let look = 0; look <= 10; look += 1) await new Promise((done) => setTimeout(done, 10))
    // And it reads the database for each message: this read comes behind those.
    await client.accounts?.()
  })))
}
