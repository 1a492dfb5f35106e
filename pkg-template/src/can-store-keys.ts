import { Database } from '../../src/host/browser/indexed_db.js'
import { generate } from '../../src/host/browser/web_crypto.js'

/** The key of the row that is written as a test and deleted in the same transaction. */
const PROBE = 'atproto-oauth-wasm:probe'

const results = new Map<string | undefined, Promise<boolean>>()

/** Whether this page or worker can store a key and read it back; WebKit's shared workers cannot. Tested once per database. */
export function canStoreKeys(storageName: string | undefined): Promise<boolean> {
  const result = results.get(storageName) ?? probe(storageName)
  results.set(storageName, result)
  return result
}

async function probe(storageName: string | undefined): Promise<boolean> {
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
