import { optionInvalid, pageOnly, popupBlocked } from './own-errors.js'
import type { PopupOptions } from './types.js'

/** Opens a blank popup. Must run in the handler of the user's click. */
export function openPopup(options?: PopupOptions): Window {
  const { popupName, popupFeatures } = options ?? {}
  if (globalThis.document === undefined || !globalThis.open) throw pageOnly('A popup can be opened by a page only')
  // A name such as `_self` or `_top` would replace the app, or the page around it, with the consent page.
  if (popupName && /^_(?!blank$)/i.test(popupName)) throw optionInvalid('popupName', popupName)
  const popup = globalThis.open('about:blank', popupName ?? '_blank', withoutOpenerOptions(String(popupFeatures ?? DEFAULT_FEATURES)))
  if (!popup) throw popupBlocked()
  disown(popup)
  popup.focus()
  return popup
}

const DEFAULT_FEATURES = 'width=600,height=600,menubar=no,toolbar=no'

/** With `noopener` or `noreferrer`, the browser returns no window for the popup. `disown` serves their purpose. */
function withoutOpenerOptions(features: string): string {
  const others = features.split(/[\s,]+/).filter((feature) => !/^(noopener|noreferrer)(=|$)/i.test(feature))
  return others.join()
}

/**
 * Removes the popup's reference to this window: otherwise any page that the popup shows could navigate the app's window. That
 * fails while a reused popup still shows another server's page; the core tries again before it navigates the popup.
 */
function disown(popup: Window): void {
  try {
    popup.opener = null
  } catch {
    // See above.
  }
}
