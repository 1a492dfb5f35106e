//! What strangers send, in every shape: nothing may panic, and what is accepted must keep its own promises.

use crate::server::{ALICE, Fault, asked};
use crate::world::{World, url};
use atproto_oauth_wasm::{ClientMetadata, Did, ErrorKind, Handle, Input, Json, Url};
use serde_json::{Value, json};

/// A small generator (xorshift64*): the same cases on every run, and none of a crate's weight.
struct Cases(u64);

impl Cases {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    /// A text that is nearly one of the seeds: characters replaced, doubled, dropped, texts cut and joined.
    fn near(&mut self, seeds: &[&str]) -> String {
        const SPICE: &[char] = &[
            '.', '-', ':', '/', '%', '&', '=', '#', '?', '@', '\\', '"', '{', ' ', '\0', 'a', 'Z',
            '0', '3', 'A', 'é', '💩', '\u{202e}', '\u{200b}', '\u{a0}', '\u{ff20}', '\u{3002}',
        ];
        let seed = seeds[self.below(seeds.len())];
        let mut text: Vec<char> = seed.chars().collect();
        for _ in 0..self.below(5) {
            let at = self.below(text.len() + 1);
            let c = SPICE[self.below(SPICE.len())];
            match self.below(4) {
                0 if at < text.len() => text[at] = c,
                1 if at < text.len() => drop(text.remove(at)),
                2 => text.truncate(at),
                _ => text.insert(at, c),
            }
        }
        text.into_iter().collect()
    }
}

#[test]
fn identifiers() {
    let mut cases = Cases(1);
    let seeds = [
        "alice.example.com",
        "did:plc:z72i7hdynmk6r22z27h6tvur",
        "did:web:localhost%3A3000",
        "did:web:example.com",
        "https://pds.example.com/",
        "a-b.c--d.ef",
        "@at://Alice.example.com/a",
    ];
    let mut accepted = [0; 4];
    for _ in 0..20_000 {
        let text = cases.near(&seeds);
        if let Ok(handle) = Handle::parse(&text) {
            accepted[0] += 1;
            assert_eq!(handle.as_str(), text.to_ascii_lowercase());
            assert_eq!(Handle::parse(handle.as_str()), Ok(handle.clone()));
            assert!(
                url(&format!("https://{handle}/")).pathname() == "/",
                "{text}"
            );
        }
        if let Ok(did) = Did::parse(&text) {
            accepted[1] += 1;
            assert_eq!(did.as_str(), text);
        }
        let meant = Input::normalize(&text);
        assert_eq!(Input::normalize(&meant), meant, "{text:?}");
        match Input::parse(&text) {
            Ok(Input::Handle(handle)) => assert_eq!(handle.as_str(), meant),
            Ok(Input::Did(did)) => assert_eq!(did.as_str(), meant),
            Ok(Input::Service(url)) => {
                accepted[2] += 1;
                assert!(url.is_web(), "{text}");
            }
            Err(_) => accepted[3] += 1,
        }
    }
    assert!(accepted.iter().all(|times| *times > 500), "{accepted:?}");
}

