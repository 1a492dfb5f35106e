//! The flow over the ports: authorize, callback, restore, refresh, revoke; and the session.

mod accounts;
mod authority;
mod authorize;
mod callback;
mod clock;
mod detached;
mod doubt;
mod elsewhere;
mod end;
mod error;
mod held;
mod help;
mod host_error;
mod init;
mod live;
mod load;
mod look_ahead;
mod network;
pub(crate) mod policy;
mod popup;
mod prover;
pub(crate) mod race;
mod refresh;
mod resolve;
mod restore;
mod session;
mod step;
mod tabs;

pub use callback::SignedIn;
pub use error::{CallbackContext, Error, ErrorKind};
pub use host_error::HostError;
pub use init::Initialized;
pub use load::load_client_metadata;
pub use policy::Tried;
pub use popup::PopupError;
pub use restore::Refresh;
pub use session::{Credentials, InForce, OAuthSession, ResourceAnswer, SentProof, TokenInfo};
pub use step::Step;

use crate::http::Timeouts;
use crate::identity::Did;
use crate::oauth::{ClientMetadata, ResponseMode, TokenSet};
use crate::ports::{Guard, Observer, Ports};
use crate::url::Url;
use live::Live;
use network::Memory;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// In the browser's storage.
    Durable,
    /// In this page, since the browser gives it no storage: they end with it. Only a popup can sign in.
    Memory,
}

/// How a client is set up.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The app's client metadata.
    pub metadata: ClientMetadata,
    /// Where authorization servers put their answer.
    pub response_mode: ResponseMode,
    /// The atproto server that resolves handles. It learns every handle that is typed. Needed unless the host has a
    /// [`crate::ports::Resolver`] for them.
    pub handle_resolver: Option<Url>,
    /// The PLC directory.
    pub plc_directory: Url,
    /// Whether servers may be reached over http. `None`, the default: no, but for a `did:web` on `localhost` where the
    /// client id is a loopback one.
    pub allow_http: Option<bool>,
    /// How long the client's own requests may take.
    pub timeouts: Timeouts,
}

/// The client. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct OAuthClient(Rc<Shared>);

impl OAuthClient {
    /// Sets a client up. Nothing is read, sent or opened but the channel to the other tabs.
    pub fn new(options: ClientOptions, ports: Ports, observer: Option<Rc<dyn Observer>>) -> Self {
        let shared = Rc::new(Shared {
            options,
            ports,
            observer,
            memory: Memory::default(),
            live: RefCell::default(),
            subscription: RefCell::default(),
            told: RefCell::default(),
            accounts_changed: Cell::default(),
            active_changed_here: Cell::default(),
        });
        tabs::subscribe(&shared);
        Self(shared)
    }

    /// How the client was set up.
    pub fn options(&self) -> &ClientOptions {
        &self.0.options
    }

    /// Where sessions are kept. It is settled when `init` is done.
    pub fn persistence(&self) -> Persistence {
        match self.0.ports.storage.outlives_page() {
            true => Persistence::Durable,
            false => Persistence::Memory,
        }
    }

    /// Stops hearing the other tabs. What is stored stays.
    pub fn close(&self) {
        self.0.subscription.take();
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OAuthClient({})", self.0.options.metadata.client_id)
    }
}

/// What the clones of a client and its sessions share.
struct Shared {
    options: ClientOptions,
    ports: Ports,
    observer: Option<Rc<dyn Observer>>,
    memory: Memory,
    /// The sessions in use, so that what another tab did to one reaches it.
    live: RefCell<Vec<Weak<Live>>>,
    subscription: RefCell<Option<Guard>>,
    /// What the app was last told of each account: its tokens, or that it has none.
    told: RefCell<Vec<(Did, Option<TokenSet>)>>,
    /// Whether something about the accounts has changed that was not announced yet.
    accounts_changed: Cell<bool>,
    /// The same for which account is active, where only this page or worker remembers that.
    active_changed_here: Cell<bool>,
}

impl Shared {
    /// Sessions, accounts and messages of other clients of this origin are not ours.
    fn client_id(&self) -> &str {
        &self.options.metadata.client_id
    }

    fn allows_http(&self) -> bool {
        self.options.allow_http == Some(true)
    }

    /// Whether the app is under development, so that names and addresses that exist on one machine only are meant.
    fn in_development(&self) -> bool {
        self.allows_http() || self.options.metadata.is_loopback()
    }
}
