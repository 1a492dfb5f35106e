//! A refresh that outlives the page: the host's [`Renewer`] has it done elsewhere.

use super::Refresher;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::sessions::SessionEntry;
use crate::ports::{Renewal, Renewer};
use crate::secret::Secret;
use std::rc::Rc;

impl Refresher {
    /// Has the tokens refreshed elsewhere if the host can, and refreshes here those that are not refreshed then.
    pub(super) async fn refresh_anywhere(
        self: &Rc<Self>,
        entry: &Rc<SessionEntry>,
        seen: &Secret,
    ) -> Result<(), Error> {
        let renewer = match &self.renewer {
            // What this page alone has, nobody else can refresh.
            Some(renewer) if self.storage.outlives_page() => renewer,
            _ => return self.refresh_here(entry, seen, false).await,
        };
        // The other client notifies all tabs; this tab's app is to be notified of it as this tab's own doing: once, and
        // waited for.
        entry.refreshing_elsewhere.set(true);
        let refreshed = match self.ask(renewer.as_ref(), entry, seen).await {
            Ok(()) => self.refresh_here(entry, seen, true).await,
            Err(error) => Err(error),
        };
        entry.refreshing_elsewhere.set(false);
        refreshed
    }

    async fn ask(
        &self,
        renewer: &dyn Renewer,
        entry: &SessionEntry,
        seen: &Secret,
    ) -> Result<(), Error> {
        let credentials = entry.credentials()?;
        if credentials.session.tokens.access_token != *seen {
            return Ok(());
        }
        match renewer.renew(&entry.did, &credentials.ath).await {
            Renewal::Stored => {}
            // The other client may not see what is there: this one looks for itself.
            Renewal::Ended(end) => {
                let stored = self.sessions.rows.read(&entry.did).await?;
                if stored.is_none_or(|row| row.refused_at.is_some()) {
                    entry.end(end);
                }
            }
            Renewal::Failed(thrown) => {
                return Err(Error::new(Step::Refresh, ErrorKind::Renewer(thrown)));
            }
        }
        Ok(())
    }
}
