//! What holds for every scope.

use crate::meaning::{COLLECTIONS, MEDIA_TYPES, METHODS, SERVICES, meaning};
use atproto_oauth_wasm::{
    AccountAction, AccountAttr, AccountPermission, BlobPermission, IdentityAttr, IncludePermission,
    Permission, RepoAction, RepoPermission, RpcPermission, Scope, Transition,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;

/// The same cases on every run.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}

fn with_wildcard(names: &[&'static str], wildcards: &[&'static str]) -> Vec<&'static str> {
    [names, wildcards].concat()
}

fn repo() -> impl Strategy<Value = Permission> {
    let collections = subsequence(with_wildcard(&COLLECTIONS, &["*"]), 1..=2);
    let actions = subsequence(RepoAction::ALL.to_vec(), 1..=3);
    (collections, actions).prop_map(|(collections, actions)| {
        Permission::Repo(RepoPermission::new(collections, actions).expect("a permission"))
    })
}

fn rpc() -> impl Strategy<Value = Permission> {
    let methods = subsequence(with_wildcard(&METHODS, &["*"]), 1..=3);
    let service = select(with_wildcard(&SERVICES, &["*"]));
    (methods, service).prop_filter_map("unlimited", |(methods, service)| {
        RpcPermission::new(methods, service)
            .ok()
            .map(Permission::Rpc)
    })
}

fn blob() -> impl Strategy<Value = Permission> {
    let patterns = with_wildcard(&MEDIA_TYPES, &["image/*", "text/*", "*/*"]);
    subsequence(patterns, 1..=3)
        .prop_map(|patterns| Permission::Blob(BlobPermission::new(patterns).expect("a permission")))
}

fn account() -> impl Strategy<Value = Permission> {
    let action = select(vec![AccountAction::Read, AccountAction::Manage]);
    (select(AccountAttr::ALL.to_vec()), action)
        .prop_map(|(attr, action)| Permission::Account(AccountPermission { attr, action }))
}

fn include() -> impl Strategy<Value = Permission> {
    let aud = proptest::option::of(select(SERVICES.map(str::to_owned).to_vec()));
    aud.prop_map(|aud| {
        Permission::Include(IncludePermission::new("com.example.auth", aud).expect("a permission"))
    })
}

/// A token that is not understood, as a server would grant it.
fn unknown() -> impl Strategy<Value = Permission> {
    let tokens = ["future:thing", "repo:com.example.note?since=1", "blob:*"];
    select(tokens.to_vec()).prop_map(|token| {
        let scope = Scope::parse(token).expect("a scope");
        scope.into_iter().next().expect("a permission")
    })
}

fn permission() -> impl Strategy<Value = Permission> {
    prop_oneof![
        4 => repo(),
        4 => rpc(),
        4 => blob(),
        2 => account(),
        1 => select(vec![IdentityAttr::Handle, IdentityAttr::All]).prop_map(Permission::Identity),
        1 => include(),
        2 => select(Transition::ALL.to_vec()).prop_map(Permission::Transition),
        1 => Just(Permission::Atproto),
        1 => unknown(),
    ]
}

