//! The client's error: what failed, in which step, and at which address.

mod host;
mod message;
mod popup;
mod purpose;
#[cfg(test)]
mod samples;
mod step;
#[cfg(test)]
mod tests;

pub use host::HostError;
pub use popup::PopupError;
pub use purpose::Purpose;
pub use step::Step;

use crate::http::HttpError;
use crate::identity::{Did, IdentityError};
use crate::oauth::{
    CallbackError, ConfigError, ExchangeError, MetadataError, PeerError, Refusal, SessionEnd,
};
use crate::ports::{KeyError, StorageError, Thrown};
use crate::sentences::Message;

/// What went wrong, by who is to blame.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The app's configuration, or how it calls the client.
    Config(ConfigError),
    /// What the user typed, or what the account's identity says.
    Identity(IdentityError),
    /// The network, or an answer that is no answer.
    Http(HttpError),
    /// A server that answers and does not offer OAuth: what its answer was instead of metadata.
    WithoutOauth(HttpError),
    /// A server that breaks the rules.
    Peer(PeerError),
    /// A server that says no.
    Refused(Refusal),
    /// A server that refuses proofs for their time, since this machine's clock is wrong, or the server's own.
    ClockSkew {
        /// By how much this machine's clock is ahead of the servers', negative where it is behind; absent where no server
        /// tells the time.
        seconds: Option<i64>,
        /// The server's words.
        refusal: Refusal,
    },
    /// An authorization response that does not fit.
    Callback(CallbackError),
    /// The account's identity no longer leads to the server that the tokens came from.
    NotAuthoritative {
        /// The account.
        sub: Did,
        /// The server that claimed it.
        issuer: String,
        /// The server it belongs to.
        found: String,
    },
    /// The session is over.
    Ended(Did, SessionEnd),
    /// The host's keys.
    Key(KeyError),
    /// The host's storage.
    Storage(StorageError),
    /// The app's own resolver failed.
    Resolver(Thrown),
    /// The client that was asked to refresh failed: a worker's.
    Renewer(Thrown),
    /// The app's own observer failed; its words.
    Observer(String),
    /// The user left for the authorization server and came back without an answer.
    NavigatedBack,
    /// A popup.
    Popup(PopupError),
    /// Something that the place this runs in does not offer.
    Host(HostError),
}

/// An error of the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq)]
struct Details {
    kind: ErrorKind,
    step: Step,
    url: Option<String>,
    purpose: Option<Purpose>,
    login_hint: Option<String>,
    callback: Option<CallbackContext>,
    lacks_nonce: bool,
}

/// Which callback an error belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackContext {
    /// The app's own text, as given to `authorize`, once the pending sign-in was found.
    pub state: Option<String>,
}

impl Error {
    pub(crate) fn new(step: Step, kind: impl Into<ErrorKind>) -> Self {
        Self(Box::new(Details {
            kind: kind.into(),
            step,
            url: None,
            purpose: None,
            login_hint: None,
            callback: None,
            lacks_nonce: false,
        }))
    }

    /// A session that is over, met while a request was to be made with it.
    pub(crate) fn ended(sub: &Did, end: SessionEnd) -> Self {
        Self::new(Step::Request, ErrorKind::Ended(sub.clone(), end))
    }

    pub(crate) fn at(mut self, url: &str) -> Self {
        self.0.url = Some(url.to_owned());
        self
    }

    /// The innermost purpose stays: it names what failed. An account that has no PDS was resolved well.
    pub(crate) fn while_resolving(mut self, what: &'static str, subject: &str) -> Self {
        if !matches!(self.0.kind, ErrorKind::Identity(IdentityError::NoPds(_))) {
            let resolving = || Purpose::Resolving(what, subject.to_owned());
            self.0.purpose.get_or_insert_with(resolving);
        }
        self
    }

    /// A server that sends whoever asks for its metadata to another page, such as one to log in at, has none.
    pub(crate) fn asking_for_metadata(mut self) -> Self {
        if let ErrorKind::Http(error @ HttpError::Redirected) = &self.0.kind {
            self.0.kind = ErrorKind::WithoutOauth(error.clone());
        }
        self
    }

    pub(crate) fn while_storing(mut self, sub: &Did) -> Self {
        self.0.purpose = Some(Purpose::Storing(sub.clone()));
        self
    }

