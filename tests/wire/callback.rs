//! The end of a sign-in: what is accepted, and what becomes of tokens that are not.

use crate::server::{ALICE, BOB, FOREIGN_ISSUER, Fault, ISSUER, MALLORY, PDS, WANDA, asked};
use crate::world::{Event, World, did, kind};
use atproto_oauth_wasm::{
    AuthorizeOptions, CallbackError, ErrorKind, HttpError, IdentityError, PeerError, Refresh, Step,
    Url,
};
use serde_json::json;

/// A sign-in with the app's own state, begun with `input`; the URL of the consent page.
fn begun(world: &World, tab: &crate::world::Tab, input: &str) -> Url {
    let options = AuthorizeOptions {
        state: Some("mine".into()),
        ..AuthorizeOptions::default()
    };
    let url = world.run(tab.client.authorize(input, &options, &|_| ()));
    url.expect("a sign-in begun")
}

#[test]
fn a_sign_in_stores_one_session_and_tells_once() {
    let world = World::new();
    let tab = world.tab();
    let url = begun(&world, &tab, ALICE.handle);
    let params = world.server.consent(&url, &ALICE);
    world.server.take_log();
    let signed_in = world.callback(&tab, &params).expect("a sign-in");
    assert_eq!(signed_in.state.as_deref(), Some("mine"));
    assert_eq!(signed_in.session.did(), &did(&ALICE));
    // One request: the nonce of the pushed request was kept, and the account was verified when the flow began.
    assert_eq!(world.server.take_log(), [asked::TOKEN]);
    let token = world.stored(&ALICE).expect("a row").tokens.access_token;
    assert_eq!(
        tab.heard.take(),
        [Event::Updated(token.expose().to_owned())],
        "and no ending of a session that never was"
    );
    assert_eq!(world.origin.pending_logins(), 0);
    assert_eq!(world.status(&signed_in.session), Ok(200));
}

#[test]
fn the_token_s_facts_are_kept() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    let info = world
        .run(session.token_info(Refresh::Never))
        .expect("a session");
    let now = tab.ports.clock.now();
    assert_eq!(info.expires_at, Some(now + 3_600_000));
    assert_eq!(info.expired, Some(false));
    assert_eq!(
        (info.scope.as_str(), info.issuer.as_str()),
        ("atproto", ISSUER)
    );
    assert_eq!(info.audience, "https://pds.example.com/");
    assert_eq!(info.sub, did(&ALICE));
    let metadata = session.server_metadata().expect("metadata");
    assert_eq!(metadata.str("issuer").as_deref(), Some(ISSUER));
}

#[test]
fn what_is_no_answer_uses_nothing_up() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    for (text, error) in [
        ("response=ey.ey.s", CallbackError::Jarm),
        ("code=x&iss=y", CallbackError::NoState),
        ("error=access_denied", CallbackError::NoState),
        ("", CallbackError::NoState),
        (
            "state=other&code=x&iss=y",
            CallbackError::UnknownState("other".into()),
        ),
        ("code=x&code=x", CallbackError::Repeated("code")),
    ] {
        let failure = world.callback(&tab, text).expect_err(text);
        assert_eq!(failure.kind(), &ErrorKind::Callback(error), "{text}");
        assert_eq!(failure.step(), Step::Callback);
        assert_eq!(failure.callback().expect("a context").state, None);
    }
    assert_eq!(world.origin.pending_logins(), 1);
    assert!(world.callback(&tab, &params).is_ok());
}

/// Whichever of the two counts, another client or server could take the other for it (RFC 6749 section 3.1).
#[test]
fn a_parameter_that_comes_twice_is_refused_and_uses_nothing_up() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.server.take_log();
    for name in [
        "state",
        "code",
        "error",
        "iss",
        "response",
        "error_description",
        "error_uri",
    ] {
        for value in [crate::server::form(&params).get(name).cloned(), None] {
            let value = value.unwrap_or_else(|| "x".into());
            let more = url::form_urlencoded::Serializer::new(String::new())
                .append_pair(name, &value)
                .finish();
            for text in [
                format!("{params}&{more}&{more}"),
                format!("{more}&{params}&{more}"),
            ] {
                let failure = world.callback(&tab, &text).expect_err(name);
                let repeated = CallbackError::Repeated(name);
                assert_eq!(failure.kind(), &ErrorKind::Callback(repeated), "{text}");
                assert_eq!(failure.code(), "CALLBACK_PARAMETER_REPEATED");
                assert_eq!(failure.callback().expect("a context").state, None);
            }
        }
    }
    assert_eq!(world.server.take_log(), Vec::<String>::new());
    assert!(
        world
            .callback(&tab, &format!("{params}&own=1&own=2"))
            .is_ok(),
        "an app's own parameter"
    );
}

