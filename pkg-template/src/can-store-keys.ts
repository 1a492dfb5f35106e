import { Database } from '../../src/host/browser/indexed_db.js'
import { generate } from '../../src/host/browser/web_crypto.js'

/** The name of the row, which is removed at once. */
const PROBE = 'atproto-oauth-wasm:probe'

const asked = new Map<string | undefined, Promise<boolean>>()

/** Whether this page or worker can store a key and read it back: in WebKit, a shared worker cannot. Asked once. */
export function canStoreKeys(storageName: string | undefined): Promise<boolean> {
  const answer = asked.get(storageName) ?? ask(storageName)
  asked.set(storageName, answer)
  return answer
}

async function ask(storageName: string | undefined): Promise<boolean> {
  const database = new Database(storageName)
  try {
    const { pair } = await generate()
    const stored = await database.run('state', 'readwrite', async (rows) => {
      await rows.put(PROBE, pair)
      const stored = await rows.get(PROBE)
      await rows.delete(PROBE)
      return stored
    })
    return database.durable && Boolean(stored?.privateKey)
  } catch {
    return false
  } finally {
    database.dispose()
  }
}
