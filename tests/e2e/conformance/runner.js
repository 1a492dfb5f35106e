// Runs one case, or one flow, at a time, each in a world of its own.
import * as lib from '/pkg/index.js'
import { World } from '/world.js'

/** Longer than any case takes on a busy machine. */
const LIMIT = 12_000

async function inWorld(work) {
  const world = new World(lib)
  let timer
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Not settled after ${LIMIT} ms`)), LIMIT)
    })
    return await Promise.race([work(world), late])
  } finally {
    clearTimeout(timer)
    await world.end()
  }
}

/** Runs the case `title` of a file of cases: nothing, or what failed. */
window.runCase = async (file, title) => {
  const { cases } = await import(`/cases/${file}.js`)
  try {
    await inWorld(cases[title])
    return undefined
  } catch (error) {
    return error?.stack ?? String(error)
  }
}

/** Runs one flow of the differential test: what could be observed. */
window.runFlow = async (title) => {
  const { observe } = await import('/observe.js')
  const { flows } = await import('/flows.js')
  return inWorld((world) => observe(world, flows[title]))
}

const told = (work) => inWorld(async (world) => {
  try {
    return await work(world) && 'nothing'
  } catch (error) {
    return `${error instanceof TypeError ? 'TypeError' : 'Error'}: ${error.message}`
  }
})

/** What a client without metadata says on this page. */
window.defaultClientError = () => told((world) => world.client({ clientMetadata: undefined }).initRestore())

/** What `init` says of a loopback client with these redirect URIs on this page. */
window.initError = (uris) => told((world) => world.client({ clientMetadata: lib.buildAtprotoLoopbackClientMetadata({
  scope: 'atproto', redirect_uris: uris }) }).init())

window.ready = true