fn scope(sizes: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Scope> {
    vec(permission(), sizes).prop_map(|permissions| permissions.into_iter().collect())
}

/// Nearly a token: made of the parts of tokens, in any order.
fn token_like() -> impl Strategy<Value = String> {
    let heads = ["repo", "rpc", "blob", "account", "identity", "include", "x"];
    let parts = [
        ":",
        "?",
        "&",
        "=",
        "%",
        "%2",
        "%23",
        "#",
        "*",
        "*/*",
        "/",
        "+",
        "%2B",
        "%25",
        " ",
        "é",
        "\"",
        "collection=",
        "action=",
        "lxm=",
        "aud=",
        "accept=",
        "attr=",
        "nsid=",
        "create",
        "delete",
        "email",
        "manage",
        "handle",
        "com.example.note",
        "com.example.like",
        "image/png",
        "image/*",
        "image/svg+xml",
        "did:web:a.example.com",
        "#x",
        "%21~",
    ];
    (select(heads.to_vec()), vec(select(parts.to_vec()), 0..9))
        .prop_map(|(head, parts)| head.to_owned() + &parts.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_permission_is_read_as_it_was_printed(permission in permission()) {
        let text = permission.to_string();
        let scope: Scope = [permission.clone()].into_iter().collect();
        prop_assert_eq!(Scope::parse(&text), Ok(scope));
        if !matches!(permission, Permission::Unknown(_)) {
            prop_assert_eq!(Permission::parse(&text), Ok(permission));
        }
    }

    #[test]
    fn a_scope_is_read_as_it_was_printed(scope in scope(0..=8)) {
        prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
    }

    #[test]
    fn a_scope_covers_itself_and_its_parts(scope in scope(0..=8), size in 0usize..=8) {
        prop_assert!(scope.covers(&scope));
        let part: Scope = scope.iter().take(size).cloned().collect();
        prop_assert!(scope.covers(&part));
    }

    /// That one covers another is that what the other means is part of what it means: no more, no less.
    #[test]
    fn to_cover_is_to_mean_as_much(granted in scope(0..=6), needed in scope(1..=2)) {
        prop_assert_eq!(
            granted.covers(&needed),
            meaning(&needed).is_subset(&meaning(&granted)),
            "{} for {}", granted, needed
        );
    }

    #[test]
    fn with_what_is_missing_nothing_is(granted in scope(0..=6), needed in scope(0..=6)) {
        let missing = granted.missing(&needed);
        prop_assert_eq!(missing.is_empty(), granted.covers(&needed));
        prop_assert!(missing.iter().all(|permission| !granted.allows(permission)));
        let both: Scope = granted.into_iter().chain(missing).collect();
        prop_assert!(both.covers(&needed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..config() })]

    #[test]
    fn whatever_is_read_prints_the_same_ever_after(text in token_like()) {
        if let Ok(scope) = Scope::parse(&text) {
            prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope.clone()));
            prop_assert!(scope.covers(&scope));
            if let Ok(strict) = Scope::parse_strict(&text) {
                prop_assert_eq!(strict, scope);
            }
        }
    }
}

/// Three at random are seldom in a row, so here are all of a few kinds.
#[test]
fn what_covers_what_covers_a_third_covers_the_third() {
    let tokens = "atproto transition:generic transition:chat.bsky transition:email future:thing \
        repo:* repo:*?action=create repo:com.example.note repo:com.example.note?action=create \
        repo:com.example.note?action=create&action=delete repo?collection=com.example.like&collection=com.example.note \
        rpc:*?aud=did:web:a.example.com%23x rpc:com.example.get?aud=* rpc:com.example.get?aud=did:web:a.example.com%23x \
        rpc:chat.bsky.convo.send?aud=* rpc:chat.bsky.convo.send?aud=did:web:a.example.com%23x \
        rpc?lxm=chat.bsky.convo.send&lxm=com.example.get&aud=did:web:a.example.com%23x \
        blob:*/* blob:image/* blob:image/png blob?accept=image/png&accept=text/html blob?accept=image/*&accept=text/html \
        account:email account:email?action=manage account:repo identity:* identity:handle \
        include:com.example.auth include:com.example.auth?aud=did:web:a.example.com%23x";
    let singles: Vec<Scope> = tokens
        .split_whitespace()
        .map(|token| Scope::parse(token).expect("a scope"))
        .collect();
    let mut scopes =
        vec![Scope::parse("transition:generic transition:chat.bsky").expect("a scope")];
    scopes.extend(singles);
    let mut rows = 0;
    for first in &scopes {
        for second in scopes
            .iter()
            .filter(|second| first != *second && first.covers(second))
        {
            for third in scopes
                .iter()
                .filter(|third| second != *third && second.covers(third))
            {
                rows += 1;
                assert!(first.covers(third), "{first} / {second} / {third}");
            }
        }
    }
    assert!(rows > 50, "{rows}");
}
