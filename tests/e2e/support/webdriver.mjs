// WebKitGTK and Firefox through plain WebDriver: pages with an `evaluate` like Playwright's.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { eventually } from './eventually.mjs'
import { harnessReady } from './page.mjs'

const WEBKITS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((place) => `/usr/lib/${place}/webkit2gtk-4.1/MiniBrowser`)

/** Makes WebKit draw without a graphics card. */
const DRAWING = { WEBKIT_DISABLE_DMABUF_RENDERER: '1', LIBGL_ALWAYS_SOFTWARE: '1' }

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** WebKitGTK with its own virtual screen and profile. */
export function launchWebKit() {
  const binary = WEBKITS.find((place) => existsSync(place))
  if (!binary) throw new Error('No WebKitGTK found: install webkit2gtk-driver, xvfb and xauth')
  const driver = (port) => ['xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`], DRAWING]
  return launch(driver, { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } })
}

/** Firefox without a window, with its own profile. */
export function launchFirefox() {
  const driver = (port) => [process.env.GECKODRIVER ?? 'geckodriver', [`--port=${port}`], {}]
  return launch(driver, { 'moz:firefoxOptions': { args: ['-headless'] } })
}

async function launch(driverAt, capabilities) {
  const port = await freePort()
  const [program, args, env] = driverAt(port)
  // Their own process group, so that screen, driver and browser end together.
  const driver = spawn(program, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } })
  const failed = once(driver, 'error').then(([error]) => { throw error })
  failed.catch(() => undefined)
  const stop = () => {
    try {
      process.kill(-driver.pid)
    } catch {
      // It has ended already.
    }
  }
  process.once('exit', stop)
  const command = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' },
    })
    const { value } = await answer.json()
    if (!answer.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`)
    return value
  }
  try {
    const started = eventually(() => command('GET', '/status').catch(() => false), 'the driver has started')
    await Promise.race([started, failed])
    const alwaysMatch = { ...capabilities, timeouts: { script: 30_000 } }
    const { sessionId } = await command('POST', '/session', { capabilities: { alwaysMatch } })
    return new Browser((method, path, body) => command(method, `/session/${sessionId}${path}`, body), stop)
  } catch (error) {
    stop()
    throw error
  }
}

class Browser {
  #command
  #stop

  constructor(command, stop) {
    this.#command = command
    this.#stop = stop
  }

  /** Loads a page of the harness. */
  async open(url) {
    await this.#command('POST', '/url', { url })
    await harnessReady(this)
  }

  /** Sets a cookie for the page that is open. */
  async addCookie(name, value) {
    await this.#command('POST', '/cookie', { cookie: { name, value } })
  }

  /** Runs a function, or the text of an expression, in the page; its result must be JSON. */
  async evaluate(step, argument) {
    const expression = typeof step === 'function' ? `(${step})(given)` : step
    const script = `const [given, done] = arguments
      Promise.resolve().then(() => ${expression}).then((value) => done({ value }), (error) => done({ error: String(error) }))`
    const { value, error } = await this.#command('POST', '/execute/async', { script, args: [argument ?? null] })
    if (error !== undefined) throw new Error(error)
    return value
  }

  async close() {
    await this.#command('DELETE', '').catch(() => undefined)
    this.#stop()
  }
}
