import { optionInvalid, pageOnly, popupBlocked } from './own-errors.js'
import type { PopupOptions } from './types.js'

/** Opens a blank popup, which must happen in the user's click. */
export function openPopup(options?: PopupOptions): Window {
  const { popupName, popupFeatures } = options ?? {}
  if (globalThis.document === undefined || !globalThis.open) throw pageOnly('A popup can be opened by a page only')
  // Such a name would show the consent page in the place of the app, or of what is around it.
  if (popupName && /^_(?!blank$)/i.test(popupName)) throw optionInvalid('popupName', popupName)
  const popup = globalThis.open('about:blank', popupName ?? '_blank', withoutOpenerOptions(String(popupFeatures ?? DEFAULT_FEATURES)))
  if (!popup) throw popupBlocked()
  disown(popup)
  popup.focus()
  return popup
}

const DEFAULT_FEATURES = 'width=600,height=600,menubar=no,toolbar=no'

/** With them, the browser opens the popup and does not say which it is. What they are for, `disown` does. */
function withoutOpenerOptions(features: string): string {
  const others = features.split(/[\s,]+/).filter((feature) => !/^(noopener|noreferrer)(=|$)/i.test(feature))
  return others.join()
}

/**
 * Takes this window from the popup's reach: otherwise any page that the popup comes to could send the app's window
 * elsewhere. A popup of the same name that still shows another server's page cannot be asked yet; the core does it again
 * before it sends the popup anywhere.
 */
function disown(popup: Window): void {
  try {
    popup.opener = null
  } catch {
    // See above.
  }
}
