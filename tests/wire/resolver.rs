//! An app's own source of identities, in the network's place.

use crate::server::{ALICE, BOB, asked};
use crate::world::{Tab, World, kind, options};
use atproto_oauth_wasm::ports::{Local, Question, Resolver, Thrown};
use atproto_oauth_wasm::{ErrorKind, IdentityError, Json};
use std::cell::RefCell;
use std::rc::Rc;

/// Knows one kind of thing, of Alice and Bob, and notes what it is asked.
struct Own {
    kind: &'static str,
    asked: RefCell<Vec<(String, bool)>>,
    trouble: Option<Thrown>,
}

impl Own {
    fn answer(&self, subject: &str) -> Option<Json> {
        let account = [ALICE, BOB]
            .into_iter()
            .find(|account| [account.did, account.handle, "the neighbour"].contains(&subject))?;
        let text = match self.kind {
            "handle" => serde_json::json!(account.did),
            "identity" => serde_json::json!({"did": account.did, "didDoc": account.document()}),
            _ => account.document(),
        };
        Json::parse(&text.to_string())
    }
}

fn parts(question: Question<'_>) -> (&'static str, &str) {
    match question {
        Question::Identity(input) => ("identity", input),
        Question::Handle(handle) => ("handle", handle.as_str()),
        Question::Document(did) => ("document", did.as_str()),
    }
}

impl Resolver for Own {
    fn knows(&self, question: Question<'_>) -> bool {
        parts(question).0 == self.kind
    }

    fn ask<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        let subject = parts(question).1;
        self.asked.borrow_mut().push((subject.to_owned(), fresh));
        let answer = match &self.trouble {
            Some(thrown) => Err(thrown.clone()),
            None => Ok(self.answer(subject)),
        };
        Box::pin(async { answer })
    }
}

fn tab_with(world: &World, kind: &'static str, trouble: Option<Thrown>) -> (Tab, Rc<Own>) {
    let own = Rc::new(Own {
        kind,
        asked: RefCell::default(),
        trouble,
    });
    let mut options = options();
    // Who resolves handles needs no server that does.
    if kind != "document" {
        options.handle_resolver = None;
    }
    let resolver: Rc<dyn Resolver> = own.clone();
    let tab = world.tab_with(options, |ports| ports.resolver = Some(resolver));
    (tab, own)
}

#[test]
fn each_kind_is_asked_in_the_networks_place_and_once_a_minute() {
    for (kind, subject, spared) in [
        ("handle", ALICE.handle, asked::HANDLE),
        ("document", ALICE.did, asked::ALICE_DID),
        ("identity", ALICE.handle, asked::ALICE_DID),
    ] {
        let world = World::new();
        let (tab, own) = tab_with(&world, kind, None);
        for _ in 0..2 {
            world.authorize(&tab, ALICE.handle).expect(kind);
        }
        assert_eq!(own.asked.take(), [(subject.to_owned(), false)], "{kind}");
        assert_eq!(world.server.count(spared), 0, "{kind}");
    }
}

#[test]
fn an_identity_resolver_may_know_names_that_are_no_handles() {
    let world = World::new();
    let (tab, _) = tab_with(&world, "identity", None);
    assert!(world.authorize(&tab, "the neighbour").is_ok());
}

#[test]
fn nobody_is_told_as_such() {
    let world = World::new();
    let (tab, _) = tab_with(&world, "handle", None);
    let found = kind(world.authorize(&tab, "nobody.example.com"));
    assert!(matches!(
        found,
        ErrorKind::Identity(IdentityError::HandleNotFound(_))
    ));
}

#[test]
fn what_it_throws_is_kept() {
    let world = World::new();
    let thrown = Thrown {
        words: "my own trouble".to_owned(),
        value: None,
    };
    let (tab, _) = tab_with(&world, "handle", Some(thrown.clone()));
    let found = kind(world.authorize(&tab, ALICE.handle));
    assert_eq!(found, ErrorKind::Resolver(thrown));
}
