//! A sign-in in a popup: what the page that opened it does, and what the popup does.

use super::race::{First, Inbox, race};
use super::{Error, ErrorKind, OAuthClient, OAuthSession, Refresh, SignedIn, Step};
use crate::base64url;
use crate::oauth::{AuthorizeOptions, CallbackError, CallbackParams, PopupFailure};
use crate::ports::{Guard, Popup, PopupMessage, PopupState, Timer};
use std::fmt;
use std::rc::Rc;

/// Marks the app state of a sign-in in a popup; its key follows. The official client's own, so that a popup of the one
/// can answer a page of the other.
const STATE_PREFIX: &str = "@@atproto/oauth-client-browser(popup-state):";

/// How long the page waits for the popup, in milliseconds.
const PATIENCE: u32 = 5 * 60 * 1000;
/// How often it looks whether the popup is still there.
const GLANCE: u32 = 500;
/// How long the popup waits for the page's answer.
const ACKNOWLEDGEMENT: u32 = 500;

/// What can go wrong with a popup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupError {
    /// The user closed it.
    Closed,
    /// Nothing was heard of it for 5 minutes.
    TimedOut,
    /// Not a failure: this page is the popup, and the page that opened it goes on.
    ContinuedInParent,
}

impl PopupError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Closed => "POPUP_CLOSED",
            Self::TimedOut => "POPUP_TIMEOUT",
            Self::ContinuedInParent => "LOGIN_CONTINUED_IN_PARENT_WINDOW",
        }
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::ContinuedInParent => "Show that this window can be closed, and do nothing else.",
            _ => "Let the user try again.",
        }
    }
}

impl fmt::Display for PopupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "The popup was closed",
            Self::TimedOut => "Timeout",
            Self::ContinuedInParent => "Login complete, please close the popup window.",
        })
    }
}

impl OAuthClient {
    /// Signs in through a popup, which must have been opened in the user's click: browsers block any that comes later.
    ///
    /// Whatever ends this, dropping the future included, closes the popup where it can be reached; one that cannot, and
    /// finishes all the same, finds nobody listening and revokes what it was granted.
    pub async fn sign_in_popup(
        &self,
        input: &str,
        options: &AuthorizeOptions,
        popup: Rc<dyn Popup>,
        progress: &dyn Fn(Step),
    ) -> Result<OAuthSession, Error> {
        let ports = &self.0.ports;
        let _closed = Guard::new({
            let popup = popup.clone();
            move || popup.close()
        });
        let mut key = [0; 16];
        ports.random.fill(&mut key);
        let key = base64url::encode(&key);
        let options = AuthorizeOptions {
            state: Some(format!("{STATE_PREFIX}{key}")),
            ..options.clone()
        };
        let authorized = race(
            self.authorize(input, &options, progress),
            closed(&*popup, &*ports.timer, true),
        );
        let url = match authorized.await {
            First::Left(url) => url?,
            First::Right(()) => return Err(failed(PopupError::Closed)),
        };
        progress(Step::Redirect);

        let inbox = Rc::new(Inbox::default());
        let _listening = ports.popup_link.listen(Box::new({
            let (inbox, key) = (inbox.clone(), key.clone());
            move |message| match message {
                PopupMessage::Result { key: found, result } if found == key => inbox.put(result),
                _ => {}
            }
        }));
        // The last moment at which it can be told for sure.
        if popup.state() == PopupState::Gone {
            return Err(failed(PopupError::Closed));
        }
        popup.go(url.as_str());
        let given_up = race(
            ports.timer.sleep(PATIENCE),
            closed(&*popup, &*ports.timer, false),
        );
        let result = match race(inbox.take(), given_up).await {
            First::Left(result) => result,
            First::Right(First::Left(())) => return Err(failed(PopupError::TimedOut)),
            First::Right(First::Right(())) => return Err(failed(PopupError::Closed)),
        };
        ports.popup_link.post(&PopupMessage::Acknowledged { key });
        match result {
            Ok(sub) => {
                // The popup leaves it to this page to tell of the new account.
                self.0.accounts_changed.set(true);
                let known = self.0.remembered(&sub);
                if known.is_none_or(|account| account.handle.is_none()) {
                    // The popup, which looks for it too, may be closed before it has found it.
                    self.0.find_handle(&sub);
                }
                self.restore(sub.as_str(), Refresh::Never).await
            }
            Err(failure) => {
                let error = CallbackError::InPopup(failure);
                Err(Error::new(Step::Callback, error).in_callback(None))
            }
        }
    }

    /// In a popup, hands the outcome of a callback to the page that opened it. Any other page keeps it.
    pub(super) async fn hand_over(
        &self,
        params: &CallbackParams,
        outcome: Result<SignedIn, Error>,
    ) -> Result<SignedIn, Error> {
        let state = match &outcome {
            Ok(signed_in) => signed_in.state.as_deref(),
            Err(error) => error
                .callback()
                .and_then(|callback| callback.state.as_deref()),
        };
        let Some(key) = state.and_then(|state| state.strip_prefix(STATE_PREFIX)) else {
            return outcome;
        };
        let ports = &self.0.ports;
        let key = key.to_owned();
        let acknowledged = Rc::new(Inbox::default());
        let _listening = ports.popup_link.listen(Box::new({
            let (inbox, key) = (acknowledged.clone(), key.clone());
            move |message| match message {
                PopupMessage::Acknowledged { key: found } if found == key => inbox.put(()),
                _ => {}
            }
        }));
        let result = match &outcome {
            Ok(signed_in) => Ok(signed_in.session.did().clone()),
            Err(error) => Err(PopupFailure {
                message: error.to_string(),
                params: params.pairs().to_vec(),
            }),
        };
        ports.popup_link.post(&PopupMessage::Result { key, result });
        let heard = race(acknowledged.take(), ports.timer.sleep(ACKNOWLEDGEMENT)).await;
        // The page that goes on tells of the new account.
        self.0.accounts_changed.set(false);
        if let (First::Right(()), Ok(signed_in)) = (heard, &outcome) {
            // Nobody waits for this session any more, so nobody would ever end it.
            drop(signed_in.session.sign_out().await);
        }
        ports.popup_link.close_own_window();
        Err(failed(PopupError::ContinuedInParent))
    }
}

/// Ends when the user has closed the popup, as far as that can be told. `certain`: what it shows is ours. Once it shows
/// another's page, "gone" means something only after that page was seen, and not from when it hid.
async fn closed(popup: &dyn Popup, timer: &dyn Timer, mut certain: bool) {
    loop {
        match popup.state() {
            PopupState::Gone if certain => return,
            PopupState::Foreign => certain = true,
            PopupState::Hidden => certain = false,
            _ => {}
        }
        timer.sleep(GLANCE).await;
    }
}

fn failed(error: PopupError) -> Error {
    Error::new(Step::Redirect, ErrorKind::Popup(error))
}
