//! A refresh that outlives the page: the host's [`Delegate`](crate::ports::Delegate) has it done elsewhere.

use super::Refresher;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::sessions::SessionEntry;
use crate::ports::DelegatedRefresh;
use crate::secret::Secret;
use std::rc::Rc;

impl Refresher {
    /// Has the tokens refreshed elsewhere if the host can, and refreshes here those that are not refreshed then.
    pub(super) async fn refresh_anywhere(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
    ) -> Result<(), Error> {
        // No other client can refresh what this page alone has.
        if !self.store.outlives_page() || !self.delegate.refreshes() {
            return self.refresh_here(entry, seen, false).await;
        }
        // The other client notifies all tabs; this tab's app is to be notified of it as this tab's own doing: once, and
        // waited for.
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
            // The other client may not see what is there: this one looks for itself.
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
