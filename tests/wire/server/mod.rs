//! An atproto network as one state machine: PLC directory, PDSes and authorization server, strict in all that a client
//! must do right. What a client does wrong is written down, and fails the test that led to it.

mod documents;
mod oauth;
pub(crate) mod proof;
pub(crate) mod resource;
mod time;

pub(crate) use documents::{
    ALICE, Account, BOB, FOREIGN_ISSUER, FOREIGN_PDS, ISSUER, MALLORY, PDS, PLC, SECOND_PDS, WANDA,
    server_metadata,
};
pub(crate) use time::{Apart, Source};

use atproto_oauth_wasm::memory::SettableClock;
use atproto_oauth_wasm::{HttpError, Request, Response};
use oauth::{Code, Granted, Pushed};
use serde_json::{Value, json};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// Requests by method, origin and path; those to the token endpoint by their grant type too.
pub(crate) mod asked {
    pub(crate) const HANDLE: &str =
        "GET https://pds.example.com/xrpc/com.atproto.identity.resolveHandle";
    pub(crate) const ALICE_DID: &str =
        "GET https://plc.example.com/did%3Aplc%3Aaliceaaaaaaaaaaaaaaaaaaa";
    pub(crate) const WANDA_DID: &str = "GET https://wanda.example.com/.well-known/did.json";
    pub(crate) const RESOURCE: &str =
        "GET https://pds.example.com/.well-known/oauth-protected-resource";
    pub(crate) const METADATA: &str =
        "GET https://issuer.example.com/.well-known/oauth-authorization-server";
    pub(crate) const PAR: &str = "POST https://issuer.example.com/oauth/par";
    pub(crate) const TOKEN: &str = "POST https://issuer.example.com/oauth/token authorization_code";
    pub(crate) const REFRESH: &str = "POST https://issuer.example.com/oauth/token refresh_token";
    pub(crate) const REVOKE: &str = "POST https://issuer.example.com/oauth/revoke";
    pub(crate) const OWN_PAGE: &str = "HEAD https://app.example.com/cb";
    pub(crate) const XRPC: &str = "GET https://pds.example.com/xrpc/app.test";
    /// Everything.
    pub(crate) const ANYTHING: &str = "";
}

/// What goes wrong with an exchange.
pub(crate) enum Fault {
    /// Another outcome instead; the server never hears of the request.
    Instead(Result<Response, HttpError>),
    /// The server does as asked, and its answer is lost.
    Lost,
    /// The server does as asked, and its answer is on its way until all is healed.
    Held,
    /// The server does as asked, and its JSON says something else.
    Lies(Box<dyn Fn(&mut Value)>),
}

impl Fault {
    pub(crate) fn lies(change: impl Fn(&mut Value) + 'static) -> Self {
        Self::Lies(Box::new(change))
    }

    pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Self {
        Self::Instead(Ok(Response {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.to_owned(),
        }))
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self::Instead(Ok(answer(status, &body)))
    }

    /// What a proxy in front of a server in trouble says.
    pub(crate) fn html(status: u16) -> Self {
        Self::answer(status, "text/html", "<h1>Bad gateway</h1>")
    }

    pub(crate) fn offline() -> Self {
        Self::Instead(Err(HttpError::Unreachable("offline".into())))
    }
}

/// A JSON answer.
fn answer(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: vec![("content-type", "application/json; charset=utf-8".into())],
        body: body.to_string(),
    }
}

/// The network.
#[derive(Default)]
pub(crate) struct Server {
    clock: OnceCell<Rc<SettableClock>>,
    time: time::Time,
    state: RefCell<State>,
}

/// What the servers remember.
struct State {
    accounts: Vec<Account>,
    pushed: BTreeMap<String, Pushed>,
    codes: BTreeMap<String, Code>,
    granted: Vec<Granted>,
    nonces: BTreeMap<String, u32>,
    jtis: BTreeSet<String>,
    faults: Vec<(&'static str, Fault)>,
    log: Vec<String>,
    violations: Vec<String>,
    last_id: u32,
    /// Of access tokens, in seconds; absent for a server that does not say.
    lifetime: Option<u64>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: vec![ALICE, BOB, WANDA, MALLORY],
            pushed: BTreeMap::new(),
            codes: BTreeMap::new(),
            granted: Vec::new(),
            nonces: BTreeMap::new(),
            jtis: BTreeSet::new(),
            faults: Vec::new(),
            log: Vec::new(),
            violations: Vec::new(),
            last_id: 0,
            lifetime: Some(3600),
        }
    }
}

impl Server {
    /// Sets the clock, once.
    pub(crate) fn keep_time_by(&self, clock: Rc<SettableClock>) {
        assert!(self.clock.set(clock).is_ok(), "one clock is enough");
    }

    /// From now on, the first fault that was set for a request befalls it.
    pub(crate) fn fault(&self, asked: &'static str, fault: Fault) {
        self.state.borrow_mut().faults.push((asked, fault));
    }

    /// All is well again.
    pub(crate) fn heal(&self) {
        self.state.borrow_mut().faults.clear();
    }

    /// How many requests of a kind came, faulty ones included.
    pub(crate) fn count(&self, asked: &str) -> usize {
        let log = &self.state.borrow().log;
        log.iter().filter(|label| label.starts_with(asked)).count()
    }

