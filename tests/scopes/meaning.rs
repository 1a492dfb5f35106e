//! What a scope means: the set of single things that it lets one do, spelled out for a small world. In it are names of which
//! no permission speaks, so that a `*` is more than all names that are listed.

use atproto_oauth_wasm::{AccountAction, IdentityAttr, Permission, RepoAction, Scope, Transition};
use std::collections::BTreeSet;

pub(crate) const COLLECTIONS: [&str; 2] = ["com.example.note", "com.example.like"];
pub(crate) const METHODS: [&str; 3] =
    ["com.example.get", "com.example.put", "chat.bsky.convo.send"];
pub(crate) const SERVICES: [&str; 2] = ["did:web:a.example.com#x", "did:web:a.example.com#y"];
pub(crate) const MEDIA_TYPES: [&str; 3] = ["image/png", "image/svg+xml", "text/html"];

// Those of which no permission here speaks.
const OTHER_COLLECTIONS: [&str; 1] = ["com.example.other"];
const OTHER_METHODS: [&str; 2] = ["com.example.other", "chat.bsky.convo.other"];
const OTHER_SERVICES: [&str; 1] = ["did:web:other.example.com#x"];
const OTHER_MEDIA_TYPES: [&str; 3] = ["image/other", "text/other", "other/other"];

/// All that a scope lets one do.
pub(crate) fn meaning(scope: &Scope) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = scope.iter().flat_map(meaning_of).collect();
    let has = |transition: Transition| {
        scope
            .iter()
            .any(|own| *own == Permission::Transition(transition))
    };
    if has(Transition::Generic) {
        all.extend(writes(&["*".to_owned()], &RepoAction::ALL));
        all.extend(uploads(&["*/*".to_owned()]));
        let chat = has(Transition::ChatBsky);
        let calls = calls(&["*".to_owned()], "*").into_iter();
        all.extend(calls.filter(|call| chat || !call.contains("chat.bsky.")));
    }
    if has(Transition::Email) {
        all.insert("account email read".to_owned());
    }
    all
}

fn meaning_of(permission: &Permission) -> Vec<String> {
    match permission {
        Permission::Repo(repo) => writes(repo.collections(), repo.actions()),
        Permission::Rpc(rpc) => calls(rpc.lxm(), rpc.aud()),
        Permission::Blob(blob) => uploads(blob.accept()),
        Permission::Account(account) => {
            let attr = account.attr.as_str();
            match account.action {
                AccountAction::Read => vec![format!("account {attr} read")],
                AccountAction::Manage => vec![
                    format!("account {attr} read"),
                    format!("account {attr} manage"),
                ],
            }
        }
        Permission::Identity(IdentityAttr::Handle) => vec!["handle".to_owned()],
        Permission::Identity(IdentityAttr::All) => {
            vec!["handle".to_owned(), "DID document".to_owned()]
        }
        Permission::Include(set) => {
            let aud = set.aud().map(|aud| format!("set {} for {aud}", set.nsid()));
            aud.into_iter()
                .chain([format!("set {}", set.nsid())])
                .collect()
        }
        verbatim => vec![verbatim.to_string()],
    }
}

fn writes(collections: &[String], actions: &[RepoAction]) -> Vec<String> {
    let named = |name: &str| collections.iter().any(|own| own == "*" || own == name);
    let names = [&COLLECTIONS[..], &OTHER_COLLECTIONS]
        .concat()
        .into_iter()
        .filter(|name| named(name));
    names
        .flat_map(|name| {
            actions
                .iter()
                .map(move |action| format!("{} {name}", action.as_str()))
        })
        .collect()
}

fn calls(methods: &[String], service: &str) -> Vec<String> {
    let named = |name: &str| methods.iter().any(|own| own == "*" || own == name);
    let names = [&METHODS[..], &OTHER_METHODS]
        .concat()
        .into_iter()
        .filter(|name| named(name));
    let services = [&SERVICES[..], &OTHER_SERVICES]
        .concat()
        .into_iter()
        .filter(|name| service == "*" || service == *name);
    let services: Vec<&str> = services.collect();
    names
        .flat_map(|name| {
            services
                .iter()
                .map(move |service| format!("call {name} at {service}"))
        })
        .collect()
}

fn uploads(patterns: &[String]) -> Vec<String> {
    let matches = |pattern: &str, media_type: &str| match pattern.split_once('/') {
        Some(("*", "*")) => true,
        Some((kind, "*")) => media_type
            .split_once('/')
            .is_some_and(|(own, _)| own == kind),
        _ => pattern == media_type,
    };
    let all = [&MEDIA_TYPES[..], &OTHER_MEDIA_TYPES].concat();
    all.into_iter()
        .filter(|media_type| patterns.iter().any(|pattern| matches(pattern, media_type)))
        .map(|media_type| format!("upload {media_type}"))
        .collect()
}
