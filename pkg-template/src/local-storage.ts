// `localStorage`, which a page may be denied: then there is nothing in it, and nothing is put into it.

/** The official client's pointer to the account that was used last. */
const ACTIVE = '@@atproto/oauth-client-browser(sub)'

/** The options that the core has accepted. */
const ACCEPTED = 'atproto-oauth-wasm:accepted'

function readItem(name: string): string | null {
  try {
    return globalThis.localStorage?.getItem(name) ?? null
  } catch {
    return null
  }
}

function writeItem(name: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(name, value)
  } catch {
    // What is not remembered is worked out anew.
  }
}

/** What the pointer says, while the core, which knows better where storage is denied, is not there. */
export function storedActive(): string | null {
  return readItem(ACTIVE)
}

/** The last nonce that a server gave an account's session: the core keeps them (`src/client/prover.rs`), a line for each server. */
export function storedNonce(sub: string, origin: string): string | undefined {
  const lines = readItem(`atproto-oauth-wasm:nonces:${sub}`)?.split('\n')
  return lines?.find((line) => line.startsWith(`${origin} `))?.slice(origin.length + 1)
}

/** Whether the core has accepted these options the last time. */
export function areAccepted(options: string | undefined): boolean {
  return readItem(ACCEPTED) === options
}

/** The core has accepted these options. */
export function accept(options: string | undefined): void {
  if (options && !areAccepted(options)) writeItem(ACCEPTED, options)
}
