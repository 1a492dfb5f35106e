/**
 * The kinds of permissions: how to parse, print and compare each.
 *
 * @see https://atproto.com/specs/permission
 * @module
 */
import { ScopeError } from './scope-error.js'
import { ANY, invalid, isNsid, isService, isToken, missing, printToken, single, splitToken } from './scope-syntax.js'
import type { ScopeSyntax } from './scope-syntax.js'

const TRANSITIONS = ['generic', 'chat.bsky', 'email'] as const
const REPO_ACTIONS = ['create', 'update', 'delete'] as const
const ACCOUNT_ATTRS = ['email', 'repo', 'status'] as const
const ACCOUNT_ACTIONS = ['read', 'manage'] as const
const IDENTITY_ATTRS = ['handle', ANY] as const

/** A scope from before there were permissions, without `transition:`. */
export type Transition = (typeof TRANSITIONS)[number]
/** What can be done to a record. */
export type RepoAction = (typeof REPO_ACTIONS)[number]
/** A part of an account's hosting. The reference server has `status`, the specification does not yet. */
export type AccountAttr = (typeof ACCOUNT_ATTRS)[number]
/** What may be done with it; `manage` includes `read`. */
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number]
/** The handle, or the whole DID document. */
export type IdentityAttr = (typeof IDENTITY_ATTRS)[number]

/** `atproto`: required of every atproto session. */
export interface AtprotoPermission {
  readonly resource: 'atproto'
}

/** What a session could be granted before there were permissions. */
export interface TransitionPermission {
  readonly resource: 'transition'
  readonly transition: Transition
}

/** To write records. */
export interface RepoPermission {
  readonly resource: 'repo'
  /** The record types: NSIDs, or `*` alone. */
  readonly collection: readonly string[]
  readonly action: readonly RepoAction[]
}

/** To call other services on behalf of the account. */
export interface RpcPermission {
  readonly resource: 'rpc'
  /** The methods: NSIDs, or `*` alone. */
  readonly lxm: readonly string[]
  /** The service: a DID with the id of one of its services, or `*`. */
  readonly aud: string
}

/** To upload blobs. */
export interface BlobPermission {
  readonly resource: 'blob'
  /** Media types, or patterns such as `image/*`, in lower case. */
  readonly accept: readonly string[]
}

/** To read or change the account's hosting. */
export interface AccountPermission {
  readonly resource: 'account'
  readonly attr: AccountAttr
  readonly action: AccountAction
}

/** To change the account's identity. */
export interface IdentityPermission {
  readonly resource: 'identity'
  readonly attr: IdentityAttr
}

/** A published set of permissions. Only the server looks up its content. */
export interface IncludePermission {
  readonly resource: 'include'
  /** The name of the set. */
  readonly nsid: string
  /** The service that its `rpc` permissions inherit. */
  readonly aud?: string
}

/** Anything else that a server granted. */
export interface UnknownPermission {
  readonly resource: 'unknown'
  /** As it was granted. */
  readonly token: string
}

/** One token of a scope. More kinds may come: have a `default` in each `switch`. */
export type Permission =
  | AtprotoPermission
  | TransitionPermission
  | RepoPermission
  | RpcPermission
  | BlobPermission
  | AccountPermission
  | IdentityPermission
  | IncludePermission
  | UnknownPermission

/** Parses a token. @throws {@link ScopeError} */
export function parsePermission(token: string): Permission {
  if (!isToken(token)) throw new ScopeError('SCOPE_CHARACTER_INVALID', `Not a scope token: ${JSON.stringify(token)}`)
  if (token === 'atproto') return { resource: 'atproto' }
  const transition = TRANSITIONS.find((name) => token === `transition:${name}`)
  if (transition) return { resource: 'transition', transition }
  const syntax = splitToken(token)
  switch (syntax.resource) {
    case 'repo':
      return readRepo(syntax)
    case 'rpc':
      return readRpc(syntax)
    case 'blob':
      return makeBlob(syntax.read(['accept']).accept)
    case 'account':
      return readAccount(syntax)
    case 'identity':
      return makeIdentity(required('identity', 'attr', syntax.read(['attr']).attr) as IdentityAttr)
    case 'include':
      return readInclude(syntax)
    default:
      throw new ScopeError('SCOPE_RESOURCE_UNKNOWN', `Unknown permission "${token}"`)
  }
}

/** The shortest token of a permission. */
export function printPermission(permission: Permission): string {
  switch (permission.resource) {
    case 'atproto':
      return 'atproto'
    case 'transition':
      return `transition:${permission.transition}`
    case 'repo': {
      const { collection, action } = permission
      return printToken('repo', { collection, action: action.length < REPO_ACTIONS.length ? action : [] })
    }
    case 'rpc':
      return printToken('rpc', { lxm: permission.lxm, aud: [permission.aud] })
    case 'blob':
      return printToken('blob', { accept: permission.accept })
    case 'account': {
      const { attr, action } = permission
      return printToken('account', { attr: [attr], action: action === 'manage' ? [action] : [] })
    }
    case 'identity':
      return printToken('identity', { attr: [permission.attr] })
    case 'include': {
      const { nsid, aud } = permission
      return printToken('include', { nsid: [nsid], aud: aud === undefined ? [] : [aud] })
    }
    case 'unknown':
      return permission.token
  }
}

