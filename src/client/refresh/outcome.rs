//! Applies the response to a refresh to the session.

use super::Refresher;
use crate::client::error::{Error, ErrorKind, Step};
use crate::client::policy;
use crate::client::sessions::{RequestCredentials, Row, SessionEntry, SessionLock};
use crate::http::{HttpError, Response};
use crate::oauth::{
    ClientAuth, ServerMetadata, SessionEnd, Verdict, judge_refreshed, judge_refusal,
};
use crate::ports::{Message, StoredSession};
use crate::secret::Secret;
use std::rc::Rc;

/// A refresh that has a response.
pub(super) struct Refreshed<'a> {
    pub(super) server: &'a ServerMetadata,
    pub(super) auth: ClientAuth,
    pub(super) requested_at: u64,
    pub(super) response: Rc<Response>,
}

impl Refresher {
    /// Judges the response to a refresh, and stores the result.
    pub(super) async fn settle(
        &self,
        lock: &SessionLock,
        entry: &Rc<SessionEntry>,
        credentials: &RequestCredentials,
        refreshed: Refreshed<'_>,
    ) -> Result<(), Error> {
        let Refreshed {
            server,
            auth,
            requested_at,
            response,
        } = refreshed;
        let session = &credentials.session;
        let spent = &session.tokens.access_token;
        let prover = &credentials.prover;
        let endpoint = &server.token_endpoint;
        let granted = match judge_refreshed(&response).map_err(ErrorKind::from) {
            Ok(granted) => granted,
            Err(error) => {
                return self
                    .apply_refusal(lock, entry, credentials, error, endpoint)
                    .await;
            }
        };
        if granted.sub.as_ref().is_some_and(|sub| *sub != entry.did) {
            self.exchange
                .revoke_unused(server, prover, auth, &response)
                .await;
            return self.end(lock, entry, SessionEnd::SubMismatch, spent).await;
        }
        let stored = Rc::new(StoredSession {
            tokens: granted.applied_to(&session.tokens, requested_at),
            client_id: Some(self.env.client_id().to_owned()),
            server: Some(server.raw.clone()),
            refresh_started_at: None,
            refused_at: None,
            clock_offset: prover.offsets.get(endpoint),
            ..StoredSession::clone(session)
        });
        if session.refused_at.is_some() {
            self.accounts.note_change();
        }
        if !self.store(lock, entry, stored, spent).await? {
            self.exchange
                .revoke_unused(server, prover, auth, &response)
                .await;
            return self.adopt_changed(lock, entry).await;
        }
        // Write nonces only after the session is stored: a crash in between would lose the new tokens.
        self.sessions.write_nonces(&entry.did, prover);
        self.authority.start(entry);
        match granted.access_token {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::new(Step::Refresh, error).at(endpoint)),
        }
    }

    /// Applies a failed refresh to the session: ends it, or keeps it if the failure may be temporary.
    async fn apply_refusal(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
        credentials: &RequestCredentials,
        error: ErrorKind,
        endpoint: &str,
    ) -> Result<(), Error> {
        let session = &credentials.session;
        let token = &session.tokens.access_token;
        match &error {
            // Only this response means that the session has ended (RFC 6749 section 5.2).
            ErrorKind::Refused(refusal) if refusal.is("invalid_grant") => {
                if !self.sessions.locks.span_tabs() {
                    // Another tab may just have used this token and be storing the new ones.
                    self.env.sleep(policy::OTHER_TAB_PATIENCE).await;
                    let stored = self.sessions.rows.read(&entry.did).await?;
                    if stored.is_none_or(|stored| stored.tokens != session.tokens) {
                        return self.adopt_changed(lock, entry).await;
                    }
                }
                let end = SessionEnd::RefreshRefused(refusal.description.clone());
                self.end(lock, entry, end, token).await
            }
            // Any other refusal may be a temporary fault of the server. But while it lasts, the user is signed out.
            _ if credentials.is_expired(self.env.now()) && is_rejection(&error) => {
                let message = match error {
                    ErrorKind::Refused(refusal) => refusal.description.or(refusal.error),
                    _ => None,
                };
                self.reject(lock, entry, session, message).await
            }
            _ => Err(Error::new(Step::Refresh, error).at(endpoint)),
        }
    }

    /// Ends a session that the server refuses to refresh, but keeps its row, so that a restore tries again.
    async fn reject(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
        session: &StoredSession,
        message: Option<String>,
    ) -> Result<(), Error> {
        let rejected = StoredSession {
            refused_at: Some(self.env.now()),
            refresh_started_at: None,
            ..session.clone()
        };
        let token = Some(&session.tokens.access_token);
        if !self.sessions.rows.write(&rejected, token).await? {
            return self.adopt_changed(lock, entry).await;
        }
        let end = SessionEnd::RefreshRejected(message);
        self.sessions
            .end_with(lock, &entry.did, end, Row::Kept, Step::Refresh)
            .await
    }

    /// Adopts the session that another client has stored in place of the expected row, or ends the session if the row is
    /// absent.
    pub(super) async fn adopt_changed(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
    ) -> Result<(), Error> {
        match self.sessions.rows.read(&entry.did).await? {
            Some(stored) => self.sessions.adopt(stored).await.map(drop),
            None => Err(self.found_ended(lock, entry, false)),
        }
    }

    /// Stores new tokens in place of the spent ones, before any request uses them. `false`: another client has replaced the
    /// row, which stays.
    pub(super) async fn store(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
        session: Rc<StoredSession>,
        spent: &Secret,
    ) -> Result<bool, Error> {
        let tokens = session.tokens.clone();
        let stored = self.sessions.rows.write(&session, Some(spent)).await;
        if stored == Ok(false) {
            entry.mark_stored();
            return Ok(false);
        }
        // The old tokens are spent, so these are the only valid ones. If storing them failed, this page uses them all the
        // same, and stores them when the session is used next.
        let entry = self.sessions.adopt(session).await?;
        match &stored {
            Ok(_) => entry.mark_stored(),
            Err(_) => entry.mark_unstored(spent),
        }
        stored.map_err(|error| error.while_storing(&tokens.sub))?;
        let message = Message::Updated(tokens.sub.clone());
        self.notifications.post_to_tabs(&message);
        lock.updated(tokens);
        Ok(true)
    }

    pub(super) async fn end(
        &self,
        lock: &SessionLock,
        entry: &SessionEntry,
        end: SessionEnd,
        token: &Secret,
    ) -> Result<(), Error> {
        let row = Row::Removed(token);
        self.sessions
            .end_with(lock, &entry.did, end, row, Step::Refresh)
            .await
    }
}

/// Whether the server refuses the request itself, rather than the proof or this moment.
fn is_rejection(error: &ErrorKind) -> bool {
    let status = match error {
        ErrorKind::Refused(refusal) if judge_refusal(refusal) == Verdict::Done => refusal.status,
        ErrorKind::Http(HttpError::Status(status)) => *status,
        _ => return false,
    };
    policy::is_rejection(status)
}