/// Anyone can send the user back with an error; only the server that was asked can end the sign-in by it.
#[test]
fn an_error_of_another_issuer_leaves_the_sign_in() {
    for (what, issuer, error) in [
        (
            "another issuer",
            Some("https://evil.example.com"),
            CallbackError::IssuerMismatch,
        ),
        (
            "the issuer with a slash",
            Some("https://issuer.example.com/"),
            CallbackError::IssuerMismatch,
        ),
        ("an empty issuer", Some(""), CallbackError::IssuerMismatch),
        ("no issuer", None, CallbackError::NoIssuer),
    ] {
        for name in ["error", "nothing"] {
            let world = World::new();
            let tab = world.tab();
            let url = begun(&world, &tab, ALICE.did);
            let params = world.server.consent(&url, &ALICE);
            let state = crate::server::form(&params)["state"].clone();
            let issuer = issuer.map(|issuer| format!("&iss={issuer}"));
            let text = format!("state={state}&{name}=x{}", issuer.unwrap_or_default());
            let failure = world.callback(&tab, &text).expect_err(what);
            assert_eq!(
                failure.kind(),
                &ErrorKind::Callback(error.clone()),
                "{what}"
            );
            let context = failure.callback().expect("a context");
            assert_eq!(context.state.as_deref(), Some("mine"), "{what}");
            assert_eq!(world.origin.pending_logins(), 1, "{what}");
            assert!(world.callback(&tab, &params).is_ok(), "{what}");
        }
    }
}

/// A pending sign-in is taken by one of them, after both have looked at it.
#[test]
fn of_two_tabs_with_a_refusal_one_gets_it() {
    let world = World::new();
    let (one, other) = (world.tab(), world.tab());
    let url = begun(&world, &one, ALICE.did);
    let params = world.server.deny(&url, "access_denied");
    let both = futures::future::join(
        one.client.callback(&params, None),
        other.client.callback(&params, None),
    );
    let (first, second) = world.run(both);
    let codes = [first, second].map(|outcome| outcome.expect_err("denied").code());
    assert_eq!(codes, ["ACCESS_DENIED", "CALLBACK_UNKNOWN_STATE"]);
}

#[test]
fn an_answer_is_good_once() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    world.callback(&tab, &params).expect("a sign-in");
    let state = crate::server::form(&params)["state"].clone();
    let replayed = ErrorKind::Callback(CallbackError::UnknownState(state));
    assert_eq!(kind(world.callback(&tab, &params)), replayed);
    assert_eq!(kind(world.callback(&world.tab(), &params)), replayed);
    assert_eq!(world.server.sessions_of(&ALICE), 1);
}

#[test]
fn an_answer_is_good_for_ten_minutes() {
    let world = World::new();
    let tab = world.tab();
    let (first, second) = (world.consented(&tab, &ALICE), world.consented(&tab, &BOB));
    world.pass(599);
    assert!(world.callback(&tab, &first).is_ok());
    world.pass(1);
    let state = crate::server::form(&second)["state"].clone();
    assert_eq!(
        kind(world.callback(&tab, &second)),
        ErrorKind::Callback(CallbackError::UnknownState(state))
    );
}

