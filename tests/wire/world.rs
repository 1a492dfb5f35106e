//! A browser and the network it visits: what every test begins with.

use crate::server::proof::{self, Proof};
use crate::server::{Account, PDS, PLC, Server, resource::Reply};
use atproto_oauth_wasm::memory::{self, Origin, Page};
use atproto_oauth_wasm::ports::{By, Local, Observer, PendingLogin, Ports, StoredSession};
use atproto_oauth_wasm::{
    AuthorizeOptions, ClientMetadata, ClientOptions, Credentials, Did, Error, ErrorKind,
    Initialized, Json, OAuthClient, OAuthSession, Refresh, ResponseMode, SessionEnd, SignedIn,
    Timeouts, TokenSet, Url,
};
use futures::executor::block_on;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

pub(crate) const CLIENT_ID: &str = "https://app.example.com/client.json";
pub(crate) const REDIRECT_URI: &str = "https://app.example.com/cb";

/// A browser of one user, and the network.
pub(crate) struct World {
    pub(crate) origin: Origin,
    pub(crate) server: Rc<Server>,
}

impl World {
    pub(crate) fn new() -> Self {
        let server = Rc::new(Server::default());
        let network = server.clone();
        let origin = Origin::new(async move |request| network.answer(request).await);
        server.keep_time_by(origin.clock().clone());
        Self { origin, server }
    }

    /// Opens a tab at the redirect URI.
    pub(crate) fn tab(&self) -> Tab {
        self.tab_with(options(), |_| ())
    }

    pub(crate) fn tab_with(&self, options: ClientOptions, change: impl FnOnce(&mut Ports)) -> Tab {
        let tab = self.origin.tab(url(REDIRECT_URI));
        let mut ports = tab.ports();
        change(&mut ports);
        let heard = Rc::new(Heard::default());
        Tab {
            client: OAuthClient::new(options, ports.clone(), Some(heard.clone())),
            ports,
            page: tab.page().clone(),
            heard,
            window: tab,
        }
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        block_on(self.origin.run(future))
    }

    /// Waits for the work in the background.
    pub(crate) fn settle(&self) {
        block_on(self.origin.settle());
    }

    /// Lets seconds pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.origin.clock().advance(seconds * 1000);
    }

    /// Lets the lifetime of every token pass.
    pub(crate) fn expire(&self) {
        self.pass(3601);
    }

    /// Lets everything happen up to the callback; what the server answers.
    pub(crate) fn consented(&self, tab: &Tab, account: &Account) -> String {
        let url = self.authorize(tab, account.did).expect("a sign-in begun");
        self.server.consent(&url, account)
    }

    pub(crate) fn authorize(&self, tab: &Tab, input: &str) -> Result<Url, Error> {
        let options = AuthorizeOptions::default();
        self.run(tab.client.authorize(input, &options, &|_| ()))
    }

    pub(crate) fn callback(&self, tab: &Tab, params: &str) -> Result<SignedIn, Error> {
        self.run(tab.client.callback(params, None))
    }

    /// A whole sign-in, as the page's code makes it.
    pub(crate) fn sign_in(&self, tab: &Tab, account: &Account) -> OAuthSession {
        let params = self.consented(tab, account);
        let signed_in = self.run(tab.client.init_callback(Some(&params), None));
        self.settle();
        signed_in.expect("a sign-in").session
    }

    pub(crate) fn restore(
        &self,
        tab: &Tab,
        account: &Account,
        refresh: Refresh,
    ) -> Result<OAuthSession, Error> {
        self.run(tab.client.restore(account.did, refresh))
    }

    pub(crate) fn init(&self, tab: &Tab) -> Result<Option<Initialized>, Error> {
        self.run(tab.client.init(Refresh::Auto))
    }

    /// What is stored for an account.
    pub(crate) fn stored(&self, account: &Account) -> Option<StoredSession> {
        let ports = self.origin.tab(url(REDIRECT_URI)).ports();
        let row = self.run(ports.store.get_session(CLIENT_ID, &did(account)));
        row.expect("storage").map(Rc::unwrap_or_clone)
    }

    /// Changes what is stored for an account, behind the clients' backs.
    pub(crate) fn change_stored(&self, account: &Account, change: impl FnOnce(&mut StoredSession)) {
        let ports = self.origin.tab(url(REDIRECT_URI)).ports();
        let mut row = self.stored(account).expect("a row to change");
        change(&mut row);
        self.run(ports.store.put_session(CLIENT_ID, &row, None))
            .expect("storage");
    }

    /// Changes a pending sign-in, behind the clients' backs.
    pub(crate) fn change_pending(&self, state: &str, change: impl FnOnce(&mut PendingLogin)) {
        let ports = self.origin.tab(url(REDIRECT_URI)).ports();
        let row = self
            .run(ports.store.take_pending(CLIENT_ID, state))
            .expect("storage");
        let mut row = row.expect("a row to change");
        change(&mut row);
        self.run(ports.store.put_pending(state, &row))
            .expect("storage");
    }

    /// A GET with a session.
    pub(crate) async fn get(&self, session: &OAuthSession, path: &str) -> Result<Reply, Error> {
        let send =
            async |credentials: Credentials<'_>| Ok(self.server.xrpc("GET", credentials).await);
        session.request("GET", path, true, send).await
    }

    /// The status of a GET with a session, once all has settled.
    pub(crate) fn status(&self, session: &OAuthSession) -> Result<u16, Error> {
        let reply = self.run(self.get(session, "/xrpc/app.test"));
        self.settle();
        reply.map(|reply| reply.status)
    }

    /// The proof of a session's next request, which is not sent.
    pub(crate) fn next_proof(&self, session: &OAuthSession) -> Proof {
        let send = async |credentials: Credentials<'_>| {
            let proof = proof::verify(credentials.dpop, "GET", credentials.url);
            Err::<Reply, _>(Unsent(proof.expect("a proof")))
        };
        let request = session.request("GET", "/xrpc/app.test", false, send);
        match self.run(request) {
            Ok(answer) => panic!("it was sent: {answer:?}"),
            Err(Unsent(proof)) => proof,
        }
    }
}

