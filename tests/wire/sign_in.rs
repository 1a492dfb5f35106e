//! The beginning of a sign-in, by every kind of input.

use crate::server::{ALICE, FOREIGN_ISSUER, Fault, ISSUER, MALLORY, PDS, WANDA, asked};
use crate::store::forward;
use crate::world::{CLIENT_ID, REDIRECT_URI, Tab, World, kind, options};
use atproto_oauth_wasm::ports::{Crypto, Local, Signer, StorageError};
use atproto_oauth_wasm::ports::{KeyError, PendingLogin, Store};
use atproto_oauth_wasm::{
    AuthorizeOptions, ClientOptions, ConfigError, ErrorKind, HttpError, IdentityError, PeerError,
    Step, Url,
};
use std::cell::RefCell;
use std::rc::Rc;

/// What a sign-in asks of the network, and in which order.
#[test]
fn every_kind_of_input_leads_to_the_server() {
    let handle = [
        asked::HANDLE,
        asked::ALICE_DID,
        asked::RESOURCE,
        asked::METADATA,
    ];
    let by_server = &handle[2..];
    let issuer = [
        "GET https://issuer.example.com/.well-known/oauth-protected-resource",
        asked::METADATA,
    ];
    let wanda = [
        asked::WANDA_DID,
        "GET https://pds2.example.com/.well-known/oauth-protected-resource",
        asked::METADATA,
    ];
    for (input, requests, hint) in [
        ("alice.example.com", &handle[..], Some("alice.example.com")),
        ("ALICE.Example.com", &handle, Some("alice.example.com")),
        (
            "\u{202a}@alice.example.com\u{202c} ",
            &handle,
            Some("alice.example.com"),
        ),
        (
            "at://alice.example.com/",
            &handle,
            Some("alice.example.com"),
        ),
        (ALICE.did, &handle[1..], Some(ALICE.did)),
        (WANDA.did, &wanda, Some(WANDA.did)),
        (PDS, by_server, None),
        ("https://pds.example.com/xrpc?x#y", by_server, None),
        ("HTTPS://PDS.example.com", by_server, None),
        (ISSUER, &issuer, None),
        ("Https://issuer.example.com/", &issuer, None),
    ] {
        let world = World::new();
        let tab = world.tab();
        let url = world.authorize(&tab, input).expect(input);
        let mut log = world.server.take_log();
        // Whether the server that resolves handles is the account's as well: beside all the rest.
        log.retain(|request| request != LOOKED_AHEAD);
        let (resolution, par) = log.split_at(log.len() - 2);
        assert_eq!(resolution, requests, "{input}");
        // Twice: the server's nonce is learned from its refusal.
        assert_eq!(par, [asked::PAR, asked::PAR], "{input}");
        let pushed = world.server.pushed(&url);
        assert_eq!(
            pushed.get("login_hint").map(String::as_str),
            hint,
            "{input}"
        );
        assert_eq!(world.origin.pending_logins(), 1, "{input}");
    }
}

/// The metadata of the server that resolves handles, which is not [`ALICE`]'s authorization server by itself.
const LOOKED_AHEAD: &str = "GET https://pds.example.com/.well-known/oauth-authorization-server";

/// A page whose handles are resolved by the authorization server of most accounts.
fn resolved_by_issuer(world: &World) -> Tab {
    let options = ClientOptions {
        handle_resolver: Some(crate::world::url(ISSUER)),
        ..options()
    };
    world.tab_with(options, |_| ())
}

/// Where handles are resolved by the account's own authorization server, as most are, three round trips do.
#[test]
fn metadata_and_nonce_are_had_while_the_account_is_looked_up() {
    let world = World::new();
    let tab = resolved_by_issuer(&world);
    let url = world.authorize(&tab, ALICE.handle).expect("a sign-in");
    assert_eq!(
        world.server.take_log(),
        [
            "GET https://issuer.example.com/xrpc/com.atproto.identity.resolveHandle",
            asked::METADATA,
            asked::ALICE_DID,
            asked::PAR,
            asked::RESOURCE,
            asked::PAR,
        ]
    );
    assert_eq!(world.server.pushed(&url)["login_hint"], ALICE.handle);
    assert_eq!(world.origin.pending_logins(), 1);
}

