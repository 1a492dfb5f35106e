import assert from 'node:assert/strict'

/** Asserts the part of the error contract which every error of ours has, and the fields given. */
export function assertTyped(error, { isA, message, ...fields } = {}) {
  const shown = JSON.stringify(error, null, 2)
  assert.match(error.code ?? '', /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, `No stable code on ${shown}`)
  assert.equal(typeof error.retryable, 'boolean', `Not said whether trying again may help: ${shown}`)
  if (isA) assertIsA(error, isA)
  if (message) assert.match(error.message, message)
  for (const [field, expected] of Object.entries(fields)) {
    if (expected instanceof RegExp) assert.match(String(error[field]), expected, `${field} of ${shown}`)
    else assert.equal(error[field], expected, `${field} of ${shown}`)
  }
}

/** Asserts the class by the name under which the package exports it. */
export function assertIsA(error, name) {
  assert.ok(error?.classes.includes(name), `Not a ${name}: ${JSON.stringify(error, null, 2)}`)
}
