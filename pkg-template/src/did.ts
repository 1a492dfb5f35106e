/**
 * The syntax of DIDs, in general and as atproto restricts it.
 *
 * @see https://www.w3.org/TR/did-core/#did-syntax
 * @see https://atproto.com/specs/did
 * @module
 */
import { InvalidDidError } from './did-error.js'
import { isHostName } from './host-name.js'

/** A DID of the given methods. */
export type Did<Method extends string = string> = `did:${Method}:${string}`

/** The DID methods that atproto supports. */
export type AtprotoIdentityDidMethods = 'plc' | 'web'

/** The DID of an account: a `did:plc`, or a `did:web` that is only a host name. */
export type AtprotoDid = Did<AtprotoIdentityDidMethods>

export const DID_PREFIX = 'did:'
export const DID_PLC_PREFIX = 'did:plc:'
export const DID_WEB_PREFIX = 'did:web:'

const LONGEST_DID = 2048
const DID_SYNTAX = /^did:[a-z0-9]+:(?:[\w.-]|%[0-9A-F]{2}|:(?!$))+$/
const PLC_SYNTAX = /^did:plc:[a-z2-7]{24}$/

/** Returns why a value is not a DID; `undefined` if it is one. */
type Check = (input: unknown) => string | undefined

const checkString: Check = (input) => (typeof input === 'string' ? undefined : 'DID must be a string')

const checkDid: Check = (input) => {
  if (typeof input !== 'string') return checkString(input)
  if (input.length > LONGEST_DID) return `DID is too long (${LONGEST_DID} chars max)`
  if (!input.startsWith(DID_PREFIX)) return `DID requires "${DID_PREFIX}" prefix`
  return DID_SYNTAX.test(input) ? undefined : 'Invalid DID'
}

const checkPlc: Check = (input) => {
  if (typeof input !== 'string') return checkString(input)
  if (!input.startsWith(DID_PLC_PREFIX)) return 'Invalid did:plc prefix'
  if (input.length !== 32) return 'did:plc must be 32 characters long'
  return PLC_SYNTAX.test(input) ? undefined : 'Invalid character in did:plc'
}

const checkWeb: Check = (input) => {
  if (typeof input !== 'string') return checkString(input)
  if (!input.startsWith(DID_WEB_PREFIX)) return 'Invalid did:web prefix'
  if (input.startsWith(':', DID_WEB_PREFIX.length)) return 'did:web MSID must not start with a colon'
  return DID_SYNTAX.test(input) && URL.canParse(webUrl(input)) ? undefined : 'Invalid Web DID'
}

const checkAtprotoWeb: Check = (input) => {
  const wrong = checkWeb(input)
  if (wrong) return wrong
  const host = String(input).slice(DID_WEB_PREFIX.length)
  if (host.includes(':')) return 'Atproto does not allow path components in Web DIDs'
  // `URL.canParse` has refused a port that is too large.
  if (/^localhost(?:%3A[1-9]\d*)?$/.test(host)) return undefined
  if (host.includes('%3A')) return 'Atproto does not allow port numbers in Web DIDs, except for localhost'
  return isHostName(host) ? undefined : 'Atproto allows only the host names that handles can be in Web DIDs'
}

const checkAtproto: Check = (input) => {
  if (typeof input !== 'string') return checkString(input)
  if (input.startsWith(DID_PLC_PREFIX)) return checkPlc(input)
  if (input.startsWith(DID_WEB_PREFIX)) return checkAtprotoWeb(input)
  return 'Atproto only allows "plc" and "web" DID methods'
}

function assertPasses(check: Check, input: unknown): void {
  const wrong = check(input)
  if (wrong) throw new InvalidDidError(typeof input === 'string' ? input : typeof input, wrong)
}

/** Whether a value is a DID of any method. */
export function isDid(input: unknown): input is Did {
  return !checkDid(input)
}

/** @throws {@link InvalidDidError} if the value is not a DID */
export function assertDid(input: unknown): asserts input is Did {
  assertPasses(checkDid, input)
}

/** The value itself. @throws {@link InvalidDidError} if it is not a DID */
export function asDid<T>(input: T): T & Did {
  assertDid(input)
  return input
}

/** Whether a value is a `did:plc`. */
export function isDidPlc(input: unknown): input is Did<'plc'> {
  return !checkPlc(input)
}

/** @throws {@link InvalidDidError} if the value is not a `did:plc` */
export function assertDidPlc(input: unknown): asserts input is Did<'plc'> {
  assertPasses(checkPlc, input)
}

/** The value itself. @throws {@link InvalidDidError} if it is not a `did:plc` */
export function asDidPlc<T>(input: T): T & Did<'plc'> {
  assertDidPlc(input)
  return input
}

/** Whether a value is a `did:web`; it may have a port and a path. */
export function isDidWeb(input: unknown): input is Did<'web'> {
  return !checkWeb(input)
}

/** @throws {@link InvalidDidError} if the value is not a `did:web` */
export function assertDidWeb(input: unknown): asserts input is Did<'web'> {
  assertPasses(checkWeb, input)
}

/** The value itself. @throws {@link InvalidDidError} if it is not a `did:web` */
export function asDidWeb<T>(input: T): T & Did<'web'> {
  assertDidWeb(input)
  return input
}

/** Whether a value is a `did:web` that is only a host name, as atproto requires. */
export function isAtprotoDidWeb(input: unknown): input is Did<'web'> {
  return !checkAtprotoWeb(input)
}

/** @throws {@link InvalidDidError} if the value is not a `did:web` that is only a host name */
export function assertAtprotoDidWeb(input: unknown): asserts input is Did<'web'> {
  assertPasses(checkAtprotoWeb, input)
}

/** Whether a value is a DID that atproto supports. */
export function isAtprotoDid(input: unknown): input is AtprotoDid {
  return !checkAtproto(input)
}

/** @throws {@link InvalidDidError} if the value is not a DID that atproto supports */
export function assertAtprotoDid(input: unknown): asserts input is AtprotoDid {
  assertPasses(checkAtproto, input)
}

/** The value itself. @throws {@link InvalidDidError} if it is not a DID that atproto supports */
export function asAtprotoDid<T>(input: T): T & AtprotoDid {
  assertAtprotoDid(input)
  return input
}

/** The method of a DID, such as `plc`. */
export function extractDidMethod<D extends Did>(did: D): D extends Did<infer Method> ? Method : string {
  return did.split(':', 2)[1] as D extends Did<infer Method> ? Method : string
}

/** The URL that a `did:web` stands for. */
export function didWebToUrl(did: Did<'web'>): URL {
  assertDidWeb(did)
  return new URL(webUrl(did))
}

/** The `did:web` that stands for a URL. */
export function urlToDidWeb(url: URL): Did<'web'> {
  const path = url.pathname === '/' ? '' : url.pathname.replaceAll('/', ':')
  return `${DID_WEB_PREFIX}${url.host.replace(':', '%3A')}${path}`
}

function webUrl(did: string): string {
  const [host = '', ...path] = did.slice(DID_WEB_PREFIX.length).split(':')
  const authority = host.replaceAll('%3A', ':')
  const scheme = /^localhost(?::|$)/.test(authority) ? 'http' : 'https'
  return `${scheme}://${[authority, ...path].join('/')}`
}