#[test]
fn the_request_is_pushed_while_the_pds_is_asked() {
    let world = World::new();
    let tab = resolved_by_issuer(&world);
    world.server.fault(asked::RESOURCE, Fault::Held);
    let pushed = async {
        // For the nonce, and all of it.
        while world.server.count(asked::PAR) < 2 {
            crate::server::yield_now().await;
        }
        world.server.heal();
    };
    let begun = async {
        let options = AuthorizeOptions::default();
        tab.client.authorize(ALICE.handle, &options, &|_| ()).await
    };
    let (url, ()) = world.run(futures::future::join(begun, pushed));
    url.expect("a sign-in");
    assert_eq!(world.server.count(asked::PAR), 2);
    assert_eq!(world.origin.pending_logins(), 1);
}

/// The account's server is another: what was pushed ahead is left to expire.
#[test]
fn a_request_pushed_to_the_wrong_server_is_not_used() {
    let world = World::new();
    let tab = resolved_by_issuer(&world);
    let url = world.authorize(&tab, MALLORY.handle).expect("a sign-in");
    assert_eq!(url.origin(), FOREIGN_ISSUER);
    assert_eq!(world.server.count(asked::PAR), 2, "in vain");
    let used = world
        .server
        .count("POST https://issuer.elsewhere.com/oauth/par");
    assert_eq!(used, 2, "its nonce was not known");
    assert_eq!(world.origin.pending_logins(), 1);
}

/// A DID is resolved elsewhere: the server that resolves handles has no business to know it.
#[test]
fn a_did_that_was_typed_is_not_pushed_ahead() {
    let world = World::new();
    let tab = resolved_by_issuer(&world);
    world.authorize(&tab, MALLORY.did).expect("a sign-in");
    assert_eq!(world.server.count(asked::PAR), 1, "for the nonce");
    let tab = resolved_by_issuer(&world);
    world.server.take_log();
    world.authorize(&tab, ALICE.did).expect("a sign-in");
    assert_eq!(world.server.count(asked::PAR), 2);
    let log = world.server.take_log();
    let last = log.last().map(String::as_str);
    assert_eq!(last, Some(asked::PAR), "once the nonce was known");
}

/// That server may well be another's, or none.
#[test]
fn looking_ahead_in_vain_changes_nothing() {
    for fault in [Fault::offline(), Fault::html(200), Fault::Held] {
        let world = World::new();
        world.server.fault(LOOKED_AHEAD, fault);
        let tab = world.tab();
        world.authorize(&tab, ALICE.handle).expect("a sign-in");
        assert_eq!(world.server.count(LOOKED_AHEAD), 1);
        assert_eq!(world.server.count(asked::PAR), 2);
    }
}

