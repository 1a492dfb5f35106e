import { OAuthCallbackError } from '@atproto/oauth-client-browser'

/** Says what went wrong, where something did. */
export function Problem({ of: error }: { of: unknown }) {
  if (error === undefined) return null
  return <p role="alert">{describe(error)}</p>
}

function describe(error: unknown): string {
  if (error instanceof OAuthCallbackError && error.params.get('error') === 'access_denied') return 'You did not allow access.'
  return error instanceof Error ? error.message : String(error)
}
