// Creates, reads and deletes one record: three real requests through the session, with the server's responses.

import { byId, duration, onPress, setAvailable } from './dom.js'
import { clearProblem, showProblem } from './problem.js'
import { xrpc } from './xrpc.js'

const COLLECTION = 'app.bsky.feed.post'

let session = null
let uri = null

export function setUpRecords({ track }) {
  const [create, read, remove] = ['record-create', 'record-read', 'record-delete'].map(byId)
  const action = (button, doing, request, after) => onPress(button, async () => {
    const of = session
    clearProblem(byId('records-problem'))
    byId('record-note').textContent = `${doing} …`
    try {
      const [method, nsid, input] = request()
      const response = await track(xrpc(of, method, nsid, input))
      if (session !== of) return
      after(response.data)
      show(`${method} ${nsid} answered ${response.status} in ${duration(response.ms)}.`, response.data)
    } catch (error) {
      if (session !== of) return
      byId('record-note').textContent = ''
      showProblem(byId('records-problem'), `${doing} did not work`, error)
    }
  }, { beside: [create, read, remove].filter((each) => each !== button) })

  action(create, 'Creating the record', () => ['POST', 'com.atproto.repo.createRecord', {
    body: {
      repo: session.did,
      collection: COLLECTION,
      record: { $type: COLLECTION, text: byId('record-text').value, createdAt: new Date().toISOString() },
    },
  }], (data) => remember(data.uri))

  action(read, 'Reading the record', () => ['GET', 'com.atproto.repo.getRecord', {
    params: { repo: session.did, collection: COLLECTION, rkey: keyOf(uri) },
  }], () => {})

  action(remove, 'Deleting the record', () => ['POST', 'com.atproto.repo.deleteRecord', {
    body: { repo: session.did, collection: COLLECTION, rkey: keyOf(uri) },
  }], () => remember(null))
}

export function showRecords(of) {
  session = of
  clearProblem(byId('records-problem'))
  byId('record-result').hidden = true
  // The post is public: a reload must not lose the way to delete it.
  remember(sessionStorage.getItem(storageKey()))
  byId('record-note').textContent = uri ? `Created before: ${uri}` : 'No record yet.'
}

export function hideRecords() {
  session = null
}

function remember(next) {
  uri = next
  if (uri) sessionStorage.setItem(storageKey(), uri)
  else sessionStorage.removeItem(storageKey())
  setAvailable(byId('record-read'), uri !== null)
  setAvailable(byId('record-delete'), uri !== null)
}

const storageKey = () => `demo:record:${session.did}`
const keyOf = (atUri) => atUri.split('/').at(-1)

function show(note, data) {
  byId('record-note').textContent = note
  const result = byId('record-result')
  result.textContent = JSON.stringify(data ?? {}, null, 2)
  result.hidden = false
}
