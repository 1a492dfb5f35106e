// A PDS with its OAuth provider and sign-in pages; its data lives in a temporary folder that goes when it stops.
import path from 'node:path'
import { listenOnLoopback } from './loopback.mjs'
import { makeTemporaryFolder } from './temporary.mjs'

/** `hostname` is given when a TLS front makes the PDS public as `https://<hostname>`. */
export async function startPds({ port, plcUrl, hostname }) {
  // Read once, when the package is imported.
  process.env.LOG_ENABLED ??= 'false'
  const { PDS } = await import('@atproto/pds')
  const { Secp256k1Keypair } = await import('@atproto/crypto')
  const rotationKey = await Secp256k1Keypair.create({ exportable: true })

  const { folder, remove } = makeTemporaryFolder('atproto-oauth-wasm-pds-')
  try {
    const pds = await PDS.fromEnv({
      devMode: true,
      port,
      hostname,
      serviceName: 'Local PDS',
      serviceHandleDomains: ['.test'],
      inviteRequired: false,
      dataDirectory: folder,
      blobstoreDiskLocation: path.join(folder, 'blobs'),
      didPlcUrl: plcUrl,
      plcRotationKeyK256PrivateKeyHex: Buffer.from(await rotationKey.export()).toString('hex'),
      recoveryDidKey: (await Secp256k1Keypair.create()).did(),
      adminPassword: 'admin-pass',
      jwtSecret: 'jwt-secret',
      // Services of the wider network, which this one does without.
      bskyAppViewUrl: 'https://appview.invalid',
      bskyAppViewDid: 'did:example:invalid',
      modServiceUrl: 'https://moderator.invalid',
      modServiceDid: 'did:example:invalid',
      // The protection refuses loopback addresses, and here everything is one.
      disableSsrfProtection: true,
    })
    listenOnLoopback(pds.app)
    const server = await pds.start()
    return {
      server,
      context: pds.ctx,
      provider: pds.ctx.oauthProvider,
      url: hostname ? `https://${hostname}` : `http://localhost:${port}`,
      async stop() {
        await pds.destroy()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
