//! A sign-in in a popup, both in the page that opens it and in the popup itself.

use super::accounts::Accounts;
use super::callback::{Callback, SignedIn};
use super::environment::Environment;
use super::error::{Error, ErrorKind, PopupError, Step};
use super::policy;
use super::refresh::Refresh;
use super::restore::Restore;
use super::session::OAuthSession;
use super::share::share;
use super::sign_in::SignIn;
use crate::base64url;
use crate::oauth::{AuthorizeOptions, CallbackError, CallbackParams, PopupFailure};
use crate::ports::{Channel, Guard, Page, Popup, PopupMessage, PopupState};
use crate::waiting::{First, Inbox, race};
use std::cell::OnceCell;
use std::rc::Rc;

/// Marks the app state of a sign-in in a popup; its key follows. The same as the official client's, so that a popup of one
/// client works with a page of the other.
const STATE_PREFIX: &str = "@@atproto/oauth-client-browser(popup-state):";

/// Signs in through popups, in the page and in the popup.
pub(super) struct PopupSignIn {
    env: Rc<Environment>,
    accounts: Rc<Accounts>,
    sign_in: Rc<SignIn>,
    callback: Rc<Callback>,
    restore: Rc<Restore>,
    channel: Rc<dyn Channel>,
    page: Rc<dyn Page>,
}

impl PopupSignIn {
    pub(super) fn new(
        env: &Rc<Environment>,
        accounts: &Rc<Accounts>,
        sign_in: &Rc<SignIn>,
        callback: &Rc<Callback>,
        restore: &Rc<Restore>,
        channel: Rc<dyn Channel>,
        page: Rc<dyn Page>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            accounts: share(accounts),
            sign_in: share(sign_in),
            callback: share(callback),
            restore: share(restore),
            channel,
            page,
        })
    }

    /// Signs in through a popup. When this ends, or the future is dropped, it closes the popup if that can be reached.
    pub(super) async fn sign_in(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        popup: Rc<dyn Popup>,
        progress: &dyn Fn(Step),
    ) -> Result<OAuthSession, Error> {
        let _closed = Guard::new({
            let popup = popup.clone();
            move || popup.close()
        });
        let mut key = [0; 16];
        self.env.fill_random(&mut key);
        let key = base64url::encode(&key);
        let options = AuthorizeOptions {
            state: Some(format!("{STATE_PREFIX}{key}")),
            ..options.clone()
        };
        let inbox = Rc::new(Inbox::default());
        // The `state` of this sign-in, once there is one.
        let begun = Rc::new(OnceCell::<String>::new());
        let listening = self.channel.listen_to_popups(Box::new({
            let (inbox, key, begun) = (inbox.clone(), key.clone(), begun.clone());
            move |message| match &message {
                PopupMessage::Result { key: found, .. } if *found == key => inbox.put(message),
                PopupMessage::Answer { key: found, .. } if begun.get() == Some(found) => {
                    inbox.put(message);
                }
                _ => {}
            }
        }));
        let Some(_listening) = listening else {
            return Err(failed(PopupError::Unsupported));
        };
        let authorized = race(
            self.sign_in.authorize(input, &options, progress),
            closed(&*popup, &self.env, true),
        );
        let (url, state) = match authorized.await {
            First::Left(begun) => begun?,
            First::Right(()) => return Err(failed(PopupError::Closed)),
        };
        drop(begun.set(state));
        progress(Step::Redirect);

        // After this navigation, `Gone` no longer proves that the user closed the popup.
        if popup.state() == PopupState::Gone {
            return Err(failed(PopupError::Closed));
        }
        popup.go(url.as_str());
        let given_up = race(
            self.env.sleep(policy::POPUP_PATIENCE),
            closed(&*popup, &self.env, false),
        );
        let message = match race(inbox.take(), given_up).await {
            First::Left(message) => message,
            First::Right(First::Left(())) => return Err(failed(PopupError::TimedOut)),
            First::Right(First::Right(())) => return Err(failed(PopupError::Closed)),
        };
        let acknowledge = |key| {
            self.channel
                .post_to_popups(&PopupMessage::Acknowledged { key })
        };
        match message {
            PopupMessage::Result { key, result } => {
                acknowledge(key);
                let sub = result.map_err(popup_failed)?;
                // This page announces the new account; the popup does not.
                self.accounts.note_change();
                let known = self.accounts.remembered(&sub);
                if known.is_none_or(|account| account.handle.is_none()) {
                    // The popup resolves the handle too, but may close before it has finished.
                    self.accounts.find_handle(&sub);
                }
                let sub = sub.as_str();
                self.restore.restore(sub, Refresh::Never, true).await
            }
            PopupMessage::Answer { key, params } => {
                acknowledge(key);
                let params = CallbackParams::parse(params.expose());
                let finished = self.callback.finish(&params, None).await;
                let session = finished.map_err(|error| in_popup(error, &params))?.session;
                self.accounts.set_active(Some(session.did()));
                self.accounts.announce();
                Ok(session)
            }
            PopupMessage::Acknowledged { .. } => Err(failed(PopupError::Closed)),
        }
    }

    /// Finishes a sign-in in this page, or in the page that opened it as a popup.
    pub(super) async fn finish(
        &self,
        params: &CallbackParams,
        redirect_uri: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let outcome = self.callback.finish(params, redirect_uri).await;
        self.send_outcome(params, outcome).await
    }

    /// In a popup, sends the outcome of a callback to the page that opened it. If the sign-in is not in storage, it sends
    /// the authorization response itself, because that page may have the sign-in in memory. Any other page keeps the outcome.
    async fn send_outcome(
        &self,
        params: &CallbackParams,
        outcome: Result<SignedIn, Error>,
    ) -> Result<SignedIn, Error> {
        let Some((key, message)) = outcome_message(params, &outcome) else {
            return outcome;
        };
        let acknowledged = Rc::new(Inbox::default());
        let _listening = self.channel.listen_to_popups(Box::new({
            let inbox = acknowledged.clone();
            move |message| match message {
                PopupMessage::Acknowledged { key: found } if found == key => inbox.put(()),
                _ => {}
            }
        }));
        self.channel.post_to_popups(&message);
        let acknowledged = race(
            acknowledged.take(),
            self.env.sleep(policy::ACKNOWLEDGEMENT_PATIENCE),
        )
        .await;
        // The page that opened the popup announces the new account.
        self.accounts.discard_change();
        match (acknowledged, message) {
            (First::Left(()), _) => {}
            (First::Right(()), PopupMessage::Answer { .. }) => return outcome,
            (First::Right(()), _) => {
                if let Ok(signed_in) = &outcome {
                    // No page waits for this session any more, so no page would ever end it.
                    drop(signed_in.session.sign_out().await);
                }
            }
        }
        self.page.close();
        Err(failed(PopupError::ContinuedInParent))
    }
}

