/**
 * The syntax of all permissions, `resource:positional?name=value&name=value`, and of the names in them.
 *
 * @see https://atproto.com/specs/permission
 * @module
 */
import { isAtprotoDid } from './did.js'
import { ScopeError } from './scope-error.js'

/** Stands for every name, or every service. */
export const ANY = '*'

/** The values of parameters, by name. */
export type Values = Readonly<Record<string, readonly string[]>>

/** A parsed token. */
export interface ScopeSyntax {
  readonly resource: string
  /** The values of the resource's parameters, given by name. The first of them may be positional. */
  read(names: readonly [string, ...string[]]): Values
}

/** Whether a text is a `scope-token` of RFC 6749 section 3.3. */
export function isToken(text: string): boolean {
  return /^[!#-[\]-~]+$/.test(text)
}

export function splitToken(token: string): ScopeSyntax {
  const [, resource = '', positional, query = ''] = /^([^:?]*)(?::([^?]*))?(?:\?(.*))?$/.exec(token) ?? []
  const read = (names: readonly [string, ...string[]]): Values => {
    const values: Record<string, string[]> = Object.fromEntries(names.map((name) => [name, []]))
    // `URLSearchParams` skips one question mark. A second one, at the start of the query, is part of a name.
    for (const [name, value] of new URLSearchParams(`?${query}`)) {
      if (!names.includes(name)) throw new ScopeError('SCOPE_PARAMETER_UNKNOWN', `"${resource}" has no parameter "${name}"`)
      values[name]?.push(value)
    }
    if (positional !== undefined) {
      const [name] = names
      if (values[name]?.length) throw repeated(name)
      values[name]?.push(decodePositional(positional))
    }
    return values
  }
  return { resource, read }
}

/** Outside a query, a plus is not a space. Invalid escapes stay as they are. */
function decodePositional(text: string): string {
  return new URLSearchParams(`=${text.replaceAll('+', '%2B').replaceAll('&', '%26')}`).get('') ?? ''
}

/** The token of a resource. The first parameter is positional if it has one value. */
export function printToken(resource: string, parameters: Values): string {
  const [first, ...others] = Object.entries(parameters)
  const params = others.flatMap(([name, values]) => values.map((value) => `${name}=${encodeParameter(value)}`))
  let head = resource
  if (first) {
    const [name, values] = first
    if (values.length === 1) head += `:${encode(values[0] ?? '', /%(?:3A|2F|2C|40|2B)/g)}`
    else params.unshift(...values.map((value) => `${name}=${encodeParameter(value)}`))
  }
  return params.length ? `${head}?${params.join('&')}` : head
}

/**
 * Escapes what the reference server escapes, and also `%`, and `+` in a parameter: the reference server prints these two
 * unescaped and then reads them as something else.
 */
function encodeParameter(value: string): string {
  const escaped = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`
  return encode(value, /%(?:3A|2F|2C|40)/g).replace(/[!'()~]/g, escaped)
}

function encode(value: string, plain: RegExp): string {
  return encodeURIComponent(value).replace(plain, decodeURIComponent)
}

/** Source: atproto specification, "Namespaced Identifiers", section "NSID Syntax". */
export function isNsid(text: string): boolean {
  const segment = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
  return text.length <= 317 && new RegExp(`^(?=[a-zA-Z])${segment}(?:\\.${segment})+\\.[a-zA-Z][a-zA-Z0-9]{0,62}$`).test(text)
}

/** Whether a text names a service of a DID: the DID, `#`, and the service's id, a fragment of RFC 3986 section 3.5. */
export function isService(text: string): boolean {
  const [did, ...rest] = text.split('#')
  return rest.length === 1 && /^(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-fA-F]{2})+$/.test(rest[0] ?? '') && isAtprotoDid(did)
}

export function missing(resource: string, parameter: string): ScopeError {
  return new ScopeError('SCOPE_PARAMETER_MISSING', `"${resource}" requires "${parameter}"`)
}

export function invalid(parameter: string, value: string): ScopeError {
  return new ScopeError('SCOPE_VALUE_INVALID', `Invalid "${parameter}": "${value}"`, parameter)
}

function repeated(parameter: string): ScopeError {
  return new ScopeError('SCOPE_PARAMETER_REPEATED', `"${parameter}" is given more than once`)
}

/** The value of a parameter that takes one. */
export function single(parameter: string, values: readonly string[] = []): string | undefined {
  if (values.length > 1) throw repeated(parameter)
  return values[0]
}