#[test]
fn urls() {
    let mut cases = Cases(2);
    let seeds = [
        "https://user:secret@pds.example.com:8443/a/b?c=d#e",
        "http://[::1]:3000/",
        "com.example.app:/cb",
        "data:text/plain,x",
        "//pds.example.com",
    ];
    let base = url("https://pds.example.com/xrpc/");
    let mut accepted = 0;
    for _ in 0..20_000 {
        let text = cases.near(&seeds);
        for parsed in [Url::parse(&text), base.join(&text)].into_iter().flatten() {
            accepted += 1;
            assert_eq!(Url::parse(parsed.as_str()).as_ref(), Some(&parsed));
            assert!(parsed.as_str().starts_with(parsed.without_query()));
            let independent = url::Url::parse(parsed.as_str()).expect("a URL");
            assert_eq!(parsed.query(), independent.query(), "{text}");
            assert_eq!(parsed.fragment(), independent.fragment(), "{text}");
            let named = !independent.username().is_empty() || independent.password().is_some();
            assert_eq!(parsed.has_credentials(), named, "{text}");
            assert_eq!(parsed.scheme(), independent.scheme(), "{text}");
            let port = independent.port().map(|port| port.to_string());
            if parsed.is_web() {
                assert_eq!(parsed.port(), port.as_deref(), "{text}");
            }
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

#[test]
fn callbacks() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let mut cases = Cases(3);
    let mut kept = 0;
    for _ in 0..2_000 {
        let text = cases.near(&[
            "state=a&code=b&iss=https%3A%2F%2Fc",
            "error=x&state=%",
            &params,
        ]);
        let state = crate::server::form(&params)["state"].clone();
        if text.contains(&state) {
            continue;
        }
        kept += 1;
        let failure = world.callback(&tab, &text).expect_err("no sign-in");
        assert!(matches!(failure.kind(), ErrorKind::Callback(_)), "{text}");
    }
    assert!(kept > 1_000, "{kept}");
    assert_eq!(world.server.count(asked::TOKEN), 0);
    assert!(world.callback(&tab, &params).is_ok());
}

#[test]
fn client_metadata() {
    let mut cases = Cases(4);
    let ids = [
        "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2F&scope=atproto",
        "http://localhost/",
        "https://app.example.com/client.json",
    ];
    let mut accepted = 0;
    for _ in 0..5_000 {
        let id = cases.near(&ids);
        if let Ok(metadata) = ClientMetadata::of_loopback_id(&id) {
            accepted += 1;
            assert!(metadata.is_loopback(), "{id}");
            assert_eq!(metadata.client_id, id);
            assert!(
                metadata.scope.split(' ').any(|scope| scope == "atproto"),
                "{id}"
            );
            for uri in &metadata.redirect_uris {
                assert!(
                    ["127.0.0.1", "[::1]"].contains(&url(uri).hostname()),
                    "{id}"
                );
            }
        }
    }
    assert!(accepted > 100, "{accepted}");
}

/// Values that stand where others belong.
fn strange() -> [Value; 12] {
    [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("💩"),
        json!("https://evil.example.com"),
        json!([]),
        json!(["x", 2]),
        json!({}),
        json!([null]),
        json!({ "toString": 1, "length": -1 }),
    ]
}

/// Every member of every document, in turn replaced by every strange value and left out: a sign-in fails or succeeds,
/// but it panics nowhere, and where it fails it leaves nothing.
#[test]
fn documents_with_one_member_changed() {
    for (at, members) in [
        (asked::HANDLE, &["did"][..]),
        (
            asked::ALICE_DID,
            &["id", "alsoKnownAs", "service", "@context"],
        ),
        (asked::RESOURCE, &["resource", "authorization_servers"]),
        (
            asked::METADATA,
            &[
                "issuer",
                "authorization_endpoint",
                "token_endpoint",
                "pushed_authorization_request_endpoint",
                "revocation_endpoint",
                "scopes_supported",
                "response_types_supported",
                "code_challenge_methods_supported",
                "dpop_signing_alg_values_supported",
                "token_endpoint_auth_methods_supported",
                "token_endpoint_auth_signing_alg_values_supported",
                "authorization_response_iss_parameter_supported",
                "require_pushed_authorization_requests",
                "client_id_metadata_document_supported",
                "protected_resources",
            ],
        ),
    ] {
        for member in members {
            for value in strange() {
                let world = World::new();
                let tab = world.tab();
                let shown = format!("{at} {member} {value}");
                world.server.fault("POST", Fault::offline());
                let change = move |doc: &mut Value| doc[*member] = value.clone();
                world.server.fault(at, Fault::lies(change));
                let failure = world.authorize(&tab, ALICE.handle).expect_err(&shown);
                let before_par = world.server.count("POST") == 0;
                let judged = matches!(failure.kind(), ErrorKind::Identity(_) | ErrorKind::Peer(_));
                assert_eq!(judged, before_par, "{shown}: {failure:?}");
                assert_eq!(world.origin.pending_logins(), 0, "{shown}");
            }
        }
    }
}

#[test]
fn texts_that_are_nearly_json() {
    let mut cases = Cases(5);
    let seeds = [
        r#"{"a":[1,25,"x\u00e9\n",null,true],"b":{"c":"d"}}"#,
        "[[[[]]]]",
    ];
    let mut accepted = 0;
    for _ in 0..10_000 {
        let text = cases.near(&seeds);
        if let Some(json) = Json::parse(&text) {
            accepted += 1;
            assert_eq!(Json::parse(&json.text()).as_ref(), Some(&json), "{text}");
            assert!(json.get("no such member").is_none());
        }
    }
    assert!(accepted > 1_000, "{accepted}");
    let deep = "[".repeat(100_000);
    assert!(Json::parse(&deep).is_none());
}
