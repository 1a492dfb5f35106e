//! Whether an account still belongs to the server its session came from: it may have moved to another PDS of the same
//! server, or to another server altogether.

use super::held::{Held, Row};
use super::live::Live;
use super::network::Freshness;
use super::policy;
use super::{Error, ErrorKind, Shared};
use crate::json::Json;
use crate::oauth::{ServerMetadata, SessionEnd};
use crate::ports::{Message, StoredSession};
use crate::url::Url;
use std::rc::Rc;

impl Shared {
    /// Checks a session that was just restored, unless it was checked a moment ago. Once for each page.
    pub(super) fn watch_restored(self: &Rc<Self>, live: &Rc<Live>) {
        let verified_at = live.last_grant().session.verified_at;
        let due = policy::is_verification_due(verified_at, self.ports.clock.now());
        if due && !live.watched.replace(true) {
            self.watch_authority(live);
        }
    }

    /// Checks beside whatever the app does next.
    pub(super) fn watch_authority(self: &Rc<Self>, live: &Rc<Live>) {
        live.watched.set(true);
        let (shared, live) = (self.clone(), live.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            // Nobody waits for this: what fails is tried again after the next refresh.
            drop(shared.check_authority(&live).await);
        }));
    }

    async fn check_authority(self: &Rc<Self>, live: &Live) -> Result<(), Error> {
        let grant = live.grant()?;
        let asked = grant.pds.as_ref().map(|pds| self.ask_ahead(pds));
        let issuer = &grant.session.tokens.issuer;
        // Fresh, since the next refresh goes by what is stored now.
        let server = self.server(issuer, Freshness::Now).await?;
        let asked = asked.as_deref();
        let verdict = self.verify_authority(&live.did, &server, asked).await;
        let held = self.lock(&live.did).await;
        let heeded = self.heed_verdict(&held, live, &server, verdict).await;
        self.release_with(held, heeded).await
    }

    async fn heed_verdict(
        &self,
        held: &Held,
        live: &Live,
        server: &ServerMetadata,
        verdict: Result<Url, Error>,
    ) -> Result<(), Error> {
        // The verdict is on the session that was looked at. What is stored now may be a newer one, or none.
        let Ok(Some(stored)) = self.stored(&live.did).await else {
            return Ok(());
        };
        if stored.tokens.issuer != server.issuer {
            return Ok(());
        }
        match verdict {
            Ok(pds) => self.keep_verified(held, &stored, &server.raw, &pds).await,
            Err(error) => match error.kind() {
                ErrorKind::NotAuthoritative { found, .. } => {
                    let end = SessionEnd::Migrated(Some(found.clone()));
                    let row = Row::Removed(&stored.tokens.access_token);
                    self.end(held, &live.did, end, row).await.map(drop)
                }
                _ => Err(error),
            },
        }
    }

    /// Stores that the account was verified, and where it is now.
    async fn keep_verified(
        &self,
        held: &Held,
        stored: &StoredSession,
        server: &Json,
        pds: &Url,
    ) -> Result<(), Error> {
        let has_moved = stored.tokens.audience != pds.as_str();
        let mut session = stored.clone();
        session.server = Some(server.clone());
        session.verified_at = Some(self.ports.clock.now());
        pds.as_str().clone_into(&mut session.tokens.audience);
        let token = Some(&stored.tokens.access_token);
        if self.store(&session, token).await? && has_moved {
            self.accounts_changed.set(true);
            let tokens = session.tokens.clone();
            self.adopt(Rc::new(session)).await?;
            self.tell_tabs(&Message::Updated(tokens.sub.clone()));
            held.updated(tokens);
        }
        Ok(())
    }
}
