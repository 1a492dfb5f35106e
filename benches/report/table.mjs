// The figures as Markdown.
import { SECTIONS } from '../figures.mjs'

/** Above this share of the machine, in percent, other processes are seen in the figures. */
const QUIET = 15

/** Three digits are what such a figure can mean. */
export function short(value) {
  if (value === 0 || Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)
}
const range = ({ low, high }) => `${short(low)}–${short(high)}`
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`
const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ' ')

function cell(value, unit) {
  if (!value) return 'not offered'
  const counts = [value.trips !== undefined && plural(value.trips, 'trip'), value.requests !== undefined && plural(value.requests, 'request')]
  return [value.ratio && `**×${short(value.ratio.median)}** (${range(value.ratio)})`, `${short(value.median)} ${unit}`,
    ...counts.filter(Boolean)].filter(Boolean).join(' · ')
}

const row = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

function bytesTable(clients) {
  const columns = [['app', 'a minimal app'], ['entry', 'everything the default entry ships']]
  const kinds = ['raw', 'gzip', 'brotli']
  return table(['bytes', ...Object.values(clients).map(({ title }) => title)], columns.flatMap(([column, words]) => kinds.map((kind) =>
    [`${words}, ${kind}`, ...Object.values(clients).map((client) => grouped(client[column][kind]))])))
}

const verdict = ({ words, met }) => [words, met ? 'met' : '**missed**']

/** The whole document. */
export function toMarkdown({ run, clients, figures, goals }) {
  const names = Object.keys(clients)
  const heads = Object.values(clients).map(({ title, version }) => `${title} ${version}`)
  const parts = [
    '# Benchmark',
    `Written by \`cargo xtask bench\`: Chromium ${run.chromium}, ${plural(run.cores, 'core')}, ${plural(run.pages.rounds, 'round')} of requests `
      + `and page loads, ${run.flows.rounds} of sign-ins, ${run.memory.rounds} of memory; the clients take turns. Each figure is a median, `
      + 'with the quartiles in parentheses. Ratios carry over to other machines, times do not. The network is a stub inside the page: '
      + '`benches/page/network.js`.',
    ...(run.busy > QUIET ? [`**Uncertain:** other processes used ${run.busy} % of the machine when the run began.`] : []),
    '## Goals',
    table(['figure', 'measured', 'must', '', 'aim', ''], goals.map(({ title, ours, must, aim }) =>
      [title, ours, ...verdict(must), ...verdict(aim)])),
    '## Bytes',
    'Bundled and minified alike by esbuild, each file compressed by itself.',
    bytesTable(clients),
  ]
  for (const { title, note, unit, figures: named } of SECTIONS) {
    parts.push(`## ${title}`, note, table(['', ...heads], Object.keys(named).map((name) =>
      [figures[name].title, ...names.map((client) => cell(figures[name].clients[client], unit))])))
  }
  return `${parts.join('\n\n')}\n`
}

/** The goals for a terminal. */
export function goalsAsText(goals) {
  const line = ({ title, ours, must, aim }) => [title.padEnd(54), ours.padEnd(14), (must.met ? 'met   ' : 'MISSED'), must.words.padEnd(34),
    `aim ${aim.met ? 'met   ' : 'missed'}`, aim.words].join('  ')
  return goals.map(line).join('\n')
}
