/** The names of the locks that tabs of this origin hold or wait for. */
export function locksOf(page) {
  return page.evaluate(async () => {
    const { held, pending } = await navigator.locks.query()
    return [...held, ...pending].map(({ name }) => name)
  })
}