#[test]
fn the_pushed_request_says_this_and_no_more() {
    let world = World::new();
    let tab = world.tab();
    let options = AuthorizeOptions {
        state: Some("the app's own".into()),
        redirect_uri: Some("https://app.example.com/other".into()),
        scope: Some("atproto".into()),
        parameters: [
            ("prompt", "login"),
            ("state", "forged"),
            ("login_hint", "mallory.elsewhere.com"),
            ("popupName", "x"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
    };
    let url = world
        .run(tab.client.authorize(ALICE.handle, &options, &|_| ()))
        .expect("a sign-in begun");
    let mut pushed = world.server.pushed(&url);
    let challenge = pushed.remove("code_challenge").expect("a challenge");
    assert_eq!(challenge.len(), 43);
    let state = pushed.remove("state").expect("a state");
    assert_eq!(state.len(), 22);
    let rest: Vec<(&str, &str)> = pushed
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        rest,
        [
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
            ("login_hint", ALICE.handle),
            ("prompt", "login"),
            ("redirect_uri", "https://app.example.com/other"),
            ("response_mode", "fragment"),
            ("response_type", "code"),
            ("scope", "atproto"),
        ]
    );
    let params = world.server.consent(&url, &ALICE);
    let signed_in = world.callback(&tab, &params).expect("a sign-in");
    assert_eq!(signed_in.state.as_deref(), Some("the app's own"));
}

#[test]
fn by_default_the_registered_scope_and_the_first_redirect_uri_are_asked_for() {
    let world = World::new();
    let url = world.authorize(&world.tab(), ALICE.did).expect("begun");
    let pushed = world.server.pushed(&url);
    assert_eq!(pushed["scope"], "atproto transition:generic");
    assert_eq!(pushed["redirect_uri"], REDIRECT_URI);
}

#[test]
fn each_step_is_told_before_it_is_taken() {
    let world = World::new();
    let tab = world.tab();
    let steps = RefCell::new(Vec::new());
    let told = |step| steps.borrow_mut().push(step);
    let options = AuthorizeOptions::default();
    world
        .run(tab.client.authorize(ALICE.handle, &options, &told))
        .expect("begun");
    assert_eq!(
        *steps.borrow(),
        [
            Step::Handle,
            Step::Did,
            Step::Resource,
            Step::Issuer,
            Step::Par
        ]
    );
}

#[test]
fn documents_are_remembered_for_a_minute() {
    let world = World::new();
    let tab = world.tab();
    world.authorize(&tab, ALICE.handle).expect("begun");
    world.pass(59);
    world.authorize(&tab, ALICE.handle).expect("begun again");
    assert_eq!(world.server.count(asked::HANDLE), 1);
    assert_eq!(world.server.count(asked::METADATA), 1);
    world.pass(2);
    world.authorize(&tab, ALICE.handle).expect("begun anew");
    assert_eq!(world.server.count(asked::HANDLE), 2);
    assert_eq!(world.server.count(asked::METADATA), 2);
}

#[test]
fn a_document_that_was_refused_is_not_remembered() {
    let world = World::new();
    let tab = world.tab();
    world.server.fault(
        asked::ALICE_DID,
        Fault::lies(|doc| doc["service"] = serde_json::json!([])),
    );
    let no_pds = ErrorKind::Identity(IdentityError::NoPds(crate::world::did(&ALICE)));
    assert_eq!(kind(world.authorize(&tab, ALICE.did)), no_pds);
    world.server.heal();
    assert!(world.authorize(&tab, ALICE.did).is_ok());
}

#[test]
fn bad_input_costs_no_request() {
    let world = World::new();
    let tab = world.tab();
    for (input, judged) in [
        ("@alice", "alice"),
        ("", ""),
        ("al ice.example.com", "al ice.example.com"),
        ("did:key:z6Mk", "did:key:z6Mk"),
        (
            "\u{202a}al\u{a0}ice\0.example.com",
            "al\u{a0}ice\0.example.com",
        ),
    ] {
        let error = world.authorize(&tab, input).expect_err(input);
        let expected = IdentityError::InvalidHandle(judged.into());
        assert_eq!(error.kind(), &ErrorKind::Identity(expected));
        assert_eq!(error.step(), Step::Input);
        let found = world.run(tab.client.resolve_identity(input, true));
        assert_eq!(&kind(found), error.kind());
        let shown = judged.replace('\u{a0}', "\\u{a0}").replace('\0', "\\u{0}");
        assert_eq!(
            error.to_string(),
            format!("Invalid handle \"{shown}\" provided.")
        );
        let purpose = format!("Failed to resolve identity: {shown}");
        let found = error.purpose().map(ToString::to_string);
        assert_eq!(found, Some(purpose));
    }
    assert_eq!(
        kind(world.authorize(&tab, "https://")),
        ErrorKind::Identity(IdentityError::InvalidService("https://".into()))
    );
    assert_eq!(
        kind(world.authorize(&tab, "http://pds.example.com")),
        ErrorKind::Peer(PeerError::InsecureResource("http://pds.example.com".into()))
    );
    let options = AuthorizeOptions {
        redirect_uri: Some("https://app.example.com/unknown".into()),
        ..AuthorizeOptions::default()
    };
    assert_eq!(
        kind(world.run(tab.client.authorize(ALICE.did, &options, &|_| ()))),
        ErrorKind::Config(ConfigError::UnknownRedirectUri)
    );
    assert_eq!(world.server.count(asked::ANYTHING), 0);
    assert_eq!(world.origin.pending_logins(), 0);
}

#[test]
fn a_did_web_on_localhost_can_be_forbidden() {
    let world = World::new();
    let mut options = options();
    options.allow_http = Some(false);
    let tab = world.tab_with(options, |_| ());
    let did = atproto_oauth_wasm::Did::parse("did:web:localhost%3A3000").expect("a DID");
    assert_eq!(
        kind(world.authorize(&tab, did.as_str())),
        ErrorKind::Identity(IdentityError::InsecureDidWeb(did.clone()))
    );
    assert_eq!(world.server.count(asked::ANYTHING), 0);
}

#[test]
fn http_is_for_those_who_ask_for_it() {
    let world = World::new();
    let mut options = options();
    options.allow_http = Some(true);
    let tab = world.tab_with(options, |_| ());
    let resource = "GET http://localhost:2583/.well-known/oauth-protected-resource";
    let metadata = "GET http://localhost:2583/.well-known/oauth-authorization-server";
    world
        .server
        .fault(resource, Fault::json(404, serde_json::json!({})));
    world.server.fault(metadata, Fault::offline());
    let failure = world.authorize(&tab, "http://localhost:2583");
    assert_eq!(
        kind(failure),
        ErrorKind::Http(HttpError::Unreachable("offline".into()))
    );
    assert_eq!(
        world.server.count(metadata),
        2,
        "as PDS's own server, and as issuer"
    );
}

#[test]
fn leaving_for_the_server_and_coming_back_is_told() {
    let world = World::new();
    let tab = world.tab();
    let steps = RefCell::new(Vec::new());
    let told = |step| steps.borrow_mut().push(step);
    let options = AuthorizeOptions::default();
    let user = async {
        while tab.page.left_for().is_none() {
            futures::future::ready(()).await;
            crate::server::yield_now().await;
        }
        tab.page.show_again();
    };
    let sign_in = tab.client.sign_in(ALICE.did, &options, &told);
    let (outcome, ()) = world.run(futures::future::join(sign_in, user));
    assert_eq!(kind(outcome), ErrorKind::NavigatedBack);
    assert_eq!(steps.borrow().last(), Some(&Step::Redirect));
    let url = Url::parse(&tab.page.left_for().expect("left")).expect("a URL");
    assert_eq!(world.server.pushed(&url)["login_hint"], ALICE.did);
}

#[test]
fn a_failure_at_any_step_leaves_nothing_behind() {
    for (at, step) in [
        (asked::HANDLE, Step::Handle),
        (asked::ALICE_DID, Step::Did),
        (asked::RESOURCE, Step::Resource),
        (asked::METADATA, Step::Issuer),
        (asked::PAR, Step::Par),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.server.fault(at, Fault::offline());
        let error = world.authorize(&tab, ALICE.handle).expect_err(at);
        assert_eq!(error.step(), step);
        assert!(error.is_retryable());
        let asked = error.url().expect("an address");
        assert!(
            asked.starts_with(at.split(' ').nth(1).expect("a URL")),
            "{asked}"
        );
        assert_eq!(world.origin.pending_logins(), 0);
    }
}

/// No keys, as on an insecure page.
struct NoCrypto;

impl Crypto for NoCrypto {
    fn fill_random(&self, _: &mut [u8]) {}

    fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        Box::pin(async { Err(KeyError::Unavailable) })
    }

    fn sha256<'a>(&'a self, _: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        Box::pin(async { Err(KeyError::Unavailable) })
    }
}

