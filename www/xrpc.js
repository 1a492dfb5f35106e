// One XRPC call through a session, with its timing; a refusal becomes an error the page can show.

/**
 * @param {{fetchHandler: (path: string, init?: RequestInit) => Promise<Response>}} session
 * @param {'GET' | 'POST'} method
 * @param {string} nsid the name of the method, as in `com.atproto.repo.getRecord`
 * @param {{params?: Record<string, string>, body?: unknown}} [input]
 * @returns {Promise<{data: any, status: number, ms: number}>}
 */
export async function xrpc(session, method, nsid, { params, body } = {}) {
  const query = params ? `?${new URLSearchParams(params)}` : ''
  const path = `/xrpc/${nsid}${query}`
  const init = { method }
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const began = performance.now()
  const response = await session.fetchHandler(path, init)
  const text = await response.text()
  const ms = performance.now() - began
  const data = parse(text)
  if (!response.ok) {
    throw Object.assign(new Error(data?.message ?? `${nsid} answered ${response.status}`), {
      code: data?.error,
      status: response.status,
      url: response.url,
      retryable: response.status >= 500 || response.status === 429,
    })
  }
  return { data, status: response.status, ms }
}

// A proxy in between may respond with HTML; then the status has to do.
function parse(text) {
  try {
    return text ? JSON.parse(text) : null
  } catch {
    return null
  }
}
