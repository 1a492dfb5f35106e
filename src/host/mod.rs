//! The JavaScript host, as the core sees it: a browser's page or worker.
//!
//! All that the core asks of JavaScript goes through one [`Host`] object, whose operations are declared in `operations.rs`.
//! The browser's is in `browser/`: one module per Web API, which the npm package and Rust apps share. Nothing there is
//! looked up before it is used, and nothing is opened before first use.

mod browser;
mod channel;
mod clock;
mod core_session;
mod delegate;
mod door;
#[cfg(feature = "js")]
mod engine;
mod items;
mod keys;
mod lock;
mod network;
mod operations;
mod page;
mod popup;
mod reflect;
pub(crate) mod requests;
mod rows;
#[cfg(feature = "js")]
mod script;
mod store;

pub use browser::{Browser, BrowserOptions};
#[cfg(feature = "js")]
pub(crate) use core_session::{Caller, CoreSession};
pub use door::Host;
#[cfg(feature = "js")]
pub(crate) use items::facts as account_facts;
pub use keys::key_pair;
#[cfg(feature = "js")]
pub(crate) use popup::PopupWindow;

use crate::json::Json;
use crate::ports::Ports;
use door::Door;
use std::fmt;
use std::rc::Rc;

/// A JavaScript host's implementation of the ports.
#[derive(Clone)]
pub(crate) struct JsHost {
    door: Rc<Door>,
    /// What the page calls this client and its options, which a resume ticket is for.
    resume_client: Option<Rc<str>>,
}

impl JsHost {
    /// `resume_client`: see [`BrowserOptions::resume_client`].
    pub(crate) fn new(host: Host, resume_client: Option<String>) -> Self {
        Self {
            door: Door::new(host),
            resume_client: resume_client.map(Rc::from),
        }
    }

    /// All ports are this one host.
    pub(crate) fn ports(&self) -> Ports {
        let all = Rc::new(self.clone());
        Ports {
            clock: all.clone(),
            crypto: all.clone(),
            http: all.clone(),
            store: all.clone(),
            lock: all.clone(),
            channel: all.clone(),
            page: all.clone(),
            delegate: all.clone(),
            spawn: all,
        }
    }

    /// Keeps no connection to the database open from now on. What is under way still ends.
    pub(crate) fn dispose(&self) {
        self.door.dispose();
    }
}

/// The message of an exception. What JavaScript throws can be anything.
fn message_of(error: &Json) -> String {
    let message = error.str("message").filter(|message| !message.is_empty());
    message
        .or_else(|| error.str("name"))
        .or_else(|| error.as_str())
        .unwrap_or_else(|| match error.is_undefined() {
            true => "not available here".to_owned(),
            false => "unknown error".to_owned(),
        })
}

impl fmt::Debug for JsHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsHost")
    }
}
