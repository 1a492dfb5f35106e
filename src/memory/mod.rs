//! A host without a browser: software keys, storage in memory, and whatever network it is given.
//!
//! For tests of an app, for the examples in this documentation and for this crate's own tests. An [`Origin`] is what the
//! tabs of one web origin share: its storage, its locks and its clock. A [`Tab`] of it supplies the [`Ports`] of one
//! client, so two tabs are two clients over one storage.
//!
//! No executor is needed, and none is brought: [`Origin::run`] is a future that any executor can drive, and work that
//! clients leave in the background moves while one is awaited.
//!
//! ```
//! use atproto_oauth_wasm::memory::Origin;
//! use atproto_oauth_wasm::{
//!     ClientMetadata, ClientOptions, HttpError, OAuthClient, Refresh, Request, ResponseMode, Timeouts,
//!     Url,
//! };
//!
//! let offline = async |request: Request| Err(HttpError::Unreachable(request.url));
//! let origin = Origin::new(offline);
//! let page = Url::parse("http://127.0.0.1:8080/").expect("a URL");
//! let tab = origin.tab(page.clone());
//!
//! let client_id = atproto_oauth_wasm::loopback_client_id(&page).expect("a loopback page");
//! let options = ClientOptions {
//!     metadata: ClientMetadata::of_loopback_id(&client_id).expect("a loopback id"),
//!     response_mode: ResponseMode::Fragment,
//!     handle_resolver: Url::parse("https://pds.example.com"),
//!     plc_directory: Url::parse("https://plc.directory").expect("a URL"),
//!     allow_http: None,
//!     timeouts: Timeouts::default(),
//! };
//! let client = OAuthClient::new(options, tab.ports(), None);
//!
//! let nobody = futures::executor::block_on(origin.run(client.init(Refresh::Auto)));
//! assert!(nobody.expect("nothing to fail").is_none());
//! ```

mod background;
mod channel;
mod clock;
mod http;
mod keys;
mod lock;
mod page;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod requests;
mod store;

pub use clock::SettableClock;
pub use keys::{SoftwareCrypto, SoftwareKey};
pub use page::Page;

use crate::http::{HttpError, Request, Response};
use crate::ports::{Http, Ports};
use crate::url::Url;
use background::Background;
use std::fmt;
use std::future::Future;
use std::rc::Rc;

/// What the tabs of one web origin share.
pub struct Origin {
    http: Rc<dyn Http>,
    clock: Rc<SettableClock>,
    store: Rc<store::Rows>,
    locks: Rc<lock::Locks>,
    channels: channel::Channels,
    background: Rc<Background>,
}

impl Origin {
    /// An origin with nothing stored, whose clock stands at the start of 2026 and whose requests go to `network`: any
    /// async function or closure.
    pub fn new(network: impl AsyncFn(Request) -> Result<Response, HttpError> + 'static) -> Self {
        let clock = Rc::new(SettableClock::new(1_767_225_600_000));
        Self {
            http: Rc::new(http::Function(network)),
            store: Rc::new(store::Rows::new(clock.clone())),
            clock,
            locks: Rc::default(),
            channels: channel::Channels::default(),
            background: Rc::default(),
        }
    }

    /// Opens a tab at an address.
    pub fn tab(&self, address: Url) -> Tab {
        let page = Rc::new(Page::new(address));
        let ports = Ports {
            clock: self.clock.clone(),
            crypto: Rc::new(SoftwareCrypto),
            http: self.http.clone(),
            store: self.store.clone(),
            lock: self.locks.clone(),
            channel: Rc::new(channel::Port::new(&self.channels)),
            page: page.clone(),
            delegate: Rc::new(()),
            spawn: self.background.clone(),
        };
        Tab { ports, page }
    }

    /// The clock of all tabs.
    pub fn clock(&self) -> &Rc<SettableClock> {
        &self.clock
    }

    /// How many sign-ins are stored and wait for their callback, expired ones included.
    pub fn pending_logins(&self) -> usize {
        self.store.pending_logins()
    }

    /// Awaits a future, and moves the work in the background with it. What is still under way there when the future is
    /// done waits for the next `run`, or for [`Origin::settle`].
    pub async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.background.run(future).await
    }

    /// Awaits the end of all work in the background, messages to other tabs included.
    pub async fn settle(&self) {
        self.background.settle().await;
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origin")
    }
}

/// One tab of an origin.
#[derive(Clone)]
pub struct Tab {
    ports: Ports,
    page: Rc<Page>,
}

impl Tab {
    /// The implementations, for one client. All fields are public, so a test can put its own in place of any.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// The tab's address.
    pub fn page(&self) -> &Rc<Page> {
        &self.page
    }

    /// Whether the client asked to close the window, as it does in a popup that has served.
    pub fn is_closed(&self) -> bool {
        self.page.is_closed()
    }
}

impl fmt::Debug for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tab({})", self.page.address())
    }
}
