// What is measured, in the order of the tables, and from samples to figures.
import { summary } from './statistics.mjs'

/** What a figure is compared with: the floor of its own round, or the official client's sample of the same round. */
const [FLOOR, OFFICIAL] = ['floor', 'official']

/** `also`: counts that are shown beside a time. */
const FLOW = ['Trips', 'Requests']

export const SECTIONS = [
  {
    title: 'Requests through a session',
    note: 'Microseconds for each; × is how many times the floor, one SHA-256 and one ES256 signature by WebCrypto, in short batches '
      + 'that took turns with it, after 600 requests that do not count; of a round the lower decile does. The network answers at once. '
      + '"The stub alone" is in all the others.',
    unit: 'µs', base: FLOOR,
    figures: {
      plain: 'the stub alone',
      steady: 'one after the other',
      parallel: '16 at once, each',
      changing: 'one after the other, a nonce new in every answer',
    },
  },
  {
    title: 'Load and restore',
    note: 'Milliseconds; × is how many times the official client, in the same round. Each on a page of its own, with no cache of code; '
      + 'of the tries of a round the fastest counts, as it does in what follows. The network answers at once.',
    unit: 'ms', base: OFFICIAL,
    figures: {
      load: 'load: import and instantiate, over an empty module',
      start: 'load + restore to a usable session',
      arrive: { title: 'load + restore + first request, to its answer', also: ['Requests'] },
      first: { title: 'first request, 10 seconds after the last visit', also: ['Requests'] },
      later: { title: 'restore after 5 minutes', also: ['Requests'] },
      firstLater: { title: 'first request after that', also: ['Requests'] },
    },
  },
  {
    title: 'Sign-in and refresh, 100 ms a request',
    note: 'Milliseconds that the caller waits; × is how many times the official client. Trips are the requests that the caller waited for '
      + 'one after the other, requests are all that were made, also behind the caller. No preflight requests: they would come to '
      + 'every client alike. Nor do all do the same for it: at a refresh only ours and the official client ask whether the account is '
      + 'still with that server.',
    unit: 'ms', base: OFFICIAL,
    figures: {
      authorize: { title: 'authorize, handle typed, first visit', also: FLOW },
      authorizeSecond: { title: 'authorize, a second account of the same server 40 seconds later', also: FLOW },
      authorizeServer: { title: 'authorize, address of the PDS typed, first visit', also: FLOW },
      callback: { title: 'callback, begun with a handle', also: FLOW },
      callbackServer: { title: 'callback, begun with the address of the PDS', also: FLOW },
      refresh: { title: 'restore with force, a minute after the last use', also: FLOW },
      expired: { title: 'restore of an expired session, the next day', also: FLOW },
    },
  },
  {
    title: 'Memory held',
    note: 'Kilobytes over the page without the client, after garbage collection: JavaScript heap, buffers and the linear memory of wasm; '
      + 'not compiled code.',
    unit: 'kB', base: OFFICIAL,
    figures: { memoryOne: '1 session, one request made', memoryMany: '20 sessions, one request made with each' },
  },
]

/** The samples of a run. */
export class Samples {
  #values = {}

  /** Of several tries in a round the least counts: whatever else the machine does only ever adds. */
  add(figure, client, round, value) {
    const values = (this.#values[figure] ??= {})[client] ??= []
    values[round] = Math.min(value, values[round] ?? Infinity)
  }

  #of(figure, client) {
    return this.#values[figure]?.[client]
  }

  /** Median and quartiles, with the ratio to the base; nothing where a client does not offer what is measured. */
  figure(name, client, base) {
    const own = this.#of(name, client)
    if (!own) return undefined
    const bases = base === FLOOR ? this.#of(`${name}Floor`, client) : this.#of(name, OFFICIAL)
    return { ...summary(own), ratio: bases && summary(own.map((value, round) => value / bases[round])) }
  }

  count(name, client) {
    const own = this.#of(name, client)
    return own && summary(own).median
  }
}

/** All figures of a run: by figure, then by client. */
export function figuresOf(samples, clients) {
  const figures = {}
  for (const { unit, base, figures: named } of SECTIONS) {
    for (const [name, given] of Object.entries(named)) {
      const { title, also = [] } = typeof given === 'string' ? { title: given } : given
      const values = {}
      for (const client of clients) {
        const value = samples.figure(name, client, base)
        if (!value) continue
        const counts = also.length && Object.fromEntries(also.map((count) => [count.toLowerCase(), samples.count(name + count, client)]))
        const behind = samples.count(`${name}AllTrips`, client)
        values[client] = { ...value, ...counts, ...(behind !== undefined && { tripsOfAll: behind }) }
      }
      figures[name] = { title, unit, base, clients: values }
    }
  }
  return figures
}