/// No space left.
struct FullStore(Rc<dyn Store>);

impl Store for FullStore {
    forward!(0: settle, outlives_page, sessions, items);

    fn put_pending<'a>(
        &'a self,
        _: &'a str,
        _: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>> {
        Box::pin(async { Err(StorageError::Full) })
    }

    fn get_pending<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async { Err(StorageError::Full) })
    }

    fn take_pending<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>> {
        Box::pin(async { Err(StorageError::Full) })
    }

    fn pending_owner<'a>(&'a self, _: &'a str) -> Local<'a, Result<Option<String>, StorageError>> {
        Box::pin(async { Ok(None) })
    }
}

#[test]
fn a_host_that_cannot_is_named() {
    let world = World::new();
    let tab = world.tab_with(options(), |ports| ports.crypto = Rc::new(NoCrypto));
    assert_eq!(
        kind(world.authorize(&tab, ALICE.did)),
        ErrorKind::Key(KeyError::Unavailable)
    );
    assert_eq!(world.server.count(asked::PAR), 0);

    let tab = world.tab_with(options(), |ports| {
        ports.store = Rc::new(FullStore(ports.store.clone()));
    });
    let error = world.authorize(&tab, ALICE.did).expect_err("no space");
    assert_eq!(error.kind(), &ErrorKind::Storage(StorageError::Full));
    assert_eq!(error.step(), Step::Storage);
    assert_eq!(
        kind(world.callback(&tab, "state=x&code=y&iss=z")),
        ErrorKind::Storage(StorageError::Full)
    );
}

#[test]
fn an_account_elsewhere_leads_elsewhere() {
    let world = World::new();
    let tab = world.tab();
    let par = "POST https://issuer.elsewhere.com/oauth/par";
    world.server.fault(par, Fault::offline());
    let error = world.authorize(&tab, MALLORY.handle).expect_err("offline");
    assert_eq!(error.step(), Step::Par);
    assert_eq!(
        error.url(),
        Some(format!("{FOREIGN_ISSUER}/oauth/par").as_str())
    );
}
