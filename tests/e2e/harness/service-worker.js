// An app's own service worker, as docs/reliability.md has it: beside whatever else it does, it refreshes what pages ask for.
import { handleRefresh } from '/pkg/refresh-worker.js'

addEventListener('message', handleRefresh)
