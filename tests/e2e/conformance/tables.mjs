/** Cases that tests with real pages and servers cover: the number, the file and the title there. */
export const covered = {
  26: ['tests/package/import.test.mjs', 'importing works where a browser\\\'s interfaces are missing, as in server-side rendering'],
  92: ['tests/e2e/session.test.mjs', 'A page opened as localhost moves to the loopback address, where its sessions are'],
  109: ['tests/e2e/refresh.test.mjs', 'A refresh goes on when the one who asked for it no longer waits'],
  132: ['tests/e2e/storage.test.mjs', 'A session signed in with ${name[before]} goes on with ${name[after]}, refresh included'],
}

/** Cases that only concern the client for Node. */
export const forNode = [138, 139, 140, 141, 142, 143, 144, 145]

/** Cases whose behaviour is not there yet, each with what is missing. They are run, and may not pass unnoticed. */
export const pending = {}
