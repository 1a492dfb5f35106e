//! Scopes made of typed parts.

use atproto_oauth_wasm::{
    AccountAction, AccountAttr, BlobPermission, IdentityAttr, IncludePermission, Permission,
    RepoAction, RepoPermission, RpcPermission, Scope, ScopeError, Transition,
};

const APPVIEW: &str = "did:web:api.bsky.app#bsky_appview";

#[test]
fn one_of_each() {
    let scope = Scope::builder()
        .atproto()
        .transition(Transition::Email)
        .repo(
            "app.bsky.feed.post",
            [RepoAction::Delete, RepoAction::Create],
        )
        .repo("app.bsky.feed.like", RepoAction::ALL)
        .rpc("app.bsky.actor.getProfile", APPVIEW)
        .blob("image/*")
        .account(AccountAttr::Email, AccountAction::Read)
        .account(AccountAttr::Repo, AccountAction::Manage)
        .identity(IdentityAttr::Handle)
        .include("app.example.authFull", Some(APPVIEW))
        .include("app.example.authFull", None)
        .build()
        .expect("a scope");
    assert_eq!(
        scope.to_string(),
        "account:email account:repo?action=manage atproto blob:image/* identity:handle \
         include:app.example.authFull include:app.example.authFull?aud=did:web:api.bsky.app%23bsky_appview \
         repo:app.bsky.feed.like repo:app.bsky.feed.post?action=create&action=delete \
         rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview transition:email"
    );
    assert_eq!(Scope::parse_strict(&scope.to_string()), Ok(scope));
}

#[test]
fn the_first_mistake_is_told() {
    let scope = Scope::builder()
        .repo("app.bsky.feed.post", [])
        .rpc("*", "*")
        .atproto();
    assert_eq!(
        scope.build(),
        Err(ScopeError::MissingParameter("repo", "action"))
    );
}

#[test]
fn parts_are_checked() {
    let invalid = |name, value: &str| ScopeError::InvalidValue(name, value.to_owned());
    assert_eq!(
        RepoPermission::new(["com.example.foo", "com.example.*"], RepoAction::ALL),
        Err(invalid("collection", "com.example.*"))
    );
    assert_eq!(
        RepoPermission::new(Vec::<String>::new(), RepoAction::ALL),
        Err(ScopeError::MissingParameter("repo", "collection"))
    );
    assert_eq!(
        RpcPermission::new(["com.example.get", "*"], "*"),
        Err(ScopeError::UnlimitedRpc)
    );
    // Typed, the fragment needs no escape, and an escape is none.
    assert_eq!(
        RpcPermission::new(["*"], "did:web:api.bsky.app%23bsky_appview"),
        Err(invalid("aud", "did:web:api.bsky.app%23bsky_appview"))
    );
    assert_eq!(
        BlobPermission::new(["image"]),
        Err(invalid("accept", "image"))
    );
    assert_eq!(
        IncludePermission::new("com.example", None),
        Err(invalid("nsid", "com.example"))
    );
    assert_eq!(
        IncludePermission::new("com.example.auth", Some("*".to_owned())),
        Err(invalid("aud", "*"))
    );
}

#[test]
fn parts_are_read_back() {
    let scope: Scope = "repo:com.example.foo?action=delete rpc:*?aud=did:web:api.bsky.app%23bsky_appview new:thing"
        .parse()
        .expect("a scope");
    let [
        Permission::Unknown(unknown),
        Permission::Repo(repo),
        Permission::Rpc(rpc),
    ] = &scope.iter().cloned().collect::<Vec<_>>()[..]
    else {
        panic!("{scope:?}");
    };
    assert_eq!(unknown.as_str(), "new:thing");
    assert_eq!(repo.collections(), ["com.example.foo"]);
    assert_eq!(repo.actions(), [RepoAction::Delete]);
    assert_eq!((rpc.lxm(), rpc.aud()), (&["*".to_owned()][..], APPVIEW));
}

#[test]
fn errors_say_what_and_what_to_do() {
    let error = Permission::parse("repo:app.bsky.feed.*").expect_err("no NSID");
    assert_eq!(error.code(), "SCOPE_VALUE_INVALID");
    assert_eq!(
        error.to_string(),
        "Invalid \"collection\": \"app.bsky.feed.*\""
    );
    assert!(error.help().contains("does not work"), "{}", error.help());
}
