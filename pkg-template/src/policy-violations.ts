/** Watches what the content security policy of the page or worker blocks. */
export interface PolicyWatch {
  /** Whether a directive blocked something: a URL, or a keyword such as `wasm-eval`. The browser may report that a little later. */
  violated(directive: string, blocked: string): Promise<boolean>
  stop(): void
}

/** How long to wait for the browser's report, in milliseconds. */
const PATIENCE = 100

/** Listens for violations of the policy: not every browser mentions the policy in the error of what was blocked. */
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
