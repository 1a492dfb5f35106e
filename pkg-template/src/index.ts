export { BrowserOAuthClient } from './client.js'
export { OAuthSession } from './session.js'
export {
  AuthMethodUnsatisfiableError,
  FetchError,
  FetchRequestError,
  FetchResponseError,
  JwkError,
  LoginContinuedInParentWindowError,
  OAuthCallbackError,
  OAuthResolverError,
  OAuthResponseError,
  TokenInvalidError,
  TokenRefreshError,
  TokenRevokedError,
  isExpectedSessionError,
} from './errors.js'
export type { ErrorFacts } from './errors.js'
export type {
  Account,
  AuthorizeOptions,
  BrowserOAuthClientLoadOptions,
  BrowserOAuthClientOptions,
  DeletedEventDetail,
  Fetch,
  OAuthAuthorizationServerMetadata,
  OAuthClientMetadata,
  OAuthResponseMode,
  OAuthStorage,
  Persistence,
  PopupOptions,
  SessionEventMap,
  SessionFacts,
  Step,
  StorageRows,
  TokenInfo,
  UpdatedEventDetail,
} from './types.js'
export {
  ATPROTO_SCOPE_VALUE,
  DEFAULT_ATPROTO_OAUTH_SCOPE,
  DEFAULT_LOOPBACK_CLIENT_REDIRECT_URIS,
  LOOPBACK_CLIENT_ID_ORIGIN,
  atprotoLoopbackClientMetadata,
  buildAtprotoLoopbackClientId,
  buildAtprotoLoopbackClientMetadata,
  buildLoopbackClientId,
  isLoopbackHost,
  isOAuthClientIdLoopback,
  parseAtprotoLoopbackClientId,
} from './loopback.js'
export type { AtprotoLoopbackClientMetadata, LoopbackClientConfig } from './loopback.js'
export {
  DID_PLC_PREFIX,
  DID_PREFIX,
  DID_WEB_PREFIX,
  asAtprotoDid,
  asDid,
  asDidPlc,
  asDidWeb,
  assertAtprotoDid,
  assertAtprotoDidWeb,
  assertDid,
  assertDidPlc,
  assertDidWeb,
  didWebToUrl,
  extractDidMethod,
  isAtprotoDid,
  isAtprotoDidWeb,
  isDid,
  isDidPlc,
  isDidWeb,
  urlToDidWeb,
} from './did.js'
export type { AtprotoDid, AtprotoIdentityDidMethods, Did } from './did.js'
export { DidError, InvalidDidError } from './did-error.js'
export { HandleResolverError, isResolvedHandle } from './handle-resolver.js'
export type { HandleResolver, ResolveHandleOptions, ResolvedHandle } from './handle-resolver.js'
export { AtprotoDohHandleResolver } from './doh-handle-resolver.js'
export type { AtprotoDohHandleResolverOptions } from './doh-handle-resolver.js'
export { XrpcHandleResolver } from './xrpc-handle-resolver.js'
export type { XrpcHandleResolverOptions } from './xrpc-handle-resolver.js'
export type { DidDocument, DidResolver, IdentityInfo, IdentityResolver, ResolveOptions } from './identity-resolver.js'
export { CLIENT_ASSERTION_TYPE_JWT_BEARER, OAUTH_ENDPOINT_NAMES } from './oauth-constants.js'
export type { OAuthEndpointName } from './oauth-constants.js'
