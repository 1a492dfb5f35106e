//! The browser as a host: one file per Web API, one duty each.
//!
//! Works in a page and in a worker, and can be made where neither is (a server that renders the app): nothing here is
//! looked up before it is used, and an API that is missing then gives its port's own error, or does nothing where the
//! port has none. No network, timer, channel or database exists before first use.
//!
//! What is smaller in JavaScript is in a module beside the Rust, one duty each. The npm package imports the same files.

mod answer;
mod core_session;
mod environment;
mod fetch;
mod indexed_db;
mod listener;
mod local_storage;
mod location;
mod outside;
mod popup;
mod reflect;
mod renewer;
pub(crate) mod requests;
mod resolver;
mod rows;
mod tabs;
mod web_crypto;
mod web_locks;

pub use answer::FetchAnswer;
pub use popup::PopupWindow;

pub(crate) use indexed_db::Database;
pub(crate) use outside::Outside;
pub(crate) use popup::open_popup;

#[cfg(feature = "js")]
pub(crate) use core_session::CoreSession;
#[cfg(feature = "js")]
pub(crate) use local_storage::account_facts;

use crate::ports::{Local, Ports, Renewer, Resolver};
use js_sys::Promise;
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a page may choose.
#[derive(Clone, Debug, Default)]
pub struct BrowserOptions {
    /// Called in place of `globalThis.fetch`, with one argument, a `Request`; returns a `Response` or a promise of one.
    pub fetch: Option<js_sys::Function>,
    /// Asked in the network's place: an object whose functions `identity`, `handle` and `did`, as far as it has them, take
    /// `(subject, noCache, signal)` and promise `{did, didDoc}`, a DID, or a DID document; or `null`: there is none.
    pub resolver: Option<JsValue>,
    /// Has sessions renewed where it outlives the page: an object whose function `renew` takes `(sub, tokenId)` and
    /// promises `{error?}` once a worker has answered, or `undefined`: there is none.
    pub renewer: Option<JsValue>,
    /// The other tabs, where they are listened to already: a `Tabs` of `tabs.js`, closed with the client.
    pub tabs: Option<JsValue>,
    /// What the page calls this client and the options that it would make a client with. A session that this client stores may
    /// be used by a page that calls its client the same, before that has loaded this module; `None`: by none.
    pub resume_client: Option<String>,
    /// A name for database, locks, channels and items of `localStorage`, which this app then has to itself; by default those of
    /// the official client and ours, which all apps of the origin share.
    pub storage_name: Option<String>,
}

#[wasm_bindgen(module = "/src/browser/names.js")]
extern "C" {
    /// What the things that tabs share are called.
    fn names(storage_name: Option<&str>) -> JsValue;
}

/// Runs work as a promise. All exports share this one, boxed, since each future type of its own costs kilobytes.
pub(crate) fn promise(work: Local<'static, Result<JsValue, JsValue>>) -> Promise {
    wasm_bindgen_futures::future_to_promise(work)
}

/// The browser's implementations of the ports, and the end of them.
pub struct Browser {
    ports: Ports,
    database: Rc<Database>,
}

impl Browser {
    /// Bundles the implementations. Touches no API of the browser yet.
    pub fn new(options: BrowserOptions) -> Self {
        let storage_name = options.storage_name.as_deref();
        let database = Rc::new(Database::new(storage_name));
        let names = names(storage_name);
        let name = |what| reflect::get_str(&names, what).unwrap_or_default();
        let items = name("items");
        let ports = Ports {
            clock: Rc::new(environment::SystemClock),
            random: Rc::new(environment::SystemRandom),
            crypto: Rc::new(web_crypto::WebCrypto),
            http: Rc::new(fetch::Fetch::new(options.fetch)),
            storage: database.clone(),
            pending: Rc::new(rows::PendingRows(database.clone())),
            sessions: Rc::new(rows::SessionRows {
                database: database.clone(),
                resume_client: options.resume_client,
            }),
            active: Rc::new(local_storage::ActivePointer::new(database.clone(), &names)),
            accounts: Rc::new(local_storage::AccountRecords::new(&items)),
            nonces: Rc::new(local_storage::Nonces::new(&items)),
            lock: Rc::new(web_locks::WebLocks(name("lock"))),
            bus: Rc::new(tabs::OtherTabs::new(options.tabs, options.storage_name)),
            navigator: Rc::new(location::Page),
            spawn: Rc::new(environment::Microtasks),
            popup_link: Rc::new(popup::Link::new(name("popup"))),
            timer: Rc::new(environment::Timeouts),
            resolver: options
                .resolver
                .map(|ask| Rc::new(resolver::AppResolver(ask)) as Rc<dyn Resolver>),
            renewer: options
                .renewer
                .map(|ask| Rc::new(renewer::Worker(ask)) as Rc<dyn Renewer>),
        };
        Self { ports, database }
    }

    /// The implementations; they share one database connection.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// The implementations themselves, for whoever needs them once, and the database for its end.
    pub(crate) fn into_parts(self) -> (Ports, Rc<Database>) {
        (self.ports, self.database)
    }

    /// Keeps no connection to the database open from now on.
    pub fn dispose(&self) {
        self.database.dispose();
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Browser")
    }
}
