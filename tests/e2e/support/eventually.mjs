import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until `check` gives a truthy value and returns it. A condition is
 * waited for, never a time: fast machines go on at once, slow ones get to `within`.
 */
export async function eventually(check, what, within = 15_000) {
  const end = Date.now() + within
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > end) throw new Error(`Waited ${within} ms in vain until ${what}`)
    await pause(20)
  }
}