/// Each answer is used up, costs no token request, and gives the app its state back.
#[test]
fn wrong_answers_are_refused_before_the_code_is_sent() {
    for (what, change, error) in [
        (
            "another issuer",
            ("iss", Some("https://evil.example.com")),
            CallbackError::IssuerMismatch,
        ),
        (
            "the issuer with a slash",
            ("iss", Some("https://issuer.example.com/")),
            CallbackError::IssuerMismatch,
        ),
        ("no issuer", ("iss", None), CallbackError::NoIssuer),
        ("no code", ("code", None), CallbackError::NoCode),
        (
            "a refusal",
            ("error", Some("access_denied")),
            CallbackError::Refused {
                error: "access_denied".into(),
                description: None,
            },
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        let url = begun(&world, &tab, ALICE.did);
        let mut fields = crate::server::form(&world.server.consent(&url, &ALICE));
        match change {
            (name, Some(value)) => fields.insert(name.into(), value.into()),
            (name, None) => fields.remove(name),
        };
        let params = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let failure = world.callback(&tab, &params).expect_err(what);
        assert_eq!(failure.kind(), &ErrorKind::Callback(error), "{what}");
        let context = failure.callback().expect("a context");
        assert_eq!(context.state.as_deref(), Some("mine"), "{what}");
        assert_eq!(world.server.count(asked::TOKEN), 0, "{what}");
        assert_eq!(world.origin.pending_logins(), 0, "{what}");
        assert!(tab.heard.take().is_empty(), "{what}");
    }
}

#[test]
fn a_refusal_keeps_the_server_s_words() {
    for (error, code) in [
        ("access_denied", "ACCESS_DENIED"),
        ("invalid_scope", "AUTHORIZATION_REFUSED"),
    ] {
        let world = World::new();
        let tab = world.tab();
        let url = begun(&world, &tab, ALICE.did);
        let params = world.server.deny(&url, error);
        let failure = world.callback(&tab, &params).expect_err("denied");
        let refused = CallbackError::Refused {
            error: error.into(),
            description: Some("So it is".into()),
        };
        assert_eq!(failure.kind(), &ErrorKind::Callback(refused));
        assert_eq!(failure.code(), code);
        assert_eq!(failure.to_string(), "So it is");
    }
}

#[test]
fn another_account_than_the_one_typed_is_refused_and_its_tokens_revoked() {
    let world = World::new();
    let tab = world.tab();
    let url = begun(&world, &tab, ALICE.handle);
    let params = world.server.consent(&url, &BOB);
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Callback(CallbackError::AccountMismatch)
    );
    assert_eq!(world.server.count(asked::REVOKE), 1);
    assert_eq!(world.server.sessions_of(&BOB), 0);
    assert!(world.stored(&BOB).is_none());
    assert!(tab.heard.take().is_empty());
}

#[test]
fn a_server_may_choose_the_account_where_none_was_typed() {
    let world = World::new();
    let tab = world.tab();
    let url = begun(&world, &tab, ISSUER);
    let params = world.server.consent(&url, &BOB);
    let session = world.callback(&tab, &params).expect("a sign-in").session;
    assert_eq!(session.did(), &did(&BOB));
    assert_eq!(world.status(&session), Ok(200));
}

/// The PDS is asked beside the server, past every cache; the account's document says whether it is that one.
#[test]
fn the_pds_that_was_typed_is_asked_while_the_code_is_exchanged() {
    let world = World::new();
    for (account, resources) in [(&ALICE, 1), (&WANDA, 2)] {
        let tab = world.tab();
        let url = begun(&world, &tab, PDS);
        let params = world.server.consent(&url, account);
        world.server.take_log();
        let signed_in = world.callback(&tab, &params).expect("a sign-in");
        assert_eq!(signed_in.session.did(), &did(account));
        let mut log = world.server.take_log();
        assert_eq!(log[..2], [asked::TOKEN, asked::RESOURCE]);
        log.retain(|request| request.ends_with("/.well-known/oauth-protected-resource"));
        assert_eq!(log.len(), resources, "{}", account.handle);
    }
}

#[test]
fn a_server_may_not_claim_an_account_that_trusts_another() {
    let world = World::new();
    let tab = world.tab();
    let url = begun(&world, &tab, ISSUER);
    let params = world.server.consent(&url, &MALLORY);
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::NotAuthoritative {
            sub: did(&MALLORY),
            issuer: ISSUER.into(),
            found: FOREIGN_ISSUER.into(),
        }
    );
    assert_eq!(world.server.sessions_of(&MALLORY), 0);
    assert!(world.stored(&MALLORY).is_none());
}

