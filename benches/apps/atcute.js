import { CompositeDidDocumentResolver, LocalActorResolver, PlcDidDocumentResolver, WebDidDocumentResolver,
  XrpcHandleResolver } from '@atcute/identity-resolver'
import { OAuthUserAgent, configureOAuth, createAuthorizationUrl, finalizeAuthorization, getSession } from '@atcute/oauth-browser-client'

export function create({ metadata, resolver, plc }) {
  configureOAuth({
    metadata: { client_id: metadata.client_id, redirect_uri: metadata.redirect_uris[0] },
    identityResolver: new LocalActorResolver({
      handleResolver: new XrpcHandleResolver({ serviceUrl: resolver }),
      didDocumentResolver: new CompositeDidDocumentResolver({
        methods: { plc: new PlcDidDocumentResolver({ apiUrl: plc }), web: new WebDidDocumentResolver() },
      }),
    }),
  })
  return {
    authorize: (input) => createAuthorizationUrl({
      target: input.startsWith('https://') ? { type: 'pds', serviceUrl: input } : { type: 'account', identifier: input },
      scope: metadata.scope,
    }),
    callback: async (params) => new OAuthUserAgent((await finalizeAuthorization(params)).session),
    restore: async (did, refresh) => new OAuthUserAgent(await getSession(did, { noCache: refresh })),
    request: (session, path, init) => session.handle(path, init),
  }
}
