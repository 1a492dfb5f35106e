//! The builder that an app sets its client up with.

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

/// Where the client's metadata come from.
#[derive(Clone, Default)]
enum App {
    /// An app under development, at the address of this page.
    #[default]
    ThisPage,
    LoopbackId(String),
    Published(ClientMetadata),
}

impl ClientBuilder {
    /// Sets the app's client metadata. Without metadata and without a [`client_id`](Self::client_id), the app is under
    /// development: the page must have a loopback address, and the metadata are derived from it.
    pub fn client_metadata(mut self, metadata: ClientMetadata) -> Self {
        self.app = App::Published(metadata);
        self
    }

    /// Sets the loopback client id of an app under development. It encodes the metadata.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.app = App::LoopbackId(id.into());
        self
    }

    /// Sets the atproto server that resolves handles, for example `https://bsky.social`. It sees every handle that a user
    /// types. Required unless a [`delegate`](Self::delegate) resolves handles.
    pub fn handle_resolver(mut self, url: impl Into<String>) -> Self {
        self.handle_resolver = Some(url.into());
        self
    }

    /// Sets the PLC directory; `https://plc.directory` by default.
    pub fn plc_directory(mut self, url: impl Into<String>) -> Self {
        self.plc_directory = Some(url.into());
        self
    }

    /// Sets what the app does instead of the client: as a rule, it finds accounts itself rather than over the network.
    pub fn delegate(mut self, delegate: impl Delegate + 'static) -> Self {
        self.delegate = Some(Rc::new(delegate));
        self
    }

    /// Sets where authorization servers put their response; by default, in the fragment of the redirect URI.
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = Some(mode);
        self
    }

    /// Sets whether servers may be reached over http. By default, only a `did:web` on `localhost` may, and only if the
    /// app has a loopback client id.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = Some(allow);
        self
    }

    /// Sets how long the client's own requests may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets a name for the database, locks, channels and `localStorage` items, so that no other app uses them. By default
    /// all apps of an origin share them, including apps with the official client. In both cases an app sees only the
    /// sessions of its own client id.
    pub fn storage_name(mut self, name: impl Into<String>) -> Self {
        self.storage_name = Some(name.into());
        self
    }

    /// Runs the client on these ports instead of the browser's, for example on those of `memory` in a test.
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = Some(ports);
        self
    }

    /// Creates the client. This opens the channel to the other tabs; it reads and sends nothing.
    ///
    /// Fails with [`crate::ErrorKind::Config`] if an option is invalid. Without a browser and without
    /// [`ports`](Self::ports), it still returns a client, whose operations fail with [`HostError::BROWSER_ONLY`].
    pub fn build(self) -> Result<BrowserOAuthClient, Error> {
        let failed = |error| Error::new(Step::Configure, error);
        if let Some(name) = &self.storage_name {
            checked_name(name.clone()).map_err(failed)?;
        }
        let Some(host) = Host::of(self.ports.clone(), self.storage_name.clone()) else {
            // An option that can be checked without a page is as invalid on a server as in the browser.
            return match &self.app {
                App::ThisPage => Ok(BrowserOAuthClient::without_host()),
                _ => self
                    .options(None)
                    .map(|_| BrowserOAuthClient::without_host()),
            }
            .map_err(failed);
        };
        let page = host.ports.page.location();
        let options = self.options(page.as_ref()).map_err(failed)?;
        Ok(BrowserOAuthClient::on_host(
            options,
            self.with_delegate(host),
        ))
    }

    /// Creates the client of a published app from its client id, which is the URL of its metadata.
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

    /// Whether the app resolves handles itself. Any handle serves to ask it.
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

/// The ports that a client runs on, and how to dispose of them.
pub(super) struct Host {
    pub(super) ports: Ports,
    pub(super) dispose: Option<Box<dyn Fn()>>,
}

impl Host {
    /// The given ports, or else the browser's; `None` without a browser.
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
