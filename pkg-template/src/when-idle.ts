/** Does work when the page is idle, but within a second. For work that nothing waits for. */
export function whenIdle(work: () => void): void {
  // Safari and workers have no `requestIdleCallback`.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 1000 })
  else setTimeout(work, 50)
}
