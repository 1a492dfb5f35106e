// How the commands of this folder end: all in the same way, leaving nothing behind.

/**
 * Runs `stop` on SIGINT or SIGTERM, then exits. With `withStdin` also when standard input closes: a parent that holds the other end of
 * the pipe can then not die without taking this process along.
 */
export function stopWithProcess(stop, { withStdin = false } = {}) {
  let stopping = false
  const end = async () => {
    if (stopping) return
    stopping = true
    // A server that cannot be closed must not keep the process.
    setTimeout(() => process.exit(1), 10_000).unref()
    try {
      await stop()
      process.exit(0)
    } catch (error) {
      console.error(error)
      process.exit(1)
    }
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  if (withStdin) process.stdin.on('end', end).on('error', end).resume()
}

/** Whether a module is the program that was started, rather than imported. */
export const isMain = (meta) => meta.main ?? process.argv[1] === meta.filename
