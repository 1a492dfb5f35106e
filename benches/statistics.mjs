// From samples to figures.

function quantile(sorted, part) {
  const at = (sorted.length - 1) * part
  const low = Math.floor(at)
  const next = sorted[Math.min(low + 1, sorted.length - 1)]
  return sorted[low] + (next - sorted[low]) * (at - low)
}

/** The median of the samples, and the quartiles that half of them lie between. */
export function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b)
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quantile(sorted, part))
  return { median, low, high, samples: sorted.length }
}

/** How often the network was waited for: the longest chain of requests of which each began when the one before had ended. */
export function roundTrips(requests) {
  let [count, reached] = [0, -Infinity]
  for (const { start, end } of [...requests].sort((a, b) => a.end - b.end)) {
    if (start < reached || end === Infinity) continue
    count += 1
    reached = end
  }
  return count
}

/** The same list, from another place on: so nobody is always first. */
export const rotated = (list, by) => list.map((_, at) => list[(at + by) % list.length])
