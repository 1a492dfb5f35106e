// Who is signed in: what the account's server says about itself and its repository.

import { byId } from './dom.js'
import { clearProblem, showProblem } from './problem.js'
import { xrpc } from './xrpc.js'

/** Shows the session's DID at once, and the rest when the server responds. @returns {Promise<string>} the handle, or the DID */
export async function showAccount(session, { stillShown }) {
  byId('account-name').textContent = 'Signed in'
  byId('account-handle').textContent = session.did
  byId('account-did').textContent = session.did
  byId('account-pds').textContent = '…'
  byId('account-collections').textContent = '…'
  byId('account-description').hidden = true
  showMark('')
  clearProblem(byId('account-problem'))

  const [info, identity, repo, profile] = await Promise.allSettled([
    session.getTokenInfo(false),
    xrpc(session, 'GET', 'com.atproto.server.getSession'),
    xrpc(session, 'GET', 'com.atproto.repo.describeRepo', { params: { repo: session.did } }),
    xrpc(session, 'GET', 'com.atproto.repo.getRecord', {
      params: { repo: session.did, collection: 'app.bsky.actor.profile', rkey: 'self' },
    }),
  ])
  // The user may have signed out meanwhile: do not show an old response over the next account.
  if (!stillShown()) return session.did

  const handle = identity.value?.data.handle ?? repo.value?.data.handle ?? session.did
  const record = profile.value?.data.value
  const name = record?.displayName || handle
  byId('account-name').textContent = name
  byId('account-handle').textContent = name === handle ? '' : `@${handle}`
  byId('account-pds').textContent = info.value ? new URL(info.value.aud).origin : 'unknown'
  byId('account-collections').textContent = repo.value?.data.collections?.join(', ') || 'none yet'
  byId('account-description').textContent = record?.description ?? ''
  byId('account-description').hidden = !record?.description
  showMark(name)

  // A missing profile record is normal; a server that does not respond at all is not.
  if (identity.status === 'rejected' && repo.status === 'rejected') {
    byId('account-collections').textContent = 'unknown'
    showProblem(byId('account-problem'), 'The account could not be read', repo.reason)
  }
  if (record?.avatar?.ref?.$link) showAvatar(session, record.avatar.ref.$link, stillShown)
  return handle
}

function showMark(name) {
  byId('account-mark').replaceChildren([...name][0]?.toUpperCase() ?? '')
}

// The page's policy allows pictures only from itself and from data: URLs, so the blob is fetched and turned into one.
async function showAvatar(session, cid, stillShown) {
  try {
    const query = new URLSearchParams({ did: session.did, cid })
    const response = await session.fetchHandler(`/xrpc/com.atproto.sync.getBlob?${query}`)
    if (!response.ok) return
    const image = new Image()
    image.alt = ''
    image.src = await asDataUrl(await response.blob())
    await image.decode()
    if (stillShown()) byId('account-mark').replaceChildren(image)
  } catch {
    // The initial stays: a missing picture is not worth an error.
  }
}

function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
