import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

// Nothing may leave the machine on the browser's own account: tests count requests.
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync']

// Chromium would load the pages of its own address bar with every page of ours, on the same cores. Its last list of
// features counts, so what Playwright takes away for the sake of tests is in this one too.
const WITHOUT = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup',
  'AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints',
  'PaintHolding', 'PreconnectToSearch', 'ThirdPartyStoragePartitioning']

// What Playwright takes from the browser, and visitors have.
const USUAL = ['--disable-back-forward-cache', '--disable-popup-blocking']

/**
 * Launches the installed Chromium with a profile of its own, removed when it closes.
 * `usual`: with the back/forward cache and the popup blocker, which tests elsewhere do without.
 */
export function launchBrowser({ usual = false } = {}) {
  const executablePath = process.env.CHROMIUM ?? USUAL_PLACES.find((place) => existsSync(place))
  if (!executablePath) throw new Error('No Chromium found: install it, or set CHROMIUM to its path')
  // Chromium's sandbox refuses to work for root, which is what containers run as.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, headless: true, args: [...QUIET, `--disable-features=${WITHOUT}`, ...asRoot], ignoreDefaultArgs: usual ? USUAL : [] })
}
