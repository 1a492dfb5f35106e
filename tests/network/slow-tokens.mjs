// Holds new tokens back on their way to the client. What the server has done is done, whoever is still there to hear of it.

/** Returns `{ follow, hold }`: a function that makes a server hold its tokens back, and one that says for how many milliseconds. */
export function createHold() {
  let ms = 0
  const hold = (time) => (ms = time)
  const follow = (server) => {
    server.prependListener('request', (request, response) => {
      if (!ms || request.method !== 'POST' || request.url !== '/oauth/token') return
      const end = response.end
      response.end = function (...rest) {
        setTimeout(() => end.apply(this, rest), response.statusCode === 200 ? ms : 0)
        return this
      }
    })
  }
  return { follow, hold }
}
