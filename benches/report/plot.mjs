// The figures that users feel, as a picture: one panel each, a bar for each client, whiskers at the quartiles.
import { short } from './table.mjs'

const [WIDTH, COLUMNS, MARGIN, HEAD, BAR, GAP] = [880, 2, 16, 34, 16, 22]
const [LABEL, VALUE] = [96, 120]
const NAMES = { ours: 'this package', official: 'official', atcute: 'atcute', oauth4webapi: 'oauth4webapi' }

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .value { fill: #59636e }
  .bar { fill: #b6bec8 } .ours { fill: #2f6feb } .whisker { stroke: #1f2328; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .value { fill: #9198a1 } .bar { fill: #545d68 } .ours { fill: #4493f8 } .whisker { stroke: #e6edf3 }
  }`

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function panels({ figures, clients }) {
  const byRatio = (name, title, words) => ({
    title, bars: Object.entries(figures[name].clients).map(([client, { ratio, median, unit = figures[name].unit }]) =>
      ({ client, ...ratio, value: ratio.median, text: words(ratio.median, median, unit) })),
  })
  const times = (ratio, median, unit) => `×${short(ratio)} · ${short(median)} ${unit}`
  const waited = (name, title) => byRatio(name, `${title}, 100 ms a request`, (ratio, median) =>
    `${short(median)} ms`)
  return [
    byRatio('steady', 'A request, times one hash and one signature', times),
    byRatio('parallel', '16 requests at once, each, times the same', times),
    byRatio('start', 'Page load to a usable session, official = 1', times),
    { title: 'Downloaded for it, brotli', bars: Object.entries(clients).map(([client, { app }]) =>
      ({ client, value: app.brotli, text: `${(app.brotli / 1000).toFixed(1)} kB` })) },
    waited('authorize', 'Handle typed to redirect'),
    waited('callback', 'Back from the server to a session'),
    waited('refresh', 'Forced refresh'),
    waited('expired', 'An expired session, the next day'),
  ]
}

function drawPanel({ title, bars }, left, top, width) {
  const room = width - LABEL - VALUE
  const scale = room / Math.max(...bars.map(({ value, high = value }) => Math.max(value, high)))
  const lines = bars.map(({ client, value, low, high, text }, at) => {
    const [x, y] = [left + LABEL, top + HEAD + at * GAP]
    const bar = Math.max(1, value * scale)
    const middle = y + BAR / 2
    const whisker = low === undefined ? ''
      : `<line class="whisker" x1="${(x + low * scale).toFixed(1)}" x2="${(x + high * scale).toFixed(1)}" y1="${middle}" y2="${middle}"/>`
    const end = x + Math.max(bar, (high ?? 0) * scale) + 6
    return `<text x="${x - 6}" y="${y + 12}" text-anchor="end">${NAMES[client]}</text>`
      + `<rect class="bar ${client}" x="${x}" y="${y}" width="${bar.toFixed(1)}" height="${BAR}" rx="2"/>${whisker}`
      + `<text class="value" x="${end.toFixed(1)}" y="${y + 12}">${escape(text)}</text>`
  })
  return `<text class="title" x="${left}" y="${top + 18}">${escape(title)}</text>${lines.join('')}`
}

/** The whole picture. */
export function toSvg(results) {
  const all = panels(results)
  const width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS
  const height = HEAD + Object.keys(NAMES).length * GAP + 10
  const total = MARGIN * 2 + Math.ceil(all.length / COLUMNS) * height
  const drawn = all.map((panel, at) =>
    drawPanel(panel, MARGIN + (at % COLUMNS) * (width + MARGIN), MARGIN + Math.floor(at / COLUMNS) * height, width))
  const head = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}"`
  return `<svg ${head} role="img" aria-label="Four clients compared; shorter is better">
<style>${STYLE}
</style>
${drawn.join('\n')}
</svg>
`
}
