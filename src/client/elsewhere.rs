//! A refresh that outlives the page: the host's [`Renewer`] has it done elsewhere.

use super::live::Live;
use super::{Error, ErrorKind, Shared, Step};
use crate::ports::{Renewal, Renewer};
use crate::secret::Secret;
use std::rc::Rc;

impl Shared {
    /// Renews elsewhere where the host can, and here what is not renewed then.
    pub(super) async fn renew_anywhere(
        self: &Rc<Self>,
        live: &Rc<Live>,
        seen: &Secret,
    ) -> Result<(), Error> {
        let renewer = match &self.ports.renewer {
            // What this page alone has, nobody else can renew.
            Some(renewer) if self.ports.storage.outlives_page() => renewer,
            _ => return self.renew_here(live, seen, false).await,
        };
        // What the other client tells all tabs is for the app to hear as this tab's own doing: once, and waited for.
        live.asking.set(true);
        let renewed = match ask(self, renewer.as_ref(), live, seen).await {
            Ok(()) => self.renew_here(live, seen, true).await,
            Err(error) => Err(error),
        };
        live.asking.set(false);
        renewed
    }
}

async fn ask(
    shared: &Shared,
    renewer: &dyn Renewer,
    live: &Live,
    seen: &Secret,
) -> Result<(), Error> {
    let grant = live.grant()?;
    if grant.session.tokens.access_token != *seen {
        return Ok(());
    }
    match renewer.renew(&live.did, &grant.ath).await {
        Renewal::Stored => {}
        // The other client may not see what is there: this one looks for itself.
        Renewal::Ended(end) => {
            let stored = shared.stored(&live.did).await?;
            if stored.is_none_or(|row| row.refused_at.is_some()) {
                live.end(end);
            }
        }
        Renewal::Failed(thrown) => {
            return Err(Error::new(Step::Refresh, ErrorKind::Renewer(thrown)));
        }
    }
    Ok(())
}