    /// The requests since the last call, in their order.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state.borrow_mut().log)
    }

    /// What clients did wrong.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.state.borrow().violations.clone()
    }

    /// Asks for new nonces: every proof with an old one is refused once.
    pub(crate) fn change_nonces(&self) {
        for generation in self.state.borrow_mut().nonces.values_mut() {
            *generation += 1;
        }
    }

    /// How long access tokens last, in seconds; `None`: the server does not say.
    pub(crate) fn set_lifetime(&self, lifetime: Option<u64>) {
        self.state.borrow_mut().lifetime = lifetime;
    }

    /// Moves an account to another PDS.
    pub(crate) fn move_account(&self, account: &Account, pds: &'static str) {
        let mut state = self.state.borrow_mut();
        let found = state.accounts.iter_mut().find(|a| a.did == account.did);
        found.expect("an account").pds = pds;
    }

    /// The whole network as one function. It answers neither at once nor in one go, so that clients overtake each other.
    pub(crate) async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        yield_now().await;
        let (label, outcome) = self.decide(&request);
        yield_now().await;
        while self.holds(&label) {
            yield_now().await;
        }
        outcome
    }

    fn holds(&self, label: &str) -> bool {
        let faults = &self.state.borrow().faults;
        let fault = faults.iter().find(|(at, _)| label.starts_with(at));
        matches!(fault, Some((_, Fault::Held)))
    }

    fn decide(&self, request: &Request) -> (String, Result<Response, HttpError>) {
        let url = url::Url::parse(&request.url).expect("clients send to absolute URLs");
        let form = form(request.body.as_deref().unwrap_or_default());
        let mut label = format!(
            "{} {}{}",
            request.method,
            url.origin().ascii_serialization(),
            url.path()
        );
        if let Some(grant_type) = form.get("grant_type") {
            label = format!("{label} {grant_type}");
        }
        self.state.borrow_mut().log.push(label.clone());
        // Taken out while the server is at work, which has a state of its own to change.
        let fault = {
            let mut state = self.state.borrow_mut();
            let at = state.faults.iter().position(|(a, _)| label.starts_with(a));
            at.map(|at| (at, state.faults.remove(at)))
        };
        let outcome = match &fault {
            Some((_, (_, Fault::Instead(outcome)))) => outcome.clone(),
            Some((_, (_, Fault::Lost))) => {
                self.serve(request, &url, &form);
                Err(HttpError::Unreachable("connection lost".into()))
            }
            Some((_, (_, Fault::Lies(change)))) => {
                let mut response = self.serve(request, &url, &form);
                // A refusal (of a nonce, say) is no occasion to lie.
                if response.status < 300 {
                    let mut body = serde_json::from_str(&response.body).expect("JSON to change");
                    change(&mut body);
                    response.body = body.to_string();
                }
                Ok(response)
            }
            Some((_, (_, Fault::Held))) | None => Ok(self.serve(request, &url, &form)),
        };
        if let Some((at, fault)) = fault {
            self.state.borrow_mut().faults.insert(at, fault);
        }
        (label, outcome)
    }

    fn serve(
        &self,
        request: &Request,
        url: &url::Url,
        form: &BTreeMap<String, String>,
    ) -> Response {
        let origin = url.origin().ascii_serialization();
        match (request.method, origin.as_str(), url.path()) {
            ("GET", PDS | ISSUER | FOREIGN_ISSUER, "/xrpc/com.atproto.identity.resolveHandle") => {
                self.resolve_handle(url)
            }
            ("GET", PLC, path) => {
                self.did_document(&path[1..].replace("%3A", ":"), "application/did+ld+json")
            }
            ("GET", origin, "/.well-known/did.json") => {
                let did = origin.replace("https://", "did:web:");
                self.did_document(&did, "application/json")
            }
            ("GET", origin, "/.well-known/oauth-protected-resource") => {
                published(documents::resource_metadata(origin))
            }
            ("GET", origin, "/.well-known/oauth-authorization-server") => {
                published(documents::server_metadata(origin))
            }
            ("HEAD", "https://app.example.com", "/cb") => self.own_page(),
            (_, origin, path) if path.starts_with("/xrpc/") => self.xrpc_answer(origin, request),
            ("POST", ISSUER, path) => self.endpoint(ISSUER, path, request, form),
            ("POST", FOREIGN_ISSUER, path) => self.endpoint(FOREIGN_ISSUER, path, request, form),
            (method, ..) => {
                self.blame(format!("a {method} to {url}"));
                answer(404, &json!({}))
            }
        }
    }

    fn resolve_handle(&self, url: &url::Url) -> Response {
        let handle = url.query_pairs().find(|(name, _)| name == "handle");
        let handle = handle.expect("a handle to resolve").1;
        let state = self.state.borrow();
        match state.accounts.iter().find(|a| a.handle == handle) {
            Some(account) => answer(200, &json!({ "did": account.did })),
            None => answer(
                400,
                &json!({ "error": "InvalidRequest", "message": "Unable to resolve handle" }),
            ),
        }
    }

    fn did_document(&self, did: &str, content_type: &str) -> Response {
        let state = self.state.borrow();
        let account = state.accounts.iter().find(|a| a.did == did);
        let mut response = published(account.map(Account::document));
        response.headers = vec![("content-type", content_type.to_owned())];
        response
    }

    /// Writes down what a client did wrong.
    fn blame(&self, what: String) {
        self.state.borrow_mut().violations.push(what);
    }

    /// A text that no other call gives.
    fn unique(&self, prefix: &str) -> String {
        let mut state = self.state.borrow_mut();
        state.last_id += 1;
        format!("{prefix}-{}", state.last_id)
    }
}

fn published(document: Option<Value>) -> Response {
    match document {
        Some(document) => answer(200, &document),
        None => answer(404, &json!({ "message": "not found" })),
    }
}

/// The fields of a form, or of a query. A field that comes twice is a mistake of the client's.
pub(crate) fn form(text: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let twice = fields.insert(name.to_string(), value.to_string());
        assert_eq!(twice, None, "{name} comes twice in {text}");
    }
    fields
}

/// Lets everyone else go on first.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
