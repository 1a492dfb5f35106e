import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until `check` resolves to a truthy value, and returns it. Tests wait for a condition and never for a time: fast machines
 * continue at once, slow ones have the time limit `within`.
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
