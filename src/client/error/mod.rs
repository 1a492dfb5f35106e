//! The client's error: the failure, its step, and the address of the request.

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

/// The kind of failure, by its cause.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The app's configuration, or how it calls the client.
    Config(ConfigError),
    /// The user's input, or the account's identity.
    Identity(IdentityError),
    /// The network, or an invalid HTTP response.
    Http(HttpError),
    /// The server does not offer OAuth. Holds its response in place of metadata.
    WithoutOauth(HttpError),
    /// The server breaks a rule of the specifications.
    Peer(PeerError),
    /// The server refused the request.
    Refused(Refusal),
    /// The server refuses proofs for their time, because this machine's clock or the server's is wrong.
    ClockSkew {
        /// By how much this machine's clock is ahead of the server's, negative if it is behind; `None` if no server shows the
        /// time.
        seconds: Option<i64>,
        /// The server's refusal.
        refusal: Refusal,
    },
    /// An invalid authorization response.
    Callback(CallbackError),
    /// The account's identity does not name the server that issued the tokens.
    NotAuthoritative {
        /// The account.
        sub: Did,
        /// The server that issued the tokens.
        issuer: String,
        /// The server that the account belongs to.
        found: String,
    },
    /// The session has ended, or there is none.
    Ended(Did, SessionEnd),
    /// The host's keys.
    Key(KeyError),
    /// The host's storage.
    Storage(StorageError),
    /// The app's own resolver failed.
    Resolver(Thrown),
    /// The client that was asked to refresh failed, such as a worker's.
    Renewer(Thrown),
    /// The app's own observer failed. Holds its message.
    Observer(String),
    /// The user left for the authorization server and came back without a response.
    NavigatedBack,
    /// A popup.
    Popup(PopupError),
    /// Something that the host does not offer.
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

    /// The session of a request has ended.
    pub(crate) fn ended(sub: &Did, end: SessionEnd) -> Self {
        Self::new(Step::Request, ErrorKind::Ended(sub.clone(), end))
    }

    pub(crate) fn at(mut self, url: &str) -> Self {
        self.0.url = Some(url.to_owned());
        self
    }

    /// Adds a purpose, unless there is one already: the innermost names what failed. An account without a PDS was resolved,
    /// so it gets none.
    pub(crate) fn while_resolving(mut self, what: &'static str, subject: &str) -> Self {
        if !matches!(self.0.kind, ErrorKind::Identity(IdentityError::NoPds(_))) {
            let resolving = || Purpose::Resolving(what, subject.to_owned());
            self.0.purpose.get_or_insert_with(resolving);
        }
        self
    }

    /// A server that redirects a request for metadata to another page, such as a login page, has no metadata.
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

    /// The server demands a nonce but its response shows none.
    pub(crate) fn without_nonce(mut self) -> Self {
        self.0.lacks_nonce = true;
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The step that failed.
    pub fn step(&self) -> Step {
        self.0.step
    }

    /// The address of the failed request, if there was one.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The purpose of the call, if it resolved the user's input or a server, or stored a session.
    pub fn purpose(&self) -> Option<&Purpose> {
        self.0.purpose.as_ref()
    }

    /// The input to sign in with again, if a session has ended: the account's handle, or its DID if the handle is unknown.
    pub fn login_hint(&self) -> Option<&str> {
        self.0.login_hint.as_deref()
    }

    /// Present for every failure of a callback.
    pub fn callback(&self) -> Option<&CallbackContext> {
        self.0.callback.as_ref()
    }

    /// A code that identifies the failure. Stable across releases.
    pub fn code(&self) -> &'static str {
        self.narrower_code().unwrap_or_else(|| self.key().code())
    }

    /// A code that is more specific than the one of the message.
    pub(crate) fn narrower_code(&self) -> Option<&'static str> {
        match &self.0.kind {
            ErrorKind::WithoutOauth(_) => Some("SERVER_WITHOUT_OAUTH"),
            ErrorKind::Callback(e) => e.narrower_code(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later, if only the network, a server or the disk changes.
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
    /// The cause, depending on the kind.
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

/// Invalid options: [`Step::Configure`].
impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(Step::Configure, error)
    }
}

/// Invalid input: [`Step::Input`].
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
