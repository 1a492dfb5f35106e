/**
 * Parses, prints and compares atproto permission scopes. Needs no WebAssembly and no browser.
 *
 * @see https://atproto.com/specs/permission
 * @module
 */
import { ScopeError } from './scope-error.js'
import {
  isWithin,
  makeAccount,
  makeBlob,
  makeIdentity,
  makeInclude,
  makeRepo,
  makeRpc,
  parsePermission,
  printPermission,
} from './scope-permission.js'
import type { AccountAction, AccountAttr, IdentityAttr, Permission, RepoAction, Transition } from './scope-permission.js'

export { ScopeError }
export type { ScopeErrorCode } from './scope-error.js'
export type {
  AccountAction,
  AccountAttr,
  AccountPermission,
  AtprotoPermission,
  BlobPermission,
  IdentityAttr,
  IdentityPermission,
  IncludePermission,
  Permission,
  RepoAction,
  RepoPermission,
  RpcPermission,
  Transition,
  TransitionPermission,
  UnknownPermission,
} from './scope-permission.js'
export { parsePermission, printPermission }

/**
 * The token to write records of one type, of several, or, with `*`, of all.
 *
 * @throws {@link ScopeError} if a name is not an NSID, or there is no action
 */
export function repo(collection: string | readonly string[], action: readonly RepoAction[] = ['create', 'update', 'delete']): string {
  return printPermission(makeRepo([collection].flat(), action))
}

/**
 * The token to call one method, several, or, with `*`, all, at a service: a DID with the id of one of its services, such as
 * `did:web:api.bsky.app#bsky_appview`, or, with `*`, at any service.
 *
 * @throws {@link ScopeError} if a name is not an NSID, `aud` is not a service, or both are `*`
 */
export function rpc(lxm: string | readonly string[], aud: string): string {
  return printPermission(makeRpc([lxm].flat(), aud))
}

/**
 * The token to upload blobs of the given media types, such as `image/png` or `image/*`.
 *
 * @throws {@link ScopeError} if one is not a media type
 */
export function blob(...accept: string[]): string {
  return printPermission(makeBlob(accept))
}

/** The token to read or manage a part of the account's hosting. */
export function account(attr: AccountAttr, action: AccountAction = 'read'): string {
  return printPermission(makeAccount(attr, action))
}

/** The token to change the handle, or, with `*`, the whole DID document. */
export function identity(attr: IdentityAttr): string {
  return printPermission(makeIdentity(attr))
}

/**
 * The token for a published permission set, with the service that its permissions inherit.
 *
 * @throws {@link ScopeError} if `nsid` is not an NSID, or `aud` is not a service
 */
export function include(nsid: string, aud?: string): string {
  return printPermission(makeInclude(nsid, aud))
}

/**
 * A set of permissions: what an app requests, or what a session was granted.
 *
 * As a string it is the canonical scope: the shortest tokens, in alphabetical order. Use that string both in the client
 * metadata and in the request: servers compare the two token by token.
 *
 * @example
 * ```ts
 * const needed = Scope.of('atproto', repo('app.bsky.feed.post', ['create']), blob('image/*'))
 * const granted = Scope.parse((await session.getTokenInfo()).scope)
 * if (!granted.covers(needed)) console.log(`Sign in again for ${granted.missing(needed)}`)
 * ```
 */
export class Scope implements Iterable<Permission> {
  /** By token, in the order of the tokens. */
  readonly #permissions: ReadonlyMap<string, Permission>

  private constructor(permissions: Iterable<Permission>) {
    const entries = Array.from(permissions, (permission) => [printPermission(permission), permission] as const)
    this.#permissions = new Map(entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b))))
  }

  /**
   * The permissions that an app requests: tokens, or texts with several. An unknown token is an error, since a server would
   * silently ignore it.
   *
   * @throws {@link ScopeError}
   */
  static of(...scopes: string[]): Scope {
    return new Scope(scopes.flatMap(tokens).map(parsePermission))
  }

  /**
   * The permissions that a server granted. A token with an unknown resource or parameter is kept as it is: a server may know
   * newer permissions. It covers only itself.
   *
   * @throws {@link ScopeError} only `SCOPE_CHARACTER_INVALID`, for a character that no scope can contain
   */
  static parse(scope: string): Scope {
    return new Scope(tokens(scope).map(parseLenient))
  }

