export { BrowserOAuthClient } from './client.js'
export { OAuthSession } from './session.js'
export {
  AuthMethodUnsatisfiableError,
  FetchError,
  FetchRequestError,
  FetchResponseError,
  InvalidDidError,
  LoginContinuedInParentWindowError,
  OAuthCallbackError,
  OAuthResolverError,
  OAuthResponseError,
  TokenInvalidError,
  TokenRefreshError,
  TokenRevokedError,
} from './errors.js'
export type { ErrorFacts } from './errors.js'
export type {
  AuthorizeOptions,
  BrowserOAuthClientLoadOptions,
  BrowserOAuthClientOptions,
  DeletedEventDetail,
  Fetch,
  OAuthClientMetadata,
  PopupOptions,
  SessionEventMap,
  SessionFacts,
  Step,
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