/// Why a request was not sent: its proof is all that was wanted.
struct Unsent(Proof);

impl From<Error> for Unsent {
    fn from(error: Error) -> Self {
        panic!("no proof: {error}")
    }
}

impl Drop for World {
    /// No test may have led the client into a mistake that it did not look for.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.server.violations(), Vec::<String>::new());
        }
    }
}

/// One tab, with the app's observer.
pub(crate) struct Tab {
    pub(crate) client: OAuthClient,
    pub(crate) ports: Ports,
    pub(crate) page: Rc<Page>,
    pub(crate) heard: Rc<Heard>,
    pub(crate) window: memory::Tab,
}

/// What the app was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// The access token that came.
    Updated(String),
    Deleted(Did, SessionEnd),
}

/// An observer that remembers, that can fail, and that can use the client it hears of.
#[derive(Default)]
pub(crate) struct Heard {
    events: RefCell<Vec<Event>>,
    changes: Cell<usize>,
    pub(crate) fails: Cell<bool>,
    /// The next time something is told, the session is restored with this client, by force.
    pub(crate) restores_with: RefCell<Option<OAuthClient>>,
}

impl Heard {
    /// What was told since the last call.
    pub(crate) fn take(&self) -> Vec<Event> {
        self.events.take()
    }

    /// How often since the last call it was told that the accounts are others.
    pub(crate) fn take_changes(&self) -> usize {
        self.changes.take()
    }

    /// The endings told since the last call.
    pub(crate) fn take_ends(&self) -> Vec<SessionEnd> {
        let events = self.take().into_iter();
        let ends = events.filter_map(|event| match event {
            Event::Deleted(_, end) => Some(end),
            Event::Updated(_) => None,
        });
        ends.collect()
    }

    fn hear<'a>(&'a self, sub: &'a Did, event: Event) -> Local<'a, Result<(), String>> {
        Box::pin(async move {
            self.events.borrow_mut().push(event);
            if let Some(client) = self.restores_with.take() {
                drop(client.restore(sub.as_str(), Refresh::Force).await);
            }
            match self.fails.get() {
                true => Err("the app's own trouble".to_owned()),
                false => Ok(()),
            }
        })
    }
}

impl Observer for Heard {
    fn updated<'a>(&'a self, tokens: &'a TokenSet, _by: By) -> Local<'a, Result<(), String>> {
        self.hear(
            &tokens.sub,
            Event::Updated(tokens.access_token.expose().to_owned()),
        )
    }

    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>> {
        self.hear(sub, Event::Deleted(sub.clone(), end.clone()))
    }

    fn accounts_changed(&self) {
        self.changes.set(self.changes.get() + 1);
    }
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

/// What kind of failure it was.
pub(crate) fn kind<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ErrorKind {
    outcome.expect_err("a failure").kind().clone()
}

/// The failure that says that a session is over.
pub(crate) fn ended(account: &Account, end: SessionEnd) -> ErrorKind {
    ErrorKind::Ended(did(account), end)
}

pub(crate) fn did(account: &Account) -> Did {
    Did::parse(account.did).expect(account.did)
}

/// The options of a published app.
pub(crate) fn options() -> ClientOptions {
    let metadata = serde_json::json!({
        "client_id": CLIENT_ID,
        "redirect_uris": [REDIRECT_URI, "https://app.example.com/other"],
        "scope": "atproto transition:generic",
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    });
    let metadata = Json::parse(&metadata.to_string()).expect("JSON");
    ClientOptions {
        metadata: ClientMetadata::judge(metadata).expect("client metadata"),
        response_mode: ResponseMode::Fragment,
        handle_resolver: Some(url(PDS)),
        plc_directory: url(PLC),
        allow_http: None,
        timeouts: Timeouts::default(),
    }
}