/// The key of the popup and its message to the page that opened it. `None`: this page is no popup.
fn outcome_message(
    params: &CallbackParams,
    outcome: &Result<SignedIn, Error>,
) -> Option<(String, PopupMessage)> {
    if let Err(error) = outcome
        && let ErrorKind::Callback(CallbackError::UnknownState(state)) = error.kind()
    {
        let message = PopupMessage::Answer {
            key: state.clone(),
            params: params.form(),
        };
        return Some((state.clone(), message));
    }
    let state = match outcome {
        Ok(signed_in) => signed_in.state.as_deref(),
        Err(error) => error.callback()?.state.as_deref(),
    };
    let key = state?.strip_prefix(STATE_PREFIX)?.to_owned();
    let result = match outcome {
        Ok(signed_in) => Ok(signed_in.session.did().clone()),
        Err(error) => Err(failure(error, params)),
    };
    let message = PopupMessage::Result {
        key: key.clone(),
        result,
    };
    Some((key, message))
}

/// The error when this page finishes the popup's sign-in and fails. The `state` in it is not the app's. A refusal carries
/// its parameters, as it does if the popup fails.
fn in_popup(error: Error, params: &CallbackParams) -> Error {
    match error.kind() {
        ErrorKind::Callback(CallbackError::Refused { .. }) => popup_failed(failure(&error, params)),
        _ => error.in_callback(None),
    }
}

fn failure(error: &Error, params: &CallbackParams) -> PopupFailure {
    PopupFailure {
        message: error.to_string(),
        params: params.pairs().to_vec(),
    }
}

fn popup_failed(failure: PopupFailure) -> Error {
    Error::new(Step::Callback, CallbackError::InPopup(failure)).in_callback(None)
}

/// Ends when the user has closed the popup, if that can be detected. `certain`: the popup shows our own page. Once it shows
/// another site's page, `Gone` is reliable only after that page was seen, and not while it is hidden.
async fn closed(popup: &dyn Popup, env: &Environment, mut certain: bool) {
    loop {
        match popup.state() {
            PopupState::Gone if certain => {
                // Its message may still be in the queue of this page.
                env.sleep(policy::POPUP_CHECK_INTERVAL).await;
                return;
            }
            PopupState::Foreign => certain = true,
            PopupState::Hidden => certain = false,
            _ => {}
        }
        env.sleep(policy::POPUP_CHECK_INTERVAL).await;
    }
}

fn failed(error: PopupError) -> Error {
    Error::new(Step::Redirect, ErrorKind::Popup(error))
}
