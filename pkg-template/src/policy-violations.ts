/** What the page's or worker's content security policy keeps from happening, while this is watched. */
export interface PolicyWatch {
  /** Whether a directive blocked something: an address, or a word such as `wasm-eval`. The browser may say so a little later. */
  violated(directive: string, blocked: string): Promise<boolean>
  stop(): void
}

/** How long the browser may take to say so, in milliseconds. */
const PATIENCE = 100

/** Listens for violations of the policy, which the error of what was blocked does not name in every browser. */
export function watchPolicy(): PolicyWatch {
  const seen: SecurityPolicyViolationEvent[] = []
  const see = (event: Event) => void seen.push(event as SecurityPolicyViolationEvent)
  globalThis.addEventListener?.('securitypolicyviolation', see)
  return {
    async violated(directive, blocked) {
      const fits = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) =>
        effectiveDirective === directive && blockedURI !== '' && blocked.startsWith(blockedURI)
      if (!seen.some(fits)) await new Promise((resolve) => setTimeout(resolve, PATIENCE))
      return seen.some(fits)
    },
    stop: () => globalThis.removeEventListener?.('securitypolicyviolation', see),
  }
}
