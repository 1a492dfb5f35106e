import { BrowserOAuthClient } from '@atproto/oauth-client-browser'
import { appOf } from './drop-in.js'

export const create = appOf(BrowserOAuthClient)
