//! How an app sets its client up.

use super::BrowserOAuthClient;
use crate::client::{
    ClientOptions, Error, GivenOptions, HostError, Step, load_client_metadata,
    storage_name as checked_name, time_limit,
};
use crate::http::Timeouts;
use crate::oauth::{ClientMetadata, ConfigError, ResponseMode};
use crate::ports::{Delegate, Ports, Question};
use crate::url::Url;
use std::fmt;
use std::rc::Rc;

/// Sets up a [`BrowserOAuthClient`]: see [`BrowserOAuthClient::builder`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` or `load`"]
pub struct ClientBuilder {
    app: App,
    handle_resolver: Option<String>,
    plc_directory: Option<String>,
    response_mode: Option<ResponseMode>,
    allow_http: Option<bool>,
    timeouts: Timeouts,
    storage_name: Option<String>,
    delegate: Option<Rc<dyn Delegate>>,
    ports: Option<Ports>,
}

/// Which app it is.
#[derive(Clone, Default)]
enum App {
    /// One under development, at the address of this page.
    #[default]
    ThisPage,
    LoopbackId(String),
    Published(ClientMetadata),
}

impl ClientBuilder {
    /// The app's client metadata. Without them, or a [`client_id`](Self::client_id), the app is one under development at
    /// the address of the page, which must be a loopback address.
    pub fn client_metadata(mut self, metadata: ClientMetadata) -> Self {
        self.app = App::Published(metadata);
        self
    }

    /// The loopback client id of an app under development, which says all that metadata would.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.app = App::LoopbackId(id.into());
        self
    }

    /// The atproto server that resolves handles, `https://bsky.social` for one. It learns every handle that is typed.
    /// Needed, unless a [`delegate`](Self::delegate) answers for them.
    pub fn handle_resolver(mut self, url: impl Into<String>) -> Self {
        self.handle_resolver = Some(url.into());
        self
    }

    /// The PLC directory; `https://plc.directory` by default.
    pub fn plc_directory(mut self, url: impl Into<String>) -> Self {
        self.plc_directory = Some(url.into());
        self
    }

    /// What the app does in the client's place: as a rule, it finds accounts by itself rather than over the network.
    pub fn delegate(mut self, delegate: impl Delegate + 'static) -> Self {
        self.delegate = Some(Rc::new(delegate));
        self
    }

    /// Where authorization servers put their answer; by default, in the fragment of the address.
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = Some(mode);
        self
    }

    /// Whether servers may be reached over http; by default, only a `did:web` on `localhost`, by an app with a loopback
    /// client id.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = Some(allow);
        self
    }

    /// How long the client's own requests may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// A name for database, locks, channels and items of `localStorage`, which this app then has to itself. By default all apps of
    /// an origin share those, and the official client's; either way an app sees only the sessions of its own client id.
    pub fn storage_name(mut self, name: impl Into<String>) -> Self {
        self.storage_name = Some(name.into());
        self
    }

    /// Runs over these ports and not in the browser: over those of `memory` in a test.
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = Some(ports);
        self
    }

    /// Makes the client. Nothing is read, sent or opened but the channel to the other tabs.
    ///
    /// An option that is wrong is an [`crate::ErrorKind::Config`]. Where there is no browser, and no
    /// [`ports`](Self::ports) were given, there is a client too, all of whose work fails with
    /// [`HostError::BROWSER_ONLY`].
    pub fn build(self) -> Result<BrowserOAuthClient, Error> {
        let failed = |error| Error::new(Step::Configure, error);
        if let Some(name) = &self.storage_name {
            checked_name(name.clone()).map_err(failed)?;
        }
        let Some(host) = Host::of(self.ports.clone(), self.storage_name.clone()) else {
            // What can be judged without a page is wrong on the server as it is in the browser.
            return match &self.app {
                App::ThisPage => Ok(BrowserOAuthClient::nowhere()),
                _ => self.options(None).map(|_| BrowserOAuthClient::nowhere()),
            }
            .map_err(failed);
        };
        let page = host.ports.page.location();
        let options = self.options(page.as_ref()).map_err(failed)?;
        Ok(BrowserOAuthClient::over(options, self.with_delegate(host)))
    }

    /// Makes the client of a published app from its client id, the URL at which its metadata are.
    pub async fn load(mut self, client_id: impl Into<String>) -> Result<BrowserOAuthClient, Error> {
        let Some(host) = Host::of(self.ports.clone(), self.storage_name.clone()) else {
            return Err(Error::new(Step::Configure, HostError::BROWSER_ONLY));
        };
        let metadata = load_client_metadata(&host.ports, &client_id.into()).await?;
        self.app = App::Published(metadata);
        self.build()
    }

    fn with_delegate(self, mut host: Host) -> Host {
        if let Some(delegate) = self.delegate {
            host.ports.delegate = delegate;
        }
        host
    }

    fn options(&self, page: Option<&Url>) -> Result<ClientOptions, ConfigError> {
        for limit in [self.timeouts.document_ms, self.timeouts.token_ms] {
            let invalid = || ConfigError::InvalidOption("timeouts", limit.to_string());
            time_limit(f64::from(limit)).ok_or_else(invalid)?;
        }
        GivenOptions {
            response_mode: self.response_mode,
            handle_resolver: self.handle_resolver.clone(),
            resolves_handles: self.resolves_handles(),
            plc_directory: self.plc_directory.clone(),
            allow_http: self.allow_http,
            timeouts: self.timeouts,
        }
        .checked(|| match &self.app {
            App::Published(metadata) => Ok(metadata.clone()),
            App::LoopbackId(id) => ClientMetadata::of_loopback_id(id),
            App::ThisPage => ClientMetadata::of_page(page),
        })
    }

    /// Whether the app resolves handles by itself; any will do to ask it.
    fn resolves_handles(&self) -> bool {
        let given = self.ports.as_ref().map(|ports| &ports.delegate);
        self.delegate.as_ref().or(given).is_some_and(|own| {
            let handle = crate::identity::Handle::parse("handle.invalid");
            own.answers(Question::Identity("handle.invalid"))
                || handle.is_ok_and(|handle| own.answers(Question::Handle(&handle)))
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientBuilder")
    }
}

/// What a client runs over, and how that ends.
pub(super) struct Host {
    pub(super) ports: Ports,
    pub(super) dispose: Option<Box<dyn Fn()>>,
}

impl Host {
    /// The given ports, or else the browser; `None` where there is none.
    fn of(given: Option<Ports>, storage_name: Option<String>) -> Option<Self> {
        match given {
            Some(ports) => Some(Self {
                ports,
                dispose: None,
            }),
            None => Self::browser(storage_name),
        }
    }

    #[cfg(target_arch = "wasm32")]
    fn browser(storage_name: Option<String>) -> Option<Self> {
        use crate::host::{Browser, BrowserOptions};
        let options = BrowserOptions {
            storage_name,
            ..BrowserOptions::default()
        };
        let browser = Browser::new(options);
        Some(Self {
            ports: browser.ports(),
            dispose: Some(Box::new(move || browser.dispose())),
        })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn browser(_storage_name: Option<String>) -> Option<Self> {
        None
    }
}
