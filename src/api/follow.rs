//! Derives the state that an app shows from the client's results and events.

use super::outside::Outside;
use super::{BrowserOAuthClient, ClientState, Event, PageLocal, SessionState};
use crate::client::{
    Error, ErrorKind, HostError, Initialized, OAuthClient, OAuthSession, PopupError, Refresh,
    SignedIn,
};
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::Change;
use crate::waiting::{First, race};
use std::future::ready;

impl BrowserOAuthClient {
    /// Starts the client with [`init`](Self::init), then calls `show` with the state that the app should show, once at
    /// the start and again after every change, until the client is closed.
    ///
    /// The integrations with Leptos and Yew use this; so can integrations with other frameworks. Before the first call,
    /// the app shows [`SessionState::Loading`]; without a browser, `show` is never called. All tabs show the active
    /// account: when one tab switches, the others follow.
    pub async fn follow(&self, mut show: impl FnMut(&ClientState)) {
        // Listen before `init`, so that no event is missed.
        let page = self.core().ok().map(OAuthClient::page);
        let (mut events, outside) = (self.events(), Outside::listen(page));
        let mut state = ClientState::default();
        let mut shown = None;
        if !self.start(&mut state).await {
            return;
        }
        loop {
            show(&state);
            shown = state.session.did().cloned().or(shown);
            let before = state.clone();
            // Only a state that differs is shown.
            while state == before {
                match race(events.next(), outside.next()).await {
                    First::Left(None) => return,
                    First::Left(Some(event)) => {
                        self.handle(event, &mut state, shown.as_ref()).await;
                    }
                    First::Right(Change::Online) => self.retry_restore(&mut state).await,
                    First::Right(Change::Accounts) => self.reload_accounts(&mut state).await,
                }
                // The end of a session emits two events; show their result once.
                while let First::Left(Some(event)) = race(events.next(), ready(())).await {
                    self.handle(event, &mut state, shown.as_ref()).await;
                }
            }
        }
    }

    /// Sets the state that the page starts with. Returns `false` without a browser.
    async fn start(&self, state: &mut ClientState) -> bool {
        let mut outcome = self.init().await;
        if let Err(error) = &outcome
            && error.callback().is_some()
        {
            // The sign-in that redirected to this page failed. An account that was signed in before still is.
            state.error = outcome.err().map(PageLocal::new);
            outcome = self.init().await;
        }
        match outcome {
            Ok(None) => state.session = SessionState::SignedOut,
            Ok(Some(
                Initialized::SignedIn(SignedIn { session, .. }) | Initialized::Restored(session),
            )) => state.session = SessionState::SignedIn(PageLocal::new(session)),
            Err(error) => match error.kind() {
                ErrorKind::Host(HostError::BROWSER_ONLY) => return false,
                // The page that opened this popup finishes the sign-in.
                ErrorKind::Popup(PopupError::ContinuedInParent) => {
                    state.error = Some(PageLocal::new(error));
                }
                _ => self.not_restored(state, error),
            },
        }
        self.list_accounts(state).await;
        true
    }

    async fn handle(&self, event: Event, state: &mut ClientState, shown: Option<&Did>) {
        match event {
            Event::Updated { did, .. } => {
                if state.session.session().map(|session| session.did()) != Some(&did)
                    && self.active() == Some(did)
                {
                    self.show_active(state).await;
                }
            }
            Event::Ended { did, why } => {
                if state.session.did() == Some(&did) {
                    state.session = SessionState::SignedOut;
                }
                // A user who signed out needs no message about it.
                if shown == Some(&did) && why != SessionEnd::SignedOut {
                    state.error = Some(PageLocal::new(Error::ended(&did, why)));
                }
            }
            Event::AccountsChanged => self.reload_accounts(state).await,
        }
    }

    /// Updates the list of accounts, and the session if another account is active now.
    async fn reload_accounts(&self, state: &mut ClientState) {
        if state.session.did() != self.active().as_ref() {
            self.show_active(state).await;
        }
        self.list_accounts(state).await;
    }

    /// Shows the active account. An account becomes active only with a session, so no refresh is needed.
    async fn show_active(&self, state: &mut ClientState) {
        let Some(did) = self.active() else {
            state.session = SessionState::SignedOut;
            return;
        };
        match self.restore(&did, Refresh::Never).await {
            Ok(session) => sign_in(state, session),
            // It ended meanwhile; an event has the reason.
            Err(error) if matches!(error.kind(), ErrorKind::Ended(..)) => {
                state.session = SessionState::SignedOut;
            }
            Err(error) => self.not_restored(state, error),
        }
    }

    async fn retry_restore(&self, state: &mut ClientState) {
        if let SessionState::Offline { did, .. } = &state.session {
            match self.restore(&did.clone(), Refresh::Auto).await {
                Ok(session) => sign_in(state, session),
                Err(error) => self.not_restored(state, error),
            }
        }
    }

    /// An account stays signed in only if the error is temporary.
    fn not_restored(&self, state: &mut ClientState, error: Error) {
        let error = PageLocal::new(error);
        match self.active() {
            Some(did) if error.is_retryable() => {
                state.session = SessionState::Offline { did, error }
            }
            _ => {
                state.session = SessionState::SignedOut;
                state.error = Some(error);
            }
        }
    }

    async fn list_accounts(&self, state: &mut ClientState) {
        // If the accounts cannot be read, keep the list from before.
        if let Ok(accounts) = self.accounts().await {
            state.accounts = accounts;
        }
    }
}

fn sign_in(state: &mut ClientState, session: OAuthSession) {
    state.session = SessionState::SignedIn(PageLocal::new(session));
    state.error = None;
}
