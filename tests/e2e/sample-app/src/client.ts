import { BrowserOAuthClient, buildAtprotoLoopbackClientMetadata } from '@atproto/oauth-client-browser'
import { sessionLog } from './session-log'

/** The app's one client: it outlives every component. */
export const client = new BrowserOAuthClient({
  clientMetadata: buildAtprotoLoopbackClientMetadata({
    scope: 'atproto transition:generic',
    redirect_uris: [`http://127.0.0.1:${location.port}/`],
  }),
  handleResolver: import.meta.env.VITE_HANDLE_RESOLVER,
  plcDirectoryUrl: import.meta.env.VITE_PLC_DIRECTORY,
  allowHttp: true,
  onSessionUpdated: sessionLog.updated,
  onSessionDeleted: sessionLog.deleted,
})
