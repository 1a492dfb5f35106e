/** What nobody waits for: done when the page has nothing better to do, within a second. */
export function whenIdle(work: () => void): void {
  // Safari and workers have no such thing.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 1000 })
  else setTimeout(work, 50)
}
