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
  SessionEventMap,
  SessionFacts,
  Step,
  TokenInfo,
  UpdatedEventDetail,
} from './types.js'