  /**
   * Whether this scope allows everything that `needed` allows, by any combination of its permissions. A string is parsed as by
   * {@link Scope.of}.
   *
   * Never returns a false positive. It cannot look inside permission sets: an `include` covers only itself and the same
   * without its `aud`, and no other permission covers it. Check the individual permissions instead, which servers grant in
   * place of a set.
   *
   * `transition:generic` covers every `repo`, `blob` and `rpc` except the methods of `chat.bsky`, which need
   * `transition:chat.bsky` as well. `transition:email` covers `account:email`.
   */
  covers(needed: Scope | string): boolean {
    return this.missing(needed).isEmpty
  }

  /** The permissions of `needed` that this scope does not cover, to request in addition at the next sign-in. */
  missing(needed: Scope | string): Scope {
    const all = typeof needed === 'string' ? Scope.of(needed) : needed
    return new Scope([...all].filter((permission) => !this.#allows(permission)))
  }

  /** Whether there is no permission at all. */
  get isEmpty(): boolean {
    return !this.#permissions.size
  }

  /** The permissions, in the order in which they are printed. */
  [Symbol.iterator](): Iterator<Permission> {
    return this.#permissions.values()
  }

  toString(): string {
    return [...this.#permissions.keys()].join(' ')
  }

  toJSON(): string {
    return this.toString()
  }

  #allows(needed: Permission): boolean {
    if (this.#permissions.has(printPermission(needed))) return true
    switch (needed.resource) {
      case 'repo':
        return needed.collection.every((name) => needed.action.every((action) => this.#allowsWrite(name, action)))
      case 'rpc':
        return needed.lxm.every((lxm) => this.#allowsCall(lxm, needed.aud))
      case 'blob':
        return needed.accept.every((pattern) => this.#allowsUpload(pattern))
      case 'account':
        return (
          (needed.attr === 'email' && needed.action === 'read' && this.#has('email')) ||
          this.#permissions.has(account(needed.attr, 'manage'))
        )
      case 'identity':
        return this.#permissions.has('identity:*')
      case 'include':
        return needed.aud === undefined && this.#some('include', ({ nsid }) => nsid === needed.nsid)
      default:
        return false
    }
  }

  #allowsWrite(name: string, action: RepoAction): boolean {
    return this.#has('generic') || this.#some('repo', (own) => own.action.includes(action) && includes(own.collection, name))
  }

  /**
   * Either may be `*`. The reference server differs: with `transition:generic` alone it allows `*`, but not the methods of
   * `chat.bsky`; with `transition:chat.bsky` alone it allows these, which the specification forbids.
   */
  #allowsCall(lxm: string, aud: string): boolean {
    const needsChat = lxm === '*' || lxm.startsWith('chat.bsky.')
    return (
      (this.#has('generic') && (!needsChat || this.#has('chat.bsky'))) ||
      this.#some('rpc', (own) => includes(own.lxm, lxm) && includes([own.aud], aud))
    )
  }

  #allowsUpload(pattern: string): boolean {
    return this.#has('generic') || this.#some('blob', (own) => own.accept.some((wide) => isWithin(pattern, wide)))
  }

  #has(transition: Transition): boolean {
    return this.#permissions.has(`transition:${transition}`)
  }

  #some<R extends Permission['resource']>(resource: R, test: (own: Extract<Permission, { resource: R }>) => boolean): boolean {
    for (const own of this) if (own.resource === resource && test(own as Extract<Permission, { resource: R }>)) return true
    return false
  }
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes('*') || names.includes(name)
}

/** RFC 6749 section 3.3 separates tokens by one space. More spaces are tolerated: they must not cost a user the session. */
function tokens(scope: string): string[] {
  return scope.split(' ').filter(Boolean)
}

function parseLenient(token: string): Permission {
  try {
    return parsePermission(token)
  } catch (error) {
    if (error instanceof ScopeError && error.code !== 'SCOPE_CHARACTER_INVALID') return { resource: 'unknown', token }
    throw error
  }
}
