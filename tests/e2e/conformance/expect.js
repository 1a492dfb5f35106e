// Assertions for cases that run in the page, where there is no `node:assert`.

const show = (value) => {
  if (value instanceof Error) return `${value.constructor.name}: ${value.message}`
  return JSON.stringify(value, (_, part) => (part === undefined ? '(undefined)' : part)) ?? String(value)
}

export function fail(what) {
  throw new Error(what)
}

export function ok(value, what) {
  if (!value) fail(`${what}: got ${show(value)}`)
}

export function equal(actual, expected, what = 'value') {
  const [a, e] = [actual, expected].map(show)
  if (a !== e) fail(`${what}: expected ${e}, got ${a}`)
}

export function match(actual, pattern, what = 'text') {
  if (!pattern.test(String(actual))) fail(`${what}: expected ${pattern}, got ${show(actual)}`)
}

/** The error that a promise, or a function, ends with. */
export async function rejected(work, what = 'what has to be refused') {
  let value
  try {
    value = await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error
  }
  return fail(`${what} went through with ${show(value)}`)
}

/** Asserts class and message of an error. */
export function isError(error, Class, message) {
  if (typeof Class !== 'function') fail(`the package exports no such error class, for ${show(error)}`)
  if (!(error instanceof Class)) fail(`expected a ${Class.name}, got ${show(error)}`)
  if (message instanceof RegExp) match(error.message, message, 'message')
  else if (message !== undefined) equal(error.message, message, 'message')
  return error
}

/** The error and all its causes, outermost first. */
export function chain(error) {
  const all = []
  for (let at = error; at && all.length < 8; at = at.cause) all.push(at)
  return all
}

/** Waits for a condition, never for a time. */
export async function until(check, what, within = 5000) {
  const end = performance.now() + within
  for (;;) {
    const value = await check()
    if (value) return value
    if (performance.now() > end) fail(`waited in vain until ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}
