//! An app's own source of identities, in the network's place.

use crate::server::{ALICE, BOB, asked};
use crate::world::{Tab, World, kind, options};
use atproto_oauth_wasm::ports::{Delegate, Local, Question, Thrown};
use atproto_oauth_wasm::{AuthorizeOptions, ErrorKind, HttpError, IdentityError, Json, MAX_BODY};
use futures::future::{Either, select};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

/// Knows one kind of thing, of Alice and Bob, and notes what it is asked.
struct Own {
    kind: &'static str,
    behaves: Cell<Behaviour>,
    asked: RefCell<Vec<(String, bool)>>,
    trouble: Option<Thrown>,
}

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Well,
    Never,
    AtLength,
}

impl Own {
    fn found(&self, subject: &str) -> Option<Json> {
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

impl Delegate for Own {
    fn answers(&self, question: Question<'_>) -> bool {
        parts(question).0 == self.kind
    }

    fn answer<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        let subject = parts(question).1;
        self.asked.borrow_mut().push((subject.to_owned(), fresh));
        let answer = match &self.trouble {
            Some(thrown) => Err(thrown.clone()),
            None => Ok(self.found(subject)),
        };
        match self.behaves.get() {
            Behaviour::Well => Box::pin(async { answer }),
            Behaviour::Never => Box::pin(std::future::pending()),
            Behaviour::AtLength => Box::pin(async {
                let text = serde_json::json!(["x".repeat(MAX_BODY)]).to_string();
                Ok(Json::parse(&text))
            }),
        }
    }
}

fn tab_with(world: &World, kind: &'static str, trouble: Option<Thrown>) -> (Tab, Rc<Own>) {
    let own = Rc::new(Own {
        kind,
        behaves: Cell::new(Behaviour::Well),
        asked: RefCell::default(),
        trouble,
    });
    let mut options = options();
    // Who resolves handles needs no server that does.
    if kind != "document" {
        options.handle_resolver = None;
    }
    let delegate = own.clone();
    let tab = world.tab_with(options, |ports| ports.delegate = delegate);
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

/// A resolver of the app's has the limits that a server has.
#[test]
fn an_answer_is_not_waited_for_longer_than_for_a_servers_and_not_longer_than_one() {
    for kind_of in ["handle", "document", "identity"] {
        let world = World::new();
        let (tab, own) = tab_with(&world, kind_of, None);
        own.behaves.set(Behaviour::Never);
        let begun = async {
            let options = AuthorizeOptions::default();
            tab.client.authorize(ALICE.handle, &options, &|_| ()).await
        };
        let late = Cell::new(false);
        let time = async {
            while own.asked.borrow().is_empty() {
                crate::server::yield_now().await;
            }
            for (seconds, is_late) in [(0, false), (9, false), (1, true)] {
                late.set(is_late);
                world.pass(seconds);
                for _ in 0..20 {
                    crate::server::yield_now().await;
                }
            }
        };
        let error = match world.run(select(pin!(begun), pin!(time))) {
            Either::Left((outcome, _)) => outcome.expect_err("no answer"),
            Either::Right(_) => panic!("{kind_of}: it is still waited for"),
        };
        assert!(late.get(), "{kind_of}: given up too early");
        assert_eq!(
            error.kind(),
            &ErrorKind::Http(HttpError::Timeout),
            "{kind_of}"
        );
        assert_eq!(
            (error.code(), error.is_retryable()),
            ("NETWORK_TIMEOUT", true)
        );

        own.behaves.set(Behaviour::AtLength);
        let found = kind(world.authorize(&tab, ALICE.handle));
        assert_eq!(found, ErrorKind::Http(HttpError::TooLarge), "{kind_of}");
        own.behaves.set(Behaviour::Well);
        world.authorize(&tab, ALICE.handle).expect(kind_of);
    }
}

#[test]
fn it_is_asked_for_what_was_meant_and_never_for_a_reserved_name() {
    for typed in [
        "\u{202a}@ALICE.example.com\u{202c}",
        "at://alice.example.com/",
    ] {
        let world = World::new();
        let (tab, own) = tab_with(&world, "identity", None);
        world.authorize(&tab, typed).expect(typed);
        assert_eq!(own.asked.take(), [(ALICE.handle.to_owned(), false)]);
    }
    for kind_of in ["handle", "identity"] {
        let world = World::new();
        let (tab, own) = tab_with(&world, kind_of, None);
        let found = kind(world.authorize(&tab, "handle.invalid"));
        let expected = IdentityError::ReservedName("handle.invalid".into());
        assert_eq!(found, ErrorKind::Identity(expected), "{kind_of}");
        assert_eq!(own.asked.take(), [], "{kind_of}");
    }
}

/// Not even the app's own resolver is asked for an account on the user's machine, unless the app is under development.
#[test]
fn it_is_not_asked_for_an_account_on_this_machine() {
    let world = World::new();
    let (tab, own) = tab_with(&world, "document", None);
    let found = kind(world.authorize(&tab, "did:web:localhost%3A3000"));
    assert!(matches!(
        found,
        ErrorKind::Identity(IdentityError::InsecureDidWeb(_))
    ));
    assert_eq!(own.asked.take(), []);
}
