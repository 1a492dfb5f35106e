// The people of the local network. Their passwords are no secret: the servers that know them live for one run, on loopback.
import { LOOPBACK } from './loopback.mjs'

export async function createAccounts(pdsPort, names = ['alice', 'bob']) {
  const accounts = []
  for (const name of names) {
    const account = { handle: `${name}.test`, password: `${name}-pass` }
    const response = await fetch(`http://${LOOPBACK}:${pdsPort}/xrpc/com.atproto.server.createAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...account, email: `${name}@mail.test` }),
    })
    const body = await response.json()
    if (!response.ok) throw new Error(`the PDS refused the account ${account.handle}: ${JSON.stringify(body)}`)
    accounts.push({ ...account, did: body.did })
  }
  return accounts
}
