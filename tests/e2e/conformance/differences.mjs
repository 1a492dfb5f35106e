// Every difference between the official client and ours that the flows show, and why it is there. `at` is where
// it shows; `flows` are the flows that show it, all of them, or 'any' for what is the same in every request.

const BEGUN_WITH_AN_ACCOUNT = ['callback granted', 'callback granted, with a nonce from the pushed request', 'callback with its own redirect URI',
  'callback twice', 'callback with another account', 'callback of an account that is signed in already', 'callback with a hook that throws',
  'init finishes a sign-in']
const REFRESHED = ['restore with no time left', 'restore with a refresh', 'restore with a nonce to learn', 'request with a refused token',
  'request with tokens that are always refused', 'request with an expired token', 'restore of an account that moved']
const NOT_REFRESHED = ['restore after the session was revoked', 'restore while the server is in trouble', 'restore while the server is away',
  'request with a refused token that cannot be refreshed', 'init while the server is away, with an expired token']
const UNANSWERED = ['authorize unanswered', 'callback with no answer to the code', 'init while the server is away, with an expired token',
  'restore while the server is away']
const STRICTER = ['authorize at a server without iss', 'authorize at a server without the atproto scope']
const NO_METADATA = ['authorize at a PDS without resource metadata']
const MOVED = ['restore of an account that moved']