function readRepo(syntax: ScopeSyntax): RepoPermission {
  const { collection, action = [] } = syntax.read(['collection', 'action'])
  const actions = action.map((text) => oneOf(REPO_ACTIONS, 'action', text))
  return makeRepo(collection, actions.length ? actions : REPO_ACTIONS)
}

export function makeRepo(collection: readonly string[] | undefined, action: readonly RepoAction[]): RepoPermission {
  if (!action.length) throw missing('repo', 'action')
  for (const text of action) oneOf(REPO_ACTIONS, 'action', text)
  return {
    resource: 'repo',
    collection: names('repo', 'collection', collection),
    action: REPO_ACTIONS.filter((known) => action.includes(known)),
  }
}

function readRpc(syntax: ScopeSyntax): RpcPermission {
  const { lxm, aud } = syntax.read(['lxm', 'aud'])
  return makeRpc(lxm, required('rpc', 'aud', aud))
}

export function makeRpc(methods: readonly string[] | undefined, aud: string): RpcPermission {
  const lxm = names('rpc', 'lxm', methods)
  if (aud === ANY && lxm[0] === ANY)
    throw new ScopeError('SCOPE_RPC_UNLIMITED', '"rpc" must be limited to methods or to a service')
  if (aud !== ANY && !isService(aud)) throw invalid('aud', aud)
  return { resource: 'rpc', lxm, aud }
}

export function makeBlob(patterns: readonly string[] = []): BlobPermission {
  if (!patterns.length) throw missing('blob', 'accept')
  const wrong = patterns.find((pattern) => !isPattern(pattern))
  if (wrong !== undefined) throw invalid('accept', wrong)
  const all = sorted(patterns.map((pattern) => pattern.toLowerCase()))
  const accept = all.filter((pattern) => !all.some((other) => other !== pattern && isWithin(pattern, other)))
  return { resource: 'blob', accept }
}

/** The specification allows one action. The reference server reads several and takes the greatest. */
function readAccount(syntax: ScopeSyntax): AccountPermission {
  const { attr, action = [] } = syntax.read(['attr', 'action'])
  const name = required('account', 'attr', attr)
  const actions = action.map((text) => oneOf(ACCOUNT_ACTIONS, 'action', text))
  return makeAccount(name as AccountAttr, actions.includes('manage') ? 'manage' : 'read')
}

export function makeAccount(attr: AccountAttr, action: AccountAction): AccountPermission {
  return { resource: 'account', attr: oneOf(ACCOUNT_ATTRS, 'attr', attr), action: oneOf(ACCOUNT_ACTIONS, 'action', action) }
}

export function makeIdentity(attr: IdentityAttr): IdentityPermission {
  return { resource: 'identity', attr: oneOf(IDENTITY_ATTRS, 'attr', attr) }
}

function readInclude(syntax: ScopeSyntax): IncludePermission {
  const { nsid, aud } = syntax.read(['nsid', 'aud'])
  return makeInclude(required('include', 'nsid', nsid), single('aud', aud))
}

export function makeInclude(nsid: string, aud?: string): IncludePermission {
  if (!isNsid(nsid)) throw invalid('nsid', nsid)
  if (aud === undefined) return { resource: 'include', nsid }
  if (!isService(aud)) throw invalid('aud', aud)
  return { resource: 'include', nsid, aud }
}

/** The value of a required parameter that takes one. */
function required(resource: string, parameter: string, values: readonly string[] | undefined): string {
  const value = single(parameter, values)
  if (value === undefined) throw missing(resource, parameter)
  return value
}

function oneOf<T extends string>(known: readonly T[], parameter: string, text: string): T {
  const found = known.find((own) => own === text)
  if (!found) throw invalid(parameter, text)
  return found
}

/** NSIDs in alphabetical order, each once, or `*` alone. */
function names(resource: string, parameter: string, values: readonly string[] = []): string[] {
  if (!values.length) throw missing(resource, parameter)
  const wrong = values.find((value) => value !== ANY && !isNsid(value))
  if (wrong !== undefined) throw invalid(parameter, wrong)
  return values.includes(ANY) ? [ANY] : sorted(values)
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}

/** `type/subtype` of RFC 6838 section 4.2, in which the subtype, or both, may be `*`. */
function isPattern(text: string): boolean {
  return text === '*/*' || /^[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)$/.test(text)
}

/** Whether everything that a media type or pattern matches is also matched by another. */
export function isWithin(narrow: string, wide: string): boolean {
  return wide === '*/*' || wide === narrow || (wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1)))
}
