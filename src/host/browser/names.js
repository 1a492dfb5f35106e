// What the things that tabs of an origin share are called.

/**
 * What the things that tabs share are called: those of the official client by its names, so that either finds what the other
 * left, and the others by ours. An app that gives a name has all of them to itself.
 *
 * @param {string} [storageName]
 */
export const names = (storageName) => {
  const [lock, client, items] = storageName
    ? [storageName, storageName, storageName]
    : ['@atproto-oauth-client', '@@atproto/oauth-client-browser', 'atproto-oauth-wasm']
  return {
    /** An account's DID follows. */
    lock: `${lock}-`,
    channel: `${client}(synchronization-channel:2)`,
    popup: `${client}(popup-channel)`,
    /** The item of `localStorage` that says which account was used last, by whatever client. */
    active: `${client}(sub)`,
    /** What our own items of `localStorage` begin with. */
    items: `${items}:`,
  }
}

/** @typedef {ReturnType<typeof names>} Names */
