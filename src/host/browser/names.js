// The names of everything that the tabs of an origin share.

/**
 * The names of everything that tabs share. What the official client has too has its names, so that each client finds what the
 * other stored; the rest has ours. With a `storageName`, an app shares none of them with other apps.
 *
 * @param {string} [storageName]
 */
export const names = (storageName) => {
  const [lock, client, items] = storageName
    ? [storageName, storageName, storageName]
    : ['@atproto-oauth-client', '@@atproto/oauth-client-browser', 'atproto-oauth-wasm']
  return {
    /** Followed by an account's DID. */
    lock: `${lock}-`,
    channel: `${client}(synchronization-channel:2)`,
    popup: `${client}(popup-channel)`,
    /** The item of `localStorage` with the account that any client used last. */
    active: `${client}(sub)`,
    /** The prefix of our own items of `localStorage`. */
    items: `${items}:`,
  }
}

/** @typedef {ReturnType<typeof names>} Names */
