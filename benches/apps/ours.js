import { BrowserOAuthClient } from 'atproto-oauth-wasm'
import { appOf } from './drop-in.js'

/** Reading a loopback id needs the core, and neither network nor storage. */
export const ready = () => BrowserOAuthClient.fetchMetadata({ clientId: 'http://localhost' })

export const create = appOf(BrowserOAuthClient)
