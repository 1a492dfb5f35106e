//! From a client's answers and events to what an app shows.

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
    /// Starts the client as a page does when it loads, with [`init`](Self::init), and from then on tells what the app
    /// should show, each time that it is something else, until the client is closed.
    ///
    /// This is what the integrations with Leptos and Yew are made of, for use with other frameworks. Before the first
    /// call, the app shows [`SessionState::Loading`]; where there is no browser, it goes on to. The active account is
    /// shown, in all tabs the same: a tab follows where another switches.
    pub async fn follow(&self, mut tell: impl FnMut(&ClientState)) {
        // Listening from before anything happens.
        let page = self.core().ok().map(OAuthClient::page);
        let (mut events, outside) = (self.events(), Outside::listen(page));
        let mut state = ClientState::default();
        let mut shown = None;
        if !self.start(&mut state).await {
            return;
        }
        loop {
            tell(&state);
            shown = state.session.did().cloned().or(shown);
            let before = state.clone();
            // What changes nothing that is shown is not told.
            while state == before {
                match race(events.next(), outside.next()).await {
                    First::Left(None) => return,
                    First::Left(Some(event)) => self.heed(event, &mut state, shown.as_ref()).await,
                    First::Right(Change::Online) => self.try_again(&mut state).await,
                    First::Right(Change::Accounts) => self.look_again(&mut state).await,
                }
                // An end comes as two events, and is shown once.
                while let First::Left(Some(event)) = race(events.next(), ready(())).await {
                    self.heed(event, &mut state, shown.as_ref()).await;
                }
            }
        }
    }

    /// What the page loads with. `false` where there is no browser.
    async fn start(&self, state: &mut ClientState) -> bool {
        let mut outcome = self.init().await;
        if let Err(error) = &outcome
            && error.callback().is_some()
        {
            // The sign-in that the page came back from failed; whoever was signed in before still is.
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
                // The page that opened this popup goes on.
                ErrorKind::Popup(PopupError::ContinuedInParent) => {
                    state.error = Some(PageLocal::new(error));
                }
                _ => self.not_restored(state, error),
            },
        }
        self.list(state).await;
        true
    }

    async fn heed(&self, event: Event, state: &mut ClientState, shown: Option<&Did>) {
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
                // Who signs out needs not be told so.
                if shown == Some(&did) && why != SessionEnd::SignedOut {
                    state.error = Some(PageLocal::new(Error::ended(&did, why)));
                }
            }
            Event::AccountsChanged => self.look_again(state).await,
        }
    }

    /// The accounts may be others, or another the active one.
    async fn look_again(&self, state: &mut ClientState) {
        if state.session.did() != self.active().as_ref() {
            self.show_active(state).await;
        }
        self.list(state).await;
    }

    /// Shows the account that was made active by whoever it was: they had its session, so nothing is asked of the network.
    async fn show_active(&self, state: &mut ClientState) {
        let Some(did) = self.active() else {
            state.session = SessionState::SignedOut;
            return;
        };
        match self.restore(&did, Refresh::Never).await {
            Ok(session) => sign_in(state, session),
            // It ended meanwhile, and an event says why.
            Err(error) if matches!(error.kind(), ErrorKind::Ended(..)) => {
                state.session = SessionState::SignedOut;
            }
            Err(error) => self.not_restored(state, error),
        }
    }

    async fn try_again(&self, state: &mut ClientState) {
        if let SessionState::Offline { did, .. } = &state.session {
            match self.restore(&did.clone(), Refresh::Auto).await {
                Ok(session) => sign_in(state, session),
                Err(error) => self.not_restored(state, error),
            }
        }
    }

    /// Only what may pass leaves an account signed in.
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

    async fn list(&self, state: &mut ClientState) {
        // Where they cannot be read, those that were known are the best there is.
        if let Ok(accounts) = self.accounts().await {
            state.accounts = accounts;
        }
    }
}

fn sign_in(state: &mut ClientState, session: OAuthSession) {
    state.session = SessionState::SignedIn(PageLocal::new(session));
    state.error = None;
}
