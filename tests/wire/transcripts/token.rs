//! Token responses (RFC 6749 section 5.1): for a code, each rule must hold; at a refresh, what can be used is kept.

use crate::server::{ALICE, Fault, asked};
use crate::world::{World, ended, kind};
use atproto_oauth_wasm::ports::StorageError;
use atproto_oauth_wasm::{ErrorKind, PeerError, Refresh, Secret, SessionEnd, Step};
use serde_json::{Value, json};

/// Members, and values with which they break a rule.
fn broken() -> Vec<(&'static str, Vec<Value>)> {
    let no_text = vec![json!(null), json!(7), json!(["atproto"])];
    vec![
        (
            "token_type",
            vec![json!(null), json!("Bearer"), json!("DPoP ")],
        ),
        ("access_token", no_text.clone()),
        ("refresh_token", vec![json!(7), json!({})]),
        (
            "scope",
            [
                no_text,
                vec![json!(""), json!("atprotox"), json!("transition:generic")],
            ]
            .concat(),
        ),
        (
            "sub",
            vec![
                json!(null),
                json!("alice.example.com"),
                json!("did:key:z6Mk"),
                json!("did:plc:short"),
            ],
        ),
        ("expires_in", vec![json!("3600"), json!(-1), json!([])]),
        ("id_token", vec![json!("ey.ey.s"), json!({})]),
    ]
}

#[test]
fn answers_that_break_a_rule() {
    for (member, values) in broken() {
        for value in values {
            let what = format!("{member} is {value}");
            let expected = ErrorKind::Peer(PeerError::InvalidToken(member));
            let lie = move |body: &mut Value| body[member] = value.clone();

            let world = World::new();
            let tab = world.tab();
            let params = world.consented(&tab, &ALICE);
            world.server.fault(asked::TOKEN, Fault::lies(lie.clone()));
            let failure = world.callback(&tab, &params).expect_err(&what);
            assert_eq!(failure.kind(), &expected, "{what}");
            assert_eq!(failure.code(), "TOKEN_RESPONSE_INVALID", "{what}");
            assert_eq!(failure.step(), Step::Token, "{what}");
            assert!(world.stored(&ALICE).is_none(), "{what}");
            let granted = world.server.sessions_of(&ALICE);
            assert_eq!(granted, 0, "{what}: what is not used is revoked");
        }
    }
}

/// The refresh token that was sent is spent: an answer is not thrown away for its form.
#[test]
fn an_answer_to_a_refresh_is_used_as_far_as_it_can_be() {
    let member = |name, value: Value| move |body: &mut Value| body[name] = value.clone();
    for (what, lie) in [
        ("another case", member("token_type", json!("dPoP"))),
        ("no scope", member("scope", json!(null))),
        (
            "another scope",
            member("scope", json!("transition:generic")),
        ),
        ("no account", member("sub", json!(null))),
        ("an account that is none", member("sub", json!("alice"))),
        ("a time that is none", member("expires_in", json!("3600"))),
        ("an ID token", member("id_token", json!("ey.ey.s"))),
        (
            "a refresh token that is none",
            member("refresh_token", json!(7)),
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        let seen = session.token_id();
        world.server.fault(asked::REFRESH, Fault::lies(lie));
        world.run(session.token_info(Refresh::Force)).expect(what);
        assert_ne!(session.token_id(), seen, "{what}");
        assert_eq!(world.status(&session), Ok(200), "{what}");
        let stored = world.stored(&ALICE).expect(what);
        assert!(stored.refresh_started_at.is_none(), "{what}");
    }
    for (what, lie) in [
        ("another type", member("token_type", json!("Bearer"))),
        ("no type", member("token_type", json!(null))),
        ("no access token", member("access_token", json!(null))),
        ("an empty access token", member("access_token", json!(""))),
    ] {
        let world = World::new();
        let tab = world.tab();
        let session = world.sign_in(&tab, &ALICE);
        world.server.fault(asked::REFRESH, Fault::lies(lie));
        let failure = world
            .run(session.token_info(Refresh::Force))
            .expect_err(what);
        assert_eq!(failure.code(), "TOKEN_RESPONSE_INVALID", "{what}");
        assert_eq!(failure.step(), Step::Refresh, "{what}");
        world.server.heal();
        // The new refresh token was stored.
        assert_eq!(world.status(&session), Ok(200), "{what}");
        assert_eq!(tab.heard.take_ends(), [], "{what}");
    }
}

/// Held by `tests/package/stored-tokens.test.mjs` as well, for rows.
fn tokens() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../spec/tokens.json")).expect("a table")
}

#[test]
fn tokens_are_what_the_table_says() {
    for case in tokens() {
        for (member, is_good) in [
            ("access_token", &case["access"]),
            ("refresh_token", &case["refresh"]),
        ] {
            let token = case["token"].clone();
            let world = World::new();
            let tab = world.tab();
            let params = world.consented(&tab, &ALICE);
            let lie = move |body: &mut Value| body[member] = token.clone();
            world.server.fault(asked::TOKEN, Fault::lies(lie));
            let outcome = world.callback(&tab, &params);
            if is_good == &json!(true) {
                outcome.expect("a session");
                continue;
            }
            let failure = outcome.expect_err("no session");
            let expected = ErrorKind::Peer(PeerError::InvalidToken(member));
            assert_eq!(failure.kind(), &expected, "{member}: {case}");
            assert!(world.stored(&ALICE).is_none(), "{member}: {case}");
        }
    }
}

