import { Database, canKeepKeys } from './keys.js'

const asked = new Map<string | undefined, Promise<boolean>>()

/** Whether this page or worker can store a key and read it back. Asked once. */
export function canStoreKeys(storageName: string | undefined): Promise<boolean> {
  const answer = asked.get(storageName) ?? ask(storageName)
  asked.set(storageName, answer)
  return answer
}

async function ask(storageName: string | undefined): Promise<boolean> {
  const database = new Database(storageName)
  try {
    return await canKeepKeys(database)
  } finally {
    database.dispose()
  }
}
