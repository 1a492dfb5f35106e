// The smallest app of a client with the official client's interface.

/** What makes the app of such a client's class. */
export const appOf = (BrowserOAuthClient) => ({ metadata, resolver, plc }) => {
  const client = new BrowserOAuthClient({ clientMetadata: metadata, handleResolver: resolver, plcDirectoryUrl: plc })
  return {
    authorize: (input) => client.authorize(input),
    callback: async (params) => (await client.callback(params)).session,
    restore: (did, refresh) => client.restore(did, refresh),
    request: (session, path, init) => session.fetchHandler(path, init),
  }
}