/// The other of the two is stored.
#[test]
fn a_refresh_gives_tokens_that_are_what_the_table_says() {
    for case in tokens() {
        for (member, is_good) in [
            ("access_token", &case["access"]),
            ("refresh_token", &case["refresh"]),
        ] {
            let token = case["token"].clone();
            let world = World::new();
            let session = world.sign_in(&world.tab(), &ALICE);
            let before = world.stored(&ALICE).expect("a row").tokens;
            let lie = move |body: &mut Value| body[member] = token.clone();
            world.server.fault(asked::REFRESH, Fault::lies(lie));
            let outcome = world.run(session.token_info(Refresh::Force));
            let is_good = is_good == &json!(true);
            assert_eq!(
                outcome.is_ok(),
                is_good || member == "refresh_token",
                "{case}"
            );
            let after = world.stored(&ALICE).expect("a row").tokens;
            let is_new = match member {
                "access_token" => {
                    assert_ne!(after.refresh_token, before.refresh_token, "{case}");
                    after.access_token != before.access_token
                }
                _ => after.refresh_token != before.refresh_token,
            };
            assert_eq!(is_new, is_good, "{member}: {case}");
        }
    }
}

/// As some other code may have stored them.
#[test]
fn a_row_with_an_access_token_that_is_none_is_corrupt_and_can_be_signed_out() {
    for case in tokens() {
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        let token = Secret::new(case["token"].as_str().expect("a text").to_owned());
        world.change_stored(&ALICE, |row| row.tokens.access_token = token);
        let tab = world.tab();
        let restored = world.restore(&tab, &ALICE, Refresh::Auto);
        if case["access"] == json!(true) {
            restored.expect("a session");
            continue;
        }
        let expected = ErrorKind::Storage(StorageError::Corrupt("access_token"));
        assert_eq!(kind(restored), expected, "{case}");
        assert_eq!(kind(world.init(&tab)), expected, "{case}");
        assert!(world.stored(&ALICE).is_some(), "{case}");
        world.run(tab.client.revoke(ALICE.did)).expect("signed out");
        assert!(world.stored(&ALICE).is_none(), "{case}");
    }
}

/// The access token serves as long as it lasts.
#[test]
fn a_row_with_a_refresh_token_that_is_none_cannot_be_refreshed() {
    for case in tokens() {
        if case["refresh"] == json!(true) {
            continue;
        }
        let world = World::new();
        world.sign_in(&world.tab(), &ALICE);
        let token = Secret::new(case["token"].as_str().expect("a text").to_owned());
        world.change_stored(&ALICE, |row| row.tokens.refresh_token = Some(token));
        let tab = world.tab();
        let session = world.restore(&tab, &ALICE, Refresh::Auto);
        let session = session.expect("a session");
        assert_eq!(world.status(&session), Ok(200), "{case}");
        let refreshed = world.run(session.token_info(Refresh::Force));
        let end = ended(&ALICE, SessionEnd::NotRefreshable);
        assert_eq!(kind(refreshed), end, "{case}");
        assert_eq!(world.server.count(asked::REFRESH), 0, "{case}");
    }
}

#[test]
fn answers_may_differ_in_what_is_not_demanded() {
    for (what, change, expires_in) in [
        (
            "no time",
            (|body| body["expires_in"] = json!(null)) as fn(&mut Value),
            None,
        ),
        (
            "a time in parts",
            |body| body["expires_in"] = json!(1.5),
            Some(1_500),
        ),
        (
            "more scope",
            |body| body["scope"] = json!("transition:generic atproto"),
            Some(3_600_000),
        ),
        (
            "members nobody knows",
            |body| body["x"] = json!({}),
            Some(3_600_000),
        ),
        (
            "a type in another case",
            |body| body["token_type"] = json!("dpop"),
            Some(3_600_000),
        ),
        (
            "no refresh token",
            |body| body["refresh_token"] = json!(null),
            Some(3_600_000),
        ),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.server.fault(asked::TOKEN, Fault::lies(change));
        let session = world.sign_in(&tab, &ALICE);
        let info = world.run(session.token_info(Refresh::Never)).expect(what);
        let now = tab.ports.clock.now();
        assert_eq!(info.expires_at, expires_in.map(|ms| now + ms), "{what}");
    }
}

#[test]
fn a_refusal_of_the_code_is_the_server_s() {
    let world = World::new();
    let tab = world.tab();
    let params = world.consented(&tab, &ALICE);
    let refusal = json!({ "error": "invalid_grant", "error_description": "Code expired" });
    world.server.fault(asked::TOKEN, Fault::json(400, refusal));
    let failure = world.callback(&tab, &params).expect_err("no");
    assert_eq!(
        failure.to_string(),
        r#"OAuth "invalid_grant" error: Code expired"#
    );
    assert_eq!(failure.code(), "OAUTH_REFUSED");
    assert!(matches!(
        kind(world.callback(&tab, &params)),
        ErrorKind::Callback(_)
    ));
}
