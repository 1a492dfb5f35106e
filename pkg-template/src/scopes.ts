/**
 * What a session may do: atproto permission scopes, read, written and compared. It needs no WebAssembly and no browser.
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
 * The token to write records: of one type, of several, or of all by `*`.
 *
 * @throws {@link ScopeError} where a name is no NSID, or no action is named
 */
export function repo(collection: string | readonly string[], action: readonly RepoAction[] = ['create', 'update', 'delete']): string {
  return printPermission(makeRepo([collection].flat(), action))
}

/**
 * The token to call methods, one, several, or all by `*`, at a service: a DID with the id of one of its services, such as
 * `did:web:api.bsky.app#bsky_appview`, or any by `*`.
 *
 * @throws {@link ScopeError} where a name is no NSID, `aud` no service, or both are `*`
 */
export function rpc(lxm: string | readonly string[], aud: string): string {
  return printPermission(makeRpc([lxm].flat(), aud))
}

/**
 * The token to upload blobs of the media types named, such as `image/png` or `image/*`.
 *
 * @throws {@link ScopeError} where one is no media type
 */
export function blob(...accept: string[]): string {
  return printPermission(makeBlob(accept))
}

/** The token to read or manage a part of the account's hosting. */
export function account(attr: AccountAttr, action: AccountAction = 'read'): string {
  return printPermission(makeAccount(attr, action))
}

/** The token to change the handle, or all of the DID document by `*`. */
export function identity(attr: IdentityAttr): string {
  return printPermission(makeIdentity(attr))
}

/**
 * The token for a published permission set, with the service that its permissions inherit.
 *
 * @throws {@link ScopeError} where `nsid` is none, or `aud` no service
 */
export function include(nsid: string, aud?: string): string {
  return printPermission(makeInclude(nsid, aud))
}

/**
 * A set of permissions: what an app asks for, or what a session was granted.
 *
 * As a string it is the canonical scope, its tokens in alphabetical order and each as short as it can be. Use that string in
 * the client metadata as well as in the request: servers compare the two token by token.
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
   * What an app asks for: tokens, or texts of several. One that is not understood is an error, since a server would ignore it
   * without a word.
   *
   * @throws {@link ScopeError}
   */
  static of(...scopes: string[]): Scope {
    return new Scope(scopes.flatMap(tokens).map(parsePermission))
  }

  /**
   * What a server granted. A token that is not understood, because of its resource or of its parameters, is kept as it is:
   * permissions are to evolve, and a server may know more of them. It covers nothing but itself.
   *
   * @throws {@link ScopeError} `SCOPE_CHARACTER_INVALID`, for a character that no scope can hold, and for nothing else
   */
  static parse(scope: string): Scope {
    return new Scope(tokens(scope).map(parseLenient))
  }

  /**
   * Whether this grant allows all that `needed` does, by whatever combination of its permissions. A string is read as by
   * {@link Scope.of}.
   *
   * It is sure of a yes. Permission sets cannot be looked into from here: an `include` covers itself and what it is without
   * its `aud`, and no permission covers it. So ask for the permissions themselves, which servers grant in the place of a set.
   *
   * `transition:generic` covers every `repo`, `blob` and `rpc` but for the methods of `chat.bsky`; with
   * `transition:chat.bsky` beside it those too; `transition:email` covers `account:email`.
   */
  covers(needed: Scope | string): boolean {
    return this.missing(needed).isEmpty
  }

  /** The permissions of `needed` that this grant does not cover: what to ask for, beside what there is, at the next sign-in. */
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
   * Either may be `*`. The reference server lets `transition:generic` alone do for every method at once, but not for each of
   * them; and `transition:chat.bsky` alone for its methods, which the specification says it must not.
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

/** RFC 6749 section 3.3 separates tokens by one space; several are no reason to lose a session. */
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