#[test]
fn an_account_that_cannot_be_verified_is_refused_and_its_tokens_revoked() {
    let world = World::new();
    let tab = world.tab();
    let url = begun(&world, &tab, ISSUER);
    let params = world.server.consent(&url, &ALICE);
    world
        .server
        .fault(asked::ALICE_DID, Fault::json(404, json!({})));
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Identity(IdentityError::DidNotFound(did(&ALICE)))
    );
    assert_eq!(world.server.sessions_of(&ALICE), 0);
}

#[test]
fn an_account_is_verified_past_every_cache() {
    let world = World::new();
    let tab = world.tab();
    world.authorize(&tab, ALICE.handle).expect("all is known");
    let url = begun(&world, &tab, ISSUER);
    let params = world.server.consent(&url, &ALICE);
    world.server.take_log();
    world.callback(&tab, &params).expect("a sign-in");
    assert_eq!(
        world.server.take_log(),
        [asked::TOKEN, asked::ALICE_DID, asked::RESOURCE]
    );
}

#[test]
fn an_app_that_fails_while_it_is_told_has_no_session() {
    let world = World::new();
    let tab = world.tab();
    tab.heard.fails.set(true);
    let params = world.consented(&tab, &ALICE);
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Observer("the app's own trouble".into())
    );
    assert!(world.stored(&ALICE).is_none());
    assert_eq!(world.server.sessions_of(&ALICE), 0);
}

#[test]
fn an_app_that_fails_while_it_is_told_keeps_the_session_it_had() {
    let world = World::new();
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.fails.set(true);
    let params = world.consented(&tab, &ALICE);
    assert_eq!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Observer("the app's own trouble".into())
    );
    world.settle();
    assert_eq!(world.server.sessions_of(&ALICE), 1);
    tab.heard.fails.set(false);
    assert_eq!(world.status(&session), Ok(200));
    assert!(world.restore(&tab, &ALICE, Refresh::Force).is_ok());
}

#[test]
fn a_second_sign_in_replaces_the_first_and_revokes_it() {
    let world = World::new();
    let tab = world.tab();
    let first = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    let second = world.sign_in(&tab, &ALICE);
    assert_eq!(world.server.sessions_of(&ALICE), 1);
    assert_eq!(
        world.server.count(asked::REVOKE),
        1,
        "the account's nonce is known"
    );
    assert_eq!(world.status(&second), Ok(200));
    assert_eq!(world.status(&first), Ok(200), "it is the same account's");
    assert_eq!(tab.heard.take_ends(), []);
}

#[test]
fn another_redirect_uri_can_be_named() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let outcome = world.run(
        tab.client
            .callback(&params, Some("https://app.example.com/cb")),
    );
    assert!(outcome.is_ok());
}

#[test]
fn a_code_exchange_that_fails_leaves_nothing() {
    for (fault, expected) in [
        (
            Fault::offline(),
            ErrorKind::Http(HttpError::Unreachable("offline".into())),
        ),
        (Fault::html(502), ErrorKind::Http(HttpError::Status(502))),
        (
            Fault::lies(|body| body["token_type"] = json!("Bearer")),
            ErrorKind::Peer(PeerError::InvalidToken("token_type")),
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        let url = begun(&world, &tab, ALICE.did);
        let params = world.server.consent(&url, &ALICE);
        world.server.fault(asked::TOKEN, fault);
        let failure = world.callback(&tab, &params).expect_err("no tokens");
        assert_eq!(failure.kind(), &expected);
        assert_eq!(failure.step(), Step::Token);
        assert_eq!(
            failure.callback().expect("a context").state.as_deref(),
            Some("mine")
        );
        assert!(world.stored(&ALICE).is_none());
        assert_eq!(world.origin.pending_logins(), 0);
    }
}

#[test]
fn metadata_in_storage_is_judged_again() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let state = crate::server::form(&params)["state"].clone();
    world.change_pending(&state, |login| {
        login.server = atproto_oauth_wasm::Json::parse(r#"{"issuer":"https://evil.example.com"}"#);
    });
    world.server.take_log();
    world.pass(61);
    world.callback(&tab, &params).expect("a sign-in");
    let log = world.server.take_log();
    assert_eq!(log[..2], [asked::METADATA, asked::TOKEN]);
}