export const table = [
  // How every request is made.
  { at: /^request \w+ (credentials|referrerPolicy)$/, flows: 'any', ours: /^(omit|no-referrer)$/,
    because: 'The client\'s own requests carry no cookies and name no page: no server needs to know them.' },
  { at: /^request \w+ redirect$/, flows: 'any', ours: 'manual',
    because: 'Redirects are judged by the client and refused everywhere; section H names the endpoints that follow them as a departure from the specification.' },
  { at: 'request handle shape', flows: 'any', official: 'URL and init', ours: 'Request',
    because: 'A custom fetch is called in one way only, with one Request.' },
  { at: /^request (handle|other) headers\.accept$/, flows: 'any', ours: 'application/json',
    because: 'Every document is asked for by its type; the header needs no preflight.' },

  // What is asked, and when.
  { at: /^request (handle|did|resource|issuer)$/, flows: BEGUN_WITH_AN_ACCOUNT, official: 'is there', ours: 'is not there',
    because: 'Section I, stricter: the link from the account to the issuer was verified when the flow began, so it is not resolved again.' },
  { at: 'request handle', flows: ['callback granted, begun with a URL', 'callback with an account of another server'], official: 'is there',
    ours: 'is not there', because: 'Section I, stricter: what counts is the DID; its handle leads to no decision and is not resolved.' },
  { at: 'request handle', flows: ['authorize by DID', 'authorize by DID without a working handle'], official: 'is there', ours: 'is not there',
    because: 'Section I, stricter: login_hint is the DID as it was typed, so its handle need not be found.' },
  { at: 'request par form.login_hint', flows: ['authorize by DID', 'authorize by a handle in capitals'],
    because: 'Section I, stricter: login_hint is what the user typed.' },
  { at: 'request did cache', flows: ['callback granted, begun with a URL', 'callback with an account of another server', 'restore with no time left',
    ...MOVED, 'request with a refused token', 'request with tokens that are always refused', 'request with an expired token'], ours: 'no-cache',
    because: 'A verification that bypasses the caches bypasses the browser\'s as well.' },
  { at: /^request (handle|did|resource|issuer|token|xrpc)$/, flows: REFRESHED,
    because: 'Tokens are refreshed at once, and the account verified beside what the app does next; its handle leads to no decision.' },
  { at: /^request (handle|did|resource|issuer)$/, flows: NOT_REFRESHED, official: 'is there', ours: 'is not there',
    because: 'The account is verified after a refresh, and here there was none.' },
  { at: 'request issuer cache', flows: ['restore with a refresh', 'restore with a nonce to learn', ...NOT_REFRESHED.filter((flow) =>
    !flow.startsWith('request'))], official: 'no-cache', because: 'The refresh takes metadata that is up to a minute old; the verification after it does not.' },
  { at: 'request par', flows: STRICTER, official: 'is there', ours: 'is not there',
    because: 'Section I, stricter: what the specification demands of the server metadata is checked.' },
  { at: /^step authorize (value|error)\b/, flows: STRICTER, because: 'Section I, stricter: what the specification demands of the server metadata is checked.' },
  { at: /^stored state/, flows: STRICTER, because: 'Section I, stricter: the sign-in does not begin.' },
  { at: /^(request (issuer|par)|step authorize|stored state)\b/, flows: NO_METADATA,
    because: 'Section I, fix: a PDS without resource metadata is asked as its own issuer also for a handle or a DID.' },
  { at: 'request par form.color', flows: ['authorize with an unknown option'], because: 'Section I, fix: unknown options are not forwarded.' },
  { at: /^stored state/, flows: ['authorize with a nonce that never fits', 'authorize refused', 'authorize answered by an HTML page', 'authorize unanswered'],
    official: /random|undefined/, because: 'A sign-in is stored when its request was taken, so one that failed leaves no row behind.' },
  { at: 'request revoke form.token', flows: ['callback with a hook that throws'], official: 'refresh-1', ours: 'access-1',
    because: 'Every revocation names the access token; the server ends the whole grant by either.' },
  { at: 'request xrpc', flows: ['request to another server'], because: 'Section I, safer: the token leaves for no other origin.' },
  { at: /^step request 1 (value|error)\b/, flows: ['request to another server'], because: 'Section I, safer: the token leaves for no other origin.' },

  // What the app gets.
  { at: /^(hook updated|request revoke|stored session|step callback)\b/, flows: ['callback with another account'],
    because: 'Section I, stricter: the account has to be the one that was typed, else its tokens are revoked.' },
  { at: /^step restore (value|error)\b/, flows: MOVED,
    because: 'The account is verified beside what the app does next: the restored session ends a moment later.' },
  { at: 'hook updated', flows: MOVED, because: 'The tokens were refreshed before the account was found to have moved.' },
  { at: /^hook deleted data\.(class|sub)$/, flows: MOVED, ours: /^(TokenRefreshError|did:plc:a+)$/,
    because: 'Section I keeps that an issuer change ends the session; the cause is of the class that every ended session has, and names its account.' },
  { at: 'hook deleted', flows: BEGUN_WITH_AN_ACCOUNT.concat('callback granted, begun with a URL').filter((flow) => flow !== 'callback twice'),
    official: 'is there', ours: 'is not there', because: 'Section I, safer: the first sign-in tells of no deleted session.' },
  { at: 'hook deleted', flows: ['callback twice'], official: 'is there', because: 'Section I, safer: the first sign-in tells of no deleted session.' },
  { at: 'hook deleted', flows: ['sign out', 'revoke an account that is not here', 'request with tokens that are always refused'], official: 'is there',
    ours: 'is not there', because: 'The end of a session is told once, and that of a session that never was not at all.' },
  { at: /^step signOut again\b/, flows: ['sign out'], because: 'Signing out of a session that is over already succeeds: what was wanted is so.' },
  { at: /^step request error\.(class|message)$/, flows: ['sign out'], ours: /^TokenRevokedError$|successfully revoked$/,
    because: 'A session object that is over says why it is over.' },
  { at: /^step request 2 error\.(class|message)$/, flows: ['request with tokens that are always refused'], ours: /^TokenInvalidError$|is invalid$/,
    because: 'A session object that is over says why it is over.' },
  { at: 'hook updated data.dpopKey', flows: 'any', ours: undefined, because: 'The session\'s key is not handed out.' },
  { at: 'hook updated', flows: ['init restores', 'init while the server is away, with an expired token'], official: 'is not there', ours: 'is there',
    because: 'Every client is told of a session, a second one of the same page too, as it would be in another tab.' },
  { at: /^stored session/, flows: ['callback with a hook that throws'], because: 'Section I, fix: a hook that throws leaves no dead row.' },
  { at: 'stored pointer', flows: ['revoke one of two accounts'], because: 'Section I, fix: revoke clears the pointer of its own account only.' },
  { at: 'stored pointer', flows: ['init while the server is away, with an expired token'],
    because: 'Section I, safer: initRestore keeps the pointer on network trouble.' },

  // The words and classes of errors that section C.4 does not list.
  { at: /^step \w+ error\.(cause\.)?message$/, flows: UNANSWERED, official: 'Failed to fetch', ours: /^No answer: Failed to fetch for "https:/,
    because: 'The message of a request that was not answered names its address.' },
  { at: /^step authorize error\.cause\b/, flows: ['authorize while the resolver is away'],
    because: 'A resolver that does not answer is a FetchRequestError like every other server, with the error of fetch as its cause.' },
  { at: /^step request 1 error\b/, flows: ['request that is not answered'],
    because: 'The app\'s own request fails with the error that fetch gave, and nothing around it.' },
  { at: /^step authorize error\.(message|statusCode)$/, flows: ['authorize answered by an HTML page'], ours: /500/,
    because: 'An error page says by its status that trying again may help; its media type says nothing.' },
  { at: /^step authorize error\.cause\.((cause\.)?message|status|statusCode)$/, flows: ['authorize while the directory has an HTML page'],
    ours: /for "https:|502/, because: 'The message of an answer that is none names its address; its status of 200 would say that all is well.' },
  { at: /^step authorize error\.cause\.(cause\.)?message$/, flows: ['authorize by a DID that nobody has'], ours: /^DID ".*" not found$/,
    because: 'That nobody has a DID is said in the same words for every directory.' },
  { at: 'step authorize error.message', flows: ['authorize at a PDS of two servers'], ours: 'Unable to determine authorization server for PDS: https://pds.example.com',
    because: 'The PDS is named by its origin, as it names itself.' },
  { at: /^step callback error\.((cause\.)?message|cause\.class)$/, flows: ['callback with a bearer token'], ours: /token_type|TypeError/,
    because: 'Section I: zod is not imitated; a malformed answer is told by the member that is wrong.' },
  { at: /^step construct and restore error\.(class|message)$/, flows: ['options with metadata as text', 'metadata with localhost'],
    ours: /^TypeError$|^Invalid client metadata: /, because: 'Section I: zod is not imitated; wrong options are told by the member that is wrong.' },
  { at: 'step restore error.message', flows: ['restore of a handle'], because: 'What is no DID is quoted in the message.' },
]
