//! What a host must supply, one small trait each.
//!
//! Futures are local: a browser has one thread, and nothing here is written twice for another. A host bundles its
//! implementations in a [`Ports`] value; the client knows nothing else of where it runs.

mod account;
mod channel;
mod crypto;
mod delegate;
mod lock;
mod observer;
mod page;
mod storage_error;
mod store;

pub use crate::guard::Guard;
pub use account::{Account, AccountStatus};
pub use channel::{AccountsChange, Channel, Message, PopupMessage};
pub use crypto::{Crypto, KeyError, Signer};
pub use delegate::{Delegate, DelegatedRefresh, Question, Thrown};
pub use lock::Lock;
pub use observer::{By, Observer};
pub use page::{Change, Page, Popup, PopupState};
pub use storage_error::StorageError;
pub use store::{PendingLogin, ResumeTicket, Store, StoredSession};

use crate::http::{HttpError, Request, Response};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// A boxed future that stays on its thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Measures time, and waits.
pub trait Clock {
    /// Milliseconds since the epoch, as far as this machine knows.
    fn now(&self) -> u64;

    /// The URL of something on a server whose responses show their `Date` to us, as those of the page's own server do.
    /// It is requested by `HEAD` if a server refuses a proof as one of the wrong time and does not show its own.
    fn reference(&self) -> Option<String> {
        None
    }

    /// Ends after this many milliseconds. Dropping the future ends the wait.
    fn sleep(&self, milliseconds: u32) -> Local<'static, ()>;
}

/// Sends the client's own requests; see [`Request`] for what a host must keep to.
pub trait Http {
    /// Sends one request and reads its response whole. Dropping the future aborts the request.
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>>;
}

/// Runs work that nobody waits for.
pub trait Spawn {
    /// Runs the future to its end, also if its caller is dropped.
    fn spawn(&self, work: Local<'static, ()>);
}

/// The host's implementations.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Random octets, keys and digests.
    pub crypto: Rc<dyn Crypto>,
    /// The network.
    pub http: Rc<dyn Http>,
    /// What outlives the page.
    pub store: Rc<dyn Store>,
    /// Mutual exclusion over all tabs.
    pub lock: Rc<dyn Lock>,
    /// The other tabs, and popups.
    pub channel: Rc<dyn Channel>,
    /// The page that the client runs in.
    pub page: Rc<dyn Page>,
    /// What is done in the client's place; `()` for nothing.
    pub delegate: Rc<dyn Delegate>,
    /// Background work.
    pub spawn: Rc<dyn Spawn>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