    pub(crate) fn hinting(mut self, login_hint: String) -> Self {
        self.0.login_hint = Some(login_hint);
        self
    }

    pub(crate) fn in_callback(mut self, state: Option<String>) -> Self {
        self.0.callback = Some(CallbackContext { state });
        self
    }

    /// The server demands a nonce, and it showed none.
    pub(crate) fn without_nonce(mut self) -> Self {
        self.0.lacks_nonce = true;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// In which step.
    pub fn step(&self) -> Step {
        self.0.step
    }

    /// The address that was asked, where one was.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// What all this was for, where what the user typed or a server was being resolved, or a session stored.
    pub fn purpose(&self) -> Option<&Purpose> {
        self.0.purpose.as_ref()
    }

    /// What to sign in with, where a session is over: the account's handle, or its DID where that is all there is.
    pub fn login_hint(&self) -> Option<&str> {
        self.0.login_hint.as_deref()
    }

    /// Present for everything that fails in a callback.
    pub fn callback(&self) -> Option<&CallbackContext> {
        self.0.callback.as_ref()
    }

    /// A string that says what went wrong, and that no release changes.
    pub fn code(&self) -> &'static str {
        self.narrower_code().unwrap_or_else(|| self.key().code())
    }

    /// A code that says more than the one of the message.
    pub(crate) fn narrower_code(&self) -> Option<&'static str> {
        match &self.0.kind {
            ErrorKind::WithoutOauth(_) => Some("SERVER_WITHOUT_OAUTH"),
            ErrorKind::Callback(e) => e.narrower_code(),
            _ => None,
        }
    }

    /// Whether the same call may well succeed later, with nothing changed but the network, a server or the disk.
    pub fn is_retryable(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Http(e) => e.is_retryable(),
            ErrorKind::Refused(e) => e.is_retryable(),
            ErrorKind::Storage(e) => e.is_retryable(),
            ErrorKind::Resolver(_) | ErrorKind::Renewer(_) => true,
            _ => false,
        }
    }
}

impl std::error::Error for Error {
    /// What is behind it, by the kind of error that it is.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(match &self.0.kind {
            ErrorKind::Config(e) => e,
            ErrorKind::Identity(e) => e,
            ErrorKind::Http(e) | ErrorKind::WithoutOauth(e) => e,
            ErrorKind::Peer(e) => e,
            ErrorKind::Refused(e) | ErrorKind::ClockSkew { refusal: e, .. } => e,
            ErrorKind::Callback(e) => e,
            ErrorKind::Key(e) => e,
            ErrorKind::Storage(e) => e,
            ErrorKind::Resolver(e) | ErrorKind::Renewer(e) => e,
            ErrorKind::Popup(e) => e,
            ErrorKind::Host(e) => e,
            ErrorKind::NotAuthoritative { .. }
            | ErrorKind::Ended(..)
            | ErrorKind::Observer(_)
            | ErrorKind::NavigatedBack => return None,
        })
    }
}

/// A client that is set up wrongly: [`Step::Configure`].
impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(Step::Configure, error)
    }
}

/// An input that is none: [`Step::Input`].
impl From<IdentityError> for Error {
    fn from(error: IdentityError) -> Self {
        Self::new(Step::Input, error)
    }
}

macro_rules! kinds {
    ($($error:ty => $kind:ident),* $(,)?) => {$(
        impl From<$error> for ErrorKind {
            fn from(error: $error) -> Self {
                Self::$kind(error)
            }
        }
    )*};
}

kinds! {
    ConfigError => Config,
    IdentityError => Identity,
    HttpError => Http,
    PeerError => Peer,
    Refusal => Refused,
    CallbackError => Callback,
    KeyError => Key,
    HostError => Host,
}

impl From<StorageError> for ErrorKind {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Key(error) => Self::Key(error),
            error => Self::Storage(error),
        }
    }
}

impl From<MetadataError> for ErrorKind {
    fn from(error: MetadataError) -> Self {
        match error {
            MetadataError::Absent(e) => Self::WithoutOauth(e),
            MetadataError::Http(e) => Self::Http(e),
            MetadataError::Peer(e) => Self::Peer(e),
        }
    }
}

impl From<ExchangeError> for ErrorKind {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Http(e) => Self::Http(e),
            ExchangeError::Refused(e) => Self::Refused(e),
            ExchangeError::Peer(e) => Self::Peer(e),
        }
    }
}
