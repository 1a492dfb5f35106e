// What the figures must be, and what they had better be.

const times = (value) => `×${value.toFixed(2)}`
const bytes = (value) => `${String(value).replace(/\B(?=(\d{3})+$)/g, ' ')} bytes`

/** A goal about a ratio; `others` are further conditions, each `[words, does it hold]`. */
function ratio(title, figure, limit, { must = [], aim }) {
  const value = figure.clients.ours?.ratio.median
  const whether = ([words, holds]) => ({ words, met: value !== undefined && holds })
  const judged = [[`≤ ${times(limit)} of ${figure.base === 'floor' ? 'the floor' : 'official'}`, value <= limit], ...must].map(whether)
  const met = judged.every(({ met }) => met)
  return { title, ours: value === undefined ? 'not offered' : times(value), must: { words: judged.map(({ words }) => words).join(', '), met },
    aim: whether(aim) }
}

/** What is better than nothing. */
const NOBODY = { median: Infinity, ratio: { median: Infinity } }

/** Every goal beside what was measured. */
export function goalsOf({ figures, clients }) {
  const ours = (name) => figures[name].clients.ours ?? {}
  const peer = (name) => figures[name].clients.atcute ?? NOBODY
  const perRequest = (title, name, must) => ratio(title, figures[name], 1.6, { must, aim: ['≤ ×1.20', ours(name).ratio?.median <= 1.2] })
  const trips = (count, taken) => [count === 1 ? '1 round trip' : `${count} round trips`, taken <= count]

  const requests = ours('later').requests
  const { brotli } = clients.ours.entry
  return [
    perRequest('steady request', 'steady', [['below atcute', ours('steady').ratio?.median < peer('steady').ratio.median]]),
    perRequest('16 in parallel, each', 'parallel'),
    ratio('load + restore to a usable session', figures.start, 0.35, { aim: ['≤ atcute', ours('start').median <= peer('start').median] }),
    { title: 'restore after 5 minutes, network requests', ours: String(requests), must: { words: '0', met: requests === 0 },
      aim: { words: '0', met: requests === 0 } },
    ratio('authorize at 100 ms a request, first visit', figures.authorize, 0.65, { aim: trips(4, ours('authorize').trips) }),
    ratio('callback at 100 ms, begun with a handle or DID', figures.callback, 0.3, { aim: trips(1, ours('callback').trips) }),
    ratio('callback at 100 ms, begun with a server URL', figures.callbackServer, 0.6, { aim: trips(3, ours('callbackServer').trips) }),
    ratio('forced refresh at 100 ms', figures.refresh, 0.6, {
      aim: ['3 round trips, the caller waiting for 1', ours('refresh').tripsOfAll <= 3 && ours('refresh').trips <= 1],
    }),
    { title: 'wasm + JS, brotli, everything the default entry ships', ours: bytes(brotli),
      must: { words: `≤ ${bytes(52_049)}`, met: brotli <= 52_049 }, aim: { words: bytes(40_000), met: brotli <= 40_000 } },
  ]
}
