//! The scope that is asked for, before anybody is asked.

use crate::server::{ALICE, Fault, asked};
use crate::world::{World, options};
use atproto_oauth_wasm::{
    AuthorizeOptions, ClientMetadata, ClientOptions, ConfigError, Error, ErrorKind, Json, Step, Url,
};
use serde_json::json;

/// Asks for a scope, of a client that registered another.
fn ask(world: &World, registered: &str, asked: &str) -> Result<Url, Error> {
    let metadata = json!({
        "client_id": "https://app.example.com/client.json",
        "redirect_uris": ["https://app.example.com/cb"],
        "scope": registered,
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    });
    let metadata = Json::parse(&metadata.to_string()).expect("JSON");
    ask_with(
        world,
        ClientMetadata::judge(metadata).expect("metadata"),
        asked,
    )
}

fn ask_with(world: &World, metadata: ClientMetadata, asked: &str) -> Result<Url, Error> {
    let with = ClientOptions {
        metadata,
        ..options()
    };
    let tab = world.tab_with(with, |_| ());
    let options = AuthorizeOptions {
        scope: Some(asked.to_owned()),
        ..AuthorizeOptions::default()
    };
    world.run(tab.client.authorize(ALICE.did, &options, &|_| ()))
}

const REGISTERED: &str =
    "atproto repo:app.bsky.feed.post?action=create&action=delete transition:generic";

/// As the reference server does it: token by token, and each to the letter.
#[test]
fn what_is_not_registered_is_named_before_anything_is_sent() {
    for (registered, asked, missing) in [
        (
            "atproto",
            "atproto transition:generic",
            "transition:generic",
        ),
        (
            REGISTERED,
            "atproto transition:chat.bsky",
            "transition:chat.bsky",
        ),
        (REGISTERED, "atproto repo:*", "repo:*"),
        // Less than what is registered, or the same in other words, is another token.
        (
            REGISTERED,
            "atproto repo:app.bsky.feed.post?action=create",
            "repo:app.bsky.feed.post?action=create",
        ),
        (
            REGISTERED,
            "atproto repo:app.bsky.feed.post?action=delete&action=create",
            "repo:app.bsky.feed.post?action=delete&action=create",
        ),
        (
            "atproto repo:*",
            "atproto repo:app.bsky.feed.post",
            "repo:app.bsky.feed.post",
        ),
        (REGISTERED, "atproto transition", "transition"),
        (
            REGISTERED,
            "atproto Transition:generic",
            "Transition:generic",
        ),
        (
            REGISTERED,
            "atproto\ttransition:generic",
            "atproto\ttransition:generic",
        ),
        (REGISTERED, "x y atproto", "x"),
    ] {
        let world = World::new();
        let error = ask(&world, registered, asked).expect_err(asked);
        let expected = ConfigError::ScopeNotRegistered(missing.to_owned());
        assert_eq!(error.kind(), &ErrorKind::Config(expected), "{asked}");
        assert_eq!(error.code(), "SCOPE_NOT_REGISTERED");
        assert_eq!(error.step(), Step::Input);
        assert!(error.to_string().contains(missing), "{error}");
        assert!(error.help().contains("scope of the client metadata"));
        assert!(!error.is_retryable());
        assert_eq!(world.server.count(asked::ANYTHING), 0, "{asked}");
        assert_eq!(world.origin.pending_logins(), 0);
    }
}

#[test]
fn a_request_without_atproto_is_refused_as_servers_do() {
    for asked in ["transition:generic", "", " "] {
        let world = World::new();
        let error = ask(&world, REGISTERED, asked).expect_err(asked);
        let expected = ErrorKind::Config(ConfigError::AskedWithoutAtproto);
        assert_eq!(error.kind(), &expected, "{asked}");
        assert_eq!(error.code(), "CLIENT_LACKS_ATPROTO_SCOPE");
        assert_eq!(world.server.count(asked::ANYTHING), 0, "{asked}");
    }
}

#[test]
fn what_a_server_takes_is_sent_as_it_is() {
    for asked in [
        "atproto",
        "transition:generic atproto",
        "atproto atproto",
        "atproto repo:app.bsky.feed.post?action=create&action=delete",
        REGISTERED,
    ] {
        let world = World::new();
        let url = ask(&world, REGISTERED, asked).expect(asked);
        assert_eq!(world.server.pushed(&url)["scope"], asked);
    }
}

/// What such a client may ask for is in its id.
#[test]
fn a_loopback_client_is_held_to_its_id() {
    let loopback = |id| ClientMetadata::of_loopback_id(id).expect("a loopback id");
    for (id, asked, missing) in [
        (
            "http://localhost",
            "atproto transition:generic",
            Some("transition:generic"),
        ),
        (
            "http://localhost?scope=atproto%20transition:generic",
            "atproto repo:*",
            Some("repo:*"),
        ),
        ("http://localhost", "atproto", None),
        (
            "http://localhost?scope=atproto+transition:generic",
            "atproto transition:generic",
            None,
        ),
    ] {
        let world = World::new();
        // The scripted server knows another client: that it is asked is what counts.
        world.server.fault(asked::PAR, Fault::offline());
        let outcome = ask_with(&world, loopback(id), asked);
        match missing {
            Some(missing) => {
                let error = outcome.expect_err(id);
                let expected = ConfigError::ScopeNotRegistered(missing.to_owned());
                assert_eq!(error.kind(), &ErrorKind::Config(expected), "{id}");
            }
            None => assert_eq!(world.server.count(asked::PAR), 1, "{id}"),
        }
    }
}
