import assert from 'node:assert/strict'
import { eventually } from './eventually.mjs'

/** Waits until the harness has run in this page; between two documents there is none to call. */
export async function harnessReady(page) {
  await eventually(() => page.evaluate(() => window.harnessReady === true).catch(() => false), 'the harness has loaded')
}

/** Runs `step(argument)` in the page: `{ value }`, or `{ error }` as the harness describes errors. */
export async function outcomeOf(page, step, argument) {
  const outcome = await page.evaluate(`attempt(${step}, ${JSON.stringify(argument)})`)
  // Playwright keeps members that are `undefined`; assertions compare only the others.
  return JSON.parse(JSON.stringify(outcome))
}

/** The value of a step that has to succeed. */
export async function valueOf(page, step, argument) {
  const { value, error } = await outcomeOf(page, step, argument)
  if (error) assert.fail(`A step that has to succeed was rejected:\n${JSON.stringify(error, null, 2)}`)
  return value
}

/** The error of a step that has to fail. */
export async function errorOf(page, step, argument) {
  const { value, error } = await outcomeOf(page, step, argument)
  if (!error) assert.fail(`A step that has to be rejected gave ${JSON.stringify(value)}`)
  return error
}

/** The hook calls since the page was loaded, as `updated did` or `deleted did`. */
export function hookCalls(page) {
  return page.evaluate(() => window.hooks.map(({ hook, sub }) => `${hook} ${sub}`))
}
