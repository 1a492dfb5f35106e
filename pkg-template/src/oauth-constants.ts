/** The type of client assertions (RFC 7523 section 2.2). */
export const CLIENT_ASSERTION_TYPE_JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The endpoints at which a client authenticates. */
export const OAUTH_ENDPOINT_NAMES = ['token', 'revocation', 'introspection', 'pushed_authorization_request'] as const

/** The name of one of {@link OAUTH_ENDPOINT_NAMES}. */
export type OAuthEndpointName = (typeof OAUTH_ENDPOINT_NAMES)[number]
