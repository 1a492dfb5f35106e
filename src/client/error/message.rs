//! The message and the help of an error.

use super::{Error, ErrorKind};
use crate::http::HttpError;
use crate::ports::Thrown;
use crate::sentences::{self, Arguments, Key, Message, key};
use std::fmt;

impl Error {
    /// A sentence on what the app or its user can do.
    pub fn help(&self) -> &'static str {
        let mut arguments = Arguments::default();
        self.arguments(&mut arguments);
        let error = arguments.get("error").map(|error| format!("error={error}"));
        let topic = self.topic().or(error.as_deref());
        sentences::help(topic, self.code(), self.0.step.as_str())
    }

    /// A topic of help that is more specific than the code and the server's `error` code.
    pub(crate) fn topic(&self) -> Option<&'static str> {
        let (status, is_in_trouble) = match &self.0.kind {
            _ if self.0.lacks_nonce => return Some("NONCE_UNREADABLE"),
            ErrorKind::ClockSkew { .. } => return Some("CLOCK_SKEW"),
            ErrorKind::Http(error @ HttpError::Status(status)) => (*status, error.is_retryable()),
            ErrorKind::Refused(refusal) => (refusal.status, refusal.is_retryable()),
            _ => return None,
        };
        match (status, is_in_trouble) {
            (429, _) => Some("TOO_MANY_REQUESTS"),
            (_, true) => Some("SERVER_IN_TROUBLE"),
            _ => None,
        }
    }
}

impl Message for ErrorKind {
    fn key(&self) -> Key {
        match self {
            Self::ClockSkew { .. } => key!("CLOCK_SKEW"),
            Self::NotAuthoritative { .. } => key!("ISSUER_NOT_AUTHORITATIVE"),
            Self::Ended(_, end) => end.key(),
            Self::Resolver(_) => key!("RESOLVER_FAILED"),
            Self::Renewer(_) => key!("REFRESH_FAILED"),
            Self::Observer(_) => key!("HOOK_FAILED"),
            Self::NavigatedBack => key!("NAVIGATED_BACK"),
            Self::Config(e) => e.key(),
            Self::Identity(e) => e.key(),
            Self::Http(e) | Self::WithoutOauth(e) => e.key(),
            Self::Peer(e) => e.key(),
            Self::Refused(e) => e.key(),
            Self::Callback(e) => e.key(),
            Self::Key(e) => e.key(),
            Self::Storage(e) => e.key(),
            Self::Popup(e) => e.key(),
            Self::Host(e) => e.key(),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::ClockSkew { seconds, refusal } => {
                refusal.arguments(to);
                match seconds {
                    Some(ahead @ 0..) => to.number("ahead", *ahead),
                    Some(ahead) => to.number("behind", -ahead),
                    None => {}
                }
            }
            Self::NotAuthoritative { sub, found, .. } => {
                to.text("sub", sub.as_str());
                to.text("newIssuer", found);
            }
            Self::Ended(sub, end) => {
                to.text("sub", sub.as_str());
                end.arguments(to);
            }
            Self::Observer(message)
            | Self::Renewer(Thrown { words: message, .. })
            | Self::Resolver(Thrown { words: message, .. }) => to.text("message", message),
            Self::Config(e) => e.arguments(to),
            Self::Identity(e) => e.arguments(to),
            Self::Http(e) | Self::WithoutOauth(e) => e.arguments(to),
            Self::Peer(e) => e.arguments(to),
            Self::Refused(e) => e.arguments(to),
            Self::Callback(e) => e.arguments(to),
            Self::Key(e) => e.arguments(to),
            Self::Storage(e) => e.arguments(to),
            Self::NavigatedBack | Self::Popup(_) | Self::Host(_) => {}
        }
    }
}

impl Message for Error {
    fn key(&self) -> Key {
        self.0.kind.key()
    }

    fn arguments(&self, to: &mut Arguments) {
        self.0.kind.arguments(to);
        if let Some(url) = &self.0.url {
            to.text("url", url);
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sentences::write(self, f)
    }
}
