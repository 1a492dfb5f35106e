//! What a host must supply, one small trait each.
//!
//! Futures are local: a browser has one thread, and nothing here is written twice for another. A host bundles its
//! implementations in a [`Ports`] value; the client knows nothing else of where it runs.

mod accounts;
mod crypto;
mod lock;
mod navigator;
mod nonces;
mod popup;
mod renewer;
mod resolver;
mod storage;
mod tabs;

pub use crate::guard::Guard;
pub use accounts::{Account, AccountStatus, AccountStore};
pub use crypto::{Crypto, KeyError, Signer};
pub use lock::Lock;
pub use navigator::{Change, Navigator};
pub use nonces::NonceStore;
pub use popup::{Popup, PopupLink, PopupMessage, PopupState};
pub use renewer::{Renewal, Renewer};
pub use resolver::{Question, Resolver, Thrown};
pub use storage::{
    ActiveAccount, PendingLogin, PendingStore, ResumeTicket, SessionStore, Storage, StorageError,
    StoredSession,
};
pub use tabs::{AccountsChange, Bus, By, Message, Observer};

use crate::http::{HttpError, Request, Response};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// A boxed future that stays on its thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Tells the time.
pub trait Clock {
    /// Milliseconds since the epoch, as far as this machine knows.
    fn now(&self) -> u64;

    /// The URL of something on a server whose answers show their `Date` to us, as those of the page's own server do.
    /// It is asked by `HEAD` where a server refuses a proof as one of the wrong time and does not show its own.
    fn reference(&self) -> Option<String> {
        None
    }
}

/// Waits.
pub trait Timer {
    /// Ends after this many milliseconds. Dropping the future ends the wait.
    fn sleep(&self, milliseconds: u32) -> Local<'static, ()>;
}

/// Makes random octets that nobody can predict.
pub trait Random {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Sends the client's own requests; see [`Request`] for what a host must keep to.
pub trait Http {
    /// Sends one request and reads its answer whole. Dropping the future aborts the request.
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>>;
}

/// Runs work that nobody waits for.
pub trait Spawn {
    /// Runs the future to its end, also when whoever asked for it has gone.
    fn spawn(&self, work: Local<'static, ()>);
}

/// The host's implementations.
#[derive(Clone)]
pub struct Ports {
    /// The clock.
    pub clock: Rc<dyn Clock>,
    /// The source of randomness.
    pub random: Rc<dyn Random>,
    /// Keys and digests.
    pub crypto: Rc<dyn Crypto>,
    /// The network.
    pub http: Rc<dyn Http>,
    /// What keeps the two kinds of rows that follow.
    pub storage: Rc<dyn Storage>,
    /// Sign-ins that wait for their callback.
    pub pending: Rc<dyn PendingStore>,
    /// Sessions.
    pub sessions: Rc<dyn SessionStore>,
    /// The account that was used last.
    pub active: Rc<dyn ActiveAccount>,
    /// The accounts, signed in or not.
    pub accounts: Rc<dyn AccountStore>,
    /// The nonces of sessions.
    pub nonces: Rc<dyn NonceStore>,
    /// Mutual exclusion over all tabs.
    pub lock: Rc<dyn Lock>,
    /// The other tabs.
    pub bus: Rc<dyn Bus>,
    /// The page's address.
    pub navigator: Rc<dyn Navigator>,
    /// Background work.
    pub spawn: Rc<dyn Spawn>,
    /// What a popup and the page that opened it say to each other.
    pub popup_link: Rc<dyn PopupLink>,
    /// Waiting.
    pub timer: Rc<dyn Timer>,
    /// The app's own source of identities, where it has one.
    pub resolver: Option<Rc<dyn Resolver>>,
    /// Whoever renews sessions in this client's place, where there is one.
    pub renewer: Option<Rc<dyn Renewer>>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
