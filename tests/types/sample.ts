// What apps write against the official package, each public member used with the types that it must have. The same file
// is compiled against both packages: `oauth-client` is the one in question.
import { Agent } from '@atproto/api'
import {
  AtprotoDohHandleResolver,
  type AuthorizeOptions,
  BrowserOAuthClient,
  type BrowserOAuthClientLoadOptions,
  type BrowserOAuthClientOptions,
  DidError,
  type HandleResolver,
  InvalidDidError,
  LoginContinuedInParentWindowError,
  OAuthCallbackError,
  OAuthResolverError,
  OAuthResponseError,
  type OAuthSession,
  TokenInvalidError,
  TokenRefreshError,
  TokenRevokedError,
  XrpcHandleResolver,
  asAtprotoDid,
  assertAtprotoDid,
  buildAtprotoLoopbackClientId,
  buildLoopbackClientId,
  extractDidMethod,
  isAtprotoDid,
  isDid,
  isExpectedSessionError,
} from 'oauth-client'

const handleResolver: HandleResolver = {
  async resolve(handle, options) {
    options?.signal?.throwIfAborted()
    return handle.endsWith('.test') ? null : asAtprotoDid('did:web:example.com')
  },
}

const options: BrowserOAuthClientOptions = {
  clientMetadata: {
    client_id: 'https://app.example.com/client-metadata.json',
    client_name: 'Sample',
    client_uri: 'https://app.example.com',
    redirect_uris: ['https://app.example.com/'],
    scope: 'atproto transition:generic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
    dpop_bound_access_tokens: true,
  },
  responseMode: 'query',
  handleResolver,
  plcDirectoryUrl: 'https://plc.directory',
  allowHttp: false,
  fetch: globalThis.fetch,
  onSessionUpdated: (sub, session) => {
    const at: string | undefined = session.tokenSet.expires_at
    console.log(sub satisfies `did:${string}`, at, session.tokenSet.scope, session.authMethod.method)
  },
  onSessionDeleted: async (sub, cause) => {
    const ended = cause instanceof TokenRefreshError || cause instanceof TokenRevokedError || cause instanceof TokenInvalidError
    if (ended) console.log(cause.sub === sub, cause.message)
    console.log(isExpectedSessionError(cause))
  },
}

export const client = new BrowserOAuthClient(options)
export const withServer = new BrowserOAuthClient({ handleResolver: new URL('https://pds.example.com') })
export const withXrpc = new BrowserOAuthClient({ handleResolver: new XrpcHandleResolver('https://pds.example.com', { fetch }) })
export const withDns = new BrowserOAuthClient({
  handleResolver: new AtprotoDohHandleResolver({ dohEndpoint: 'https://dns.example.com/dns-query', onError: (error, { handle }) => console.log(error, handle) }),
})

const load: BrowserOAuthClientLoadOptions = {
  clientId: 'https://app.example.com/client-metadata.json',
  handleResolver: 'https://pds.example.com',
  signal: AbortSignal.timeout(1000),
}

export async function start(): Promise<OAuthSession | undefined> {
  const loaded: BrowserOAuthClient = await BrowserOAuthClient.load(load)
  const result = await loaded.init()
  if (!result) return undefined
  if ('state' in result) {
    const state: string | null | undefined = result.state
    console.log(state)
  }
  const restored = await client.initRestore(false)
  const again: OAuthSession = restored?.session ?? (await client.restore(result.session.did, true))
  return again
}

export async function signIn(input: string): Promise<string> {
  const asked: AuthorizeOptions = { state: 'x', scope: 'atproto', prompt: 'login', ui_locales: 'fr-CA fr en', signal: AbortSignal.timeout(1000) }
  const url: URL = await client.authorize(input, asked)
  await client.abortRequest(url)
  try {
    const session = await client.signIn(input, { display: 'popup', ...asked })
    const viaPopup: OAuthSession = await client.signInPopup(input, { popupName: 'x', popupFeatures: 'width=1' })
    const never: never = await client.signInRedirect(input, asked)
    return session.did + viaPopup.sub + never
  } catch (error) {
    if (error instanceof LoginContinuedInParentWindowError) return error.code
    if (error instanceof OAuthCallbackError) return `${error.params.get('error')} ${error.state} ${error.message}`
    if (error instanceof OAuthResponseError) return `${error.error} ${error.errorDescription} ${error.status} ${error.headers.get('x')}`
    if (error instanceof OAuthResolverError) return String(error.cause)
    if (error instanceof InvalidDidError || error instanceof DidError) return `${error.code} ${error.did} ${error.statusCode}`
    throw error
  }
}

export async function finish(): Promise<string | null> {
  const params: URLSearchParams | null = client.readCallbackParams()
  if (!params) return null
  const redirect = client.findRedirectUrl()
  const first = await client.initCallback(params, redirect)
  const { session, state } = await client.callback(params, redirect ? { redirect_uri: redirect } : {})
  return first.session.did === session.did ? state : null
}

export async function use(session: OAuthSession): Promise<void> {
  const agent = new Agent(session)
  await agent.getProfile({ actor: agent.assertDid })
  const response: Response = await session.fetchHandler('/xrpc/com.atproto.server.getSession', { method: 'GET', headers: { accept: 'x' } })
  const info = await session.getTokenInfo(true)
  const late: boolean | undefined = info.expired
  const at: Date | undefined = info.expiresAt
  console.log(response.ok, late, at?.toISOString(), info.scope, info.iss, info.aud, info.sub)
  console.log(session.serverMetadata.issuer, session.server.issuer, session.serverMetadata.token_endpoint)
  await session.signOut()
  await client.revoke(session.did)
  await client.dispose()
  await client[Symbol.asyncDispose]()
}

export function facts(): unknown[] {
  const id: string = buildLoopbackClientId(window.location)
  const other: string = buildAtprotoLoopbackClientId({ scope: 'atproto', redirect_uris: ['http://127.0.0.1/'] })
  const given: unknown = id
  if (isAtprotoDid(given)) console.log(extractDidMethod(given) satisfies 'plc' | 'web')
  if (isDid(given)) console.log(given satisfies `did:${string}`)
  assertAtprotoDid(given)
  return [given satisfies `did:${string}`, other, client.clientMetadata.client_id, client.responseMode, client.jwks.keys.length, client.identityResolver]
}
