//! A refresh that outlives the page: another client does it, through the host's [`Delegate`](crate::ports::Delegate).

use super::Refresher;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::sessions::SessionEntry;
use crate::ports::DelegatedRefresh;
use crate::secret::Secret;
use std::rc::Rc;

impl Refresher {
    /// Lets another client refresh the tokens if the host offers that, and refreshes here otherwise or if that did not.
    pub(super) async fn refresh_anywhere(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
    ) -> Result<(), Error> {
        // If storage is in this page's memory, no other client can read the session.
        if !self.store.outlives_page() || !self.delegate.refreshes() {
            return self.refresh_here(entry, seen, false).await;
        }
        // The other client notifies all tabs. This tab ignores that message and notifies its app itself, once, as its own
        // refresh, and waits for the app's hook.
        entry.refreshing_elsewhere.set(true);
        let refreshed = match self.ask(entry, seen).await {
            Ok(()) => self.refresh_here(entry, seen, true).await,
            Err(error) => Err(error),
        };
        entry.refreshing_elsewhere.set(false);
        refreshed
    }

    async fn ask(&self, entry: &SessionEntry, seen: &Secret) -> Result<(), Error> {
        let credentials = entry.credentials()?;
        if credentials.session.tokens.access_token != *seen {
            return Ok(());
        }
        let refreshed = self.delegate.refresh(&entry.did, &credentials.ath).await;
        match refreshed {
            DelegatedRefresh::Stored => {}
            // The other client may not see this storage, so this one checks it.
            DelegatedRefresh::Ended(end) => {
                let stored = self.sessions.rows.read(&entry.did).await?;
                if stored.is_none_or(|row| row.refused_at.is_some()) {
                    entry.end(end);
                }
            }
            DelegatedRefresh::Failed(thrown) => {
                return Err(Error::new(Step::Refresh, ErrorKind::Renewer(thrown)));
            }
        }
        Ok(())
    }
}
