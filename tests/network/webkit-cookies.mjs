// WebKit refuses `Secure` cookies on http://localhost, which Chromium and Firefox take, and the provider's CSRF cookie always is one:
// without this a sign-in in WebKit ends in 400.

const isWebKit = (userAgent = '') => /Version\/[\d.]+ .*Safari/.test(userAgent)

export function allowWebKitCookies(server) {
  server.prependListener('request', (request, response) => {
    if (!isWebKit(request.headers['user-agent'])) return
    const writeHead = response.writeHead
    response.writeHead = function (...head) {
      const cookies = [response.getHeader('set-cookie') ?? []].flat()
      if (cookies.length) response.setHeader('set-cookie', cookies.map((cookie) => cookie.replace(/; ?Secure/i, '')))
      return writeHead.apply(this, head)
    }
  })
}
