//! Refusals in other words than those of the specifications, and what one request may cost.

use crate::server::proof::{Proof, verify};
use crate::server::{ALICE, Fault, asked};
use crate::world::{Tab, World, did, options};
use atproto_oauth_wasm::ports::{Http, Local};
use atproto_oauth_wasm::{
    Credentials, Error, HttpError, OAuthSession, Refresh, Request, ResourceResponse, Response, Step,
};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// What a PDS answers, whatever it is asked.
#[derive(Clone, Default)]
struct Answer {
    status: u16,
    challenge: Option<&'static str>,
    nonce: Option<&'static str>,
    body: &'static str,
}

impl ResourceResponse for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = match name {
            "www-authenticate" => self.challenge,
            "dpop-nonce" => self.nonce,
            _ => None,
        };
        value.map(str::to_owned)
    }

    fn small_json(&self) -> Local<'_, Option<String>> {
        Box::pin(async { Some(self.body.to_owned()) })
    }
}

const GOOD: Answer = Answer {
    status: 200,
    challenge: None,
    nonce: None,
    body: "",
};

/// A 401 that does not say why.
const BARE: Answer = Answer {
    status: 401,
    ..GOOD
};

fn challenge(challenge: &'static str) -> Answer {
    Answer {
        challenge: Some(challenge),
        ..BARE
    }
}

/// What a PDS is asked.
struct Script {
    answers: Vec<Answer>,
    sent: RefCell<Vec<(String, Proof)>>,
}

impl Script {
    /// Answers in turn; the last one from then on.
    fn new(answers: &[Answer]) -> Self {
        Self {
            answers: answers.to_vec(),
            sent: RefCell::default(),
        }
    }

    async fn get(&self, session: &OAuthSession, replayable: bool) -> Result<u16, Error> {
        let send = async |credentials: Credentials<'_>| {
            let proof = verify(credentials.dpop, "GET", credentials.url).expect("a proof");
            let mut sent = self.sent.borrow_mut();
            sent.push((credentials.authorization.to_owned(), proof));
            let at = (sent.len() - 1).min(self.answers.len() - 1);
            Ok::<_, Error>(self.answers[at].clone())
        };
        let answer = session.request("GET", "/xrpc/app.test", replayable, send);
        answer.await.map(|answer| answer.status)
    }

    fn sent(&self) -> usize {
        self.sent.borrow().len()
    }

    fn nonces(&self) -> Vec<Option<String>> {
        let sent = self.sent.borrow();
        sent.iter().map(|(_, proof)| proof.nonce.clone()).collect()
    }
}

/// The status of a request that gets these answers, how often it was sent, and how many refreshes there were.
fn cost(world: &World, session: &OAuthSession, answers: &[Answer]) -> (u16, usize, usize) {
    world.server.take_log();
    let script = Script::new(answers);
    let status = world.run(script.get(session, true)).expect("an answer");
    world.settle();
    (status, script.sent(), refreshes(world))
}

/// How many refreshes there were since the log was taken.
fn refreshes(world: &World) -> usize {
    world.server.count(asked::REFRESH)
}

fn signed_in(world: &World) -> (Tab, OAuthSession) {
    let tab = world.tab();
    let session = world.sign_in(&tab, &ALICE);
    tab.heard.take();
    (tab, session)
}

#[test]
fn a_challenge_is_read_and_not_searched() {
    for (header, expected) in [
        (r#"dpop error="invalid_token""#, (200, 2, 1)),
        ("DPoP error=invalid_token", (200, 2, 1)),
        (r#"Bearer, DPoP error="invalid_token""#, (200, 2, 1)),
        (r#"Bearer error="invalid_token""#, (200, 2, 1)),
        // The server speaks of DPoP, and has nothing against the token.
        (
            r#"DPoP algs="ES256", Bearer error="invalid_token""#,
            (401, 1, 0),
        ),
        (
            r#"Bearer error="invalid_token", DPoP error="insufficient_scope""#,
            (401, 1, 0),
        ),
        (
            r#"DPoP error_description="error=invalid_token""#,
            (401, 1, 0),
        ),
        ("Basic realm=\"x\"", (401, 1, 0)),
    ] {
        let world = World::new();
        let (_tab, session) = signed_in(&world);
        let found = cost(&world, &session, &[challenge(header), GOOD]);
        assert_eq!(found, expected, "{header}");
    }
}

#[test]
fn a_nonce_can_be_demanded_in_every_form_of_a_challenge() {
    for header in [
        r#"dpop error="use_dpop_nonce""#,
        "DPoP error=use_dpop_nonce",
        r#"Bearer, DPoP error="use_dpop_nonce""#,
        r#"Bearer error="invalid_token", DPoP algs="ES256", error="use_dpop_nonce""#,
    ] {
        let world = World::new();
        let (_tab, session) = signed_in(&world);
        let demand = Answer {
            nonce: Some("new"),
            ..challenge(header)
        };
        assert_eq!(
            cost(&world, &session, &[demand, GOOD]),
            (200, 2, 0),
            "{header}"
        );
    }
}

#[test]
fn a_nonce_can_be_demanded_in_other_ways() {
    let body = r#"{"error":"use_dpop_nonce","message":"Authorization server requires nonce in DPoP proof"}"#;
    let demand = |status, challenge, body| Answer {
        status,
        challenge,
        nonce: Some("new"),
        body,
    };
    for (what, refusal, expected) in [
        (
            "a 400 with a challenge",
            demand(400, Some(r#"DPoP error="use_dpop_nonce""#), ""),
            2,
        ),
        ("a 400 that says so in its body", demand(400, None, body), 2),
        ("a 401 that says so in its body", demand(401, None, body), 2),
        (
            "one whose challenge says nothing",
            demand(401, Some(r#"DPoP algs="ES256""#), body),
            2,
        ),
        (
            "a 400 of another kind",
            demand(400, None, r#"{"error":"InvalidRequest"}"#),
            1,
        ),
        (
            "a body that is no JSON",
            demand(400, None, "use_dpop_nonce"),
            1,
        ),
        (
            "another status",
            demand(403, Some(r#"DPoP error="use_dpop_nonce""#), body),
            1,
        ),
    ] {
        let world = World::new();
        let (_tab, session) = signed_in(&world);
        world.server.take_log();
        let script = Script::new(&[refusal, GOOD]);
        world.run(script.get(&session, true)).expect("an answer");
        assert_eq!(script.sent(), expected, "{what}");
        let last = script.nonces().pop().flatten();
        assert_eq!(last.as_deref(), (expected == 2).then_some("new"), "{what}");
        assert_eq!(world.server.count(asked::REFRESH), 0, "{what}");

        // Without another nonce there is nothing to try with.
        let without = Answer {
            nonce: None,
            status: 400,
            ..script.answers[0].clone()
        };
        assert_eq!(
            cost(&world, &session, &[without, GOOD]),
            (400, 1, 0),
            "{what}"
        );
    }
}

#[test]
fn a_nonce_is_tried_once_for_one_request() {
    let world = World::new();
    let (_tab, session) = signed_in(&world);
    let body = r#"{"error":"use_dpop_nonce"}"#;
    let answers = ["a", "b", "c"].map(|nonce| Answer {
        status: 400,
        challenge: None,
        nonce: Some(nonce),
        body,
    });
    assert_eq!(cost(&world, &session, &answers), (400, 2, 0));
}

#[test]
fn a_refusal_without_a_reason_has_the_token_renewed() {
    for refusal in [BARE, challenge(""), challenge("@")] {
        let world = World::new();
        let (tab, session) = signed_in(&world);
        assert_eq!(cost(&world, &session, &[refusal, GOOD]), (200, 2, 1));
        assert_eq!(world.status(&session), Ok(200), "with the new token");
        assert!(tab.heard.take_ends().is_empty());
    }
}

#[test]
fn an_endpoint_that_refuses_always_costs_one_refresh() {
    let world = World::new();
    let (tab, session) = signed_in(&world);
    assert_eq!(cost(&world, &session, &[BARE]), (401, 2, 1));
    for _ in 0..3 {
        assert_eq!(cost(&world, &session, &[BARE]), (401, 1, 0));
    }
    assert!(tab.heard.take_ends().is_empty(), "it is no end");
    assert_eq!(world.status(&session), Ok(200));

    // The next token is another one.
    world.expire();
    assert_eq!(world.status(&session), Ok(200));
    assert_eq!(cost(&world, &session, &[BARE]), (401, 2, 1));
    assert_eq!(cost(&world, &session, &[BARE]), (401, 1, 0));
}

#[test]
fn many_requests_that_are_refused_at_once_cost_one_refresh() {
    let world = World::new();
    let (_tab, session) = signed_in(&world);
    world.server.take_log();
    let scripts: Vec<_> = (0..5).map(|_| Script::new(&[BARE])).collect();
    let requests = scripts.iter().map(|script| script.get(&session, true));
    for status in world.run(futures::future::join_all(requests)) {
        assert_eq!(status, Ok(401));
    }
    let sent: usize = scripts.iter().map(Script::sent).sum();
    assert_eq!((sent, refreshes(&world)), (10, 1));
}

#[test]
fn tabs_do_not_take_turns_in_renewing() {
    let world = World::new();
    let (_tab, here) = signed_in(&world);
    let other = world.tab();
    let there = world
        .restore(&other, &ALICE, Refresh::Never)
        .expect("alive");
    assert_eq!(cost(&world, &here, &[BARE]), (401, 2, 1));
    // Each tab finds out for itself, once.
    let mut all = 0;
    for _ in 0..4 {
        all += cost(&world, &there, &[BARE]).2 + cost(&world, &here, &[BARE]).2;
    }
    assert!(all <= 1, "{all} refreshes");
}

#[test]
fn a_refusal_without_a_reason_ends_nothing() {
    // There is nothing to renew it with.
    let world = World::new();
    let (tab, _session) = signed_in(&world);
    world.change_stored(&ALICE, |row| row.tokens.refresh_token = None);
    let later = world.tab();
    let session = world
        .restore(&later, &ALICE, Refresh::Never)
        .expect("alive");
    assert_eq!(cost(&world, &session, &[BARE]), (401, 1, 0));
    assert!(world.stored(&ALICE).is_some());
    assert!(tab.heard.take_ends().is_empty() && later.heard.take_ends().is_empty());

    // After a renewal for another reason, it is the app's as well.
    let world = World::new();
    let (tab, session) = signed_in(&world);
    let answers = [challenge(r#"DPoP error="invalid_token""#), BARE];
    assert_eq!(cost(&world, &session, &answers), (401, 2, 1));
    assert!(tab.heard.take_ends().is_empty());
}

#[test]
fn a_renewal_that_fails_is_tried_again_only_if_that_may_help() {
    for (fault, again) in [
        (Fault::offline(), 1),
        (Fault::html(503), 1),
        (Fault::json(400, json!({ "error": "invalid_client" })), 0),
    ] {
        let world = World::new();
        let (tab, session) = signed_in(&world);
        world.server.fault(asked::REFRESH, fault);
        assert_eq!(cost(&world, &session, &[BARE]), (401, 1, 1));
        let (status, sent, refreshed) = cost(&world, &session, &[BARE]);
        assert_eq!((status, sent, refreshed), (401, 1, again));
        assert!(tab.heard.take_ends().is_empty());
    }
}

#[test]
fn a_body_that_is_gone_is_not_sent_again_but_its_token_is_renewed() {
    let world = World::new();
    let (_tab, session) = signed_in(&world);
    world.server.take_log();
    let script = Script::new(&[BARE, GOOD]);
    let status = world.run(script.get(&session, false));
    assert_eq!((status, script.sent(), refreshes(&world)), (Ok(401), 1, 1));
}

/// The network, with answers changed on their way.
struct Changed<F>(Rc<dyn Http>, F);

impl<F: Fn(&mut Response)> Http for Changed<F> {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        Box::pin(async move {
            let mut response = self.0.send(request).await?;
            if response.body.contains("use_dpop_nonce") {
                (self.1)(&mut response);
            }
            Ok(response)
        })
    }
}

/// A tab whose servers demand their nonces in this way.
fn demanding(world: &World, change: impl Fn(&mut Response) + 'static) -> Tab {
    world.tab_with(options(), |ports| {
        ports.http = Rc::new(Changed(ports.http.clone(), change));
    })
}

#[test]
fn an_authorization_server_can_demand_a_nonce_in_other_ways() {
    type Way = fn(&mut Response);
    let ways: [(&str, Way); 4] = [
        ("a 401", |response| response.status = 401),
        ("a body as of XRPC", |response| {
            response.body = r#"{"error":"use_dpop_nonce","message":"Nonce"}"#.to_owned();
        }),
        ("a challenge, with a page", |response| {
            response.status = 401;
            "<h1>No</h1>".clone_into(&mut response.body);
            response.headers.retain(|(name, _)| *name != "content-type");
            let challenge = r#"DPoP error="use_dpop_nonce""#.to_owned();
            response.headers.push(("www-authenticate", challenge));
        }),
        ("JSON of another name", |response| {
            response.headers.retain(|(name, _)| *name != "content-type");
            response
                .headers
                .push(("content-type", "text/plain".to_owned()));
        }),
    ];
    for (what, change) in ways {
        let world = World::new();
        let tab = demanding(&world, change);
        world.sign_in(&tab, &ALICE);
        assert_eq!(world.server.count(asked::PAR), 2, "{what}");
        world.server.change_nonces();
        world.restore(&tab, &ALICE, Refresh::Force).expect(what);
        assert_eq!(world.server.count(asked::REFRESH), 2, "{what}");
    }
}

#[test]
fn a_nonce_that_no_page_can_read_is_the_server_s_fault() {
    for status in [400, 401] {
        let world = World::new();
        let tab = demanding(&world, move |response| {
            response.status = status;
            response.headers.retain(|(name, _)| *name != "dpop-nonce");
        });
        let error = world.authorize(&tab, ALICE.did).expect_err("no nonce");
        assert_eq!((error.code(), error.step()), ("OAUTH_REFUSED", Step::Par));
        assert!(error.help().contains("DPoP-Nonce"), "{}", error.help());
        assert!(error.help().contains("Access-Control-Expose-Headers"));
        assert_eq!(world.server.count(asked::PAR), 1, "nothing to try with");
    }
    // The same server, as it would have a session go on.
    let world = World::new();
    let (_tab, _session) = signed_in(&world);
    let later = demanding(&world, |response| {
        response.headers.retain(|(name, _)| *name != "dpop-nonce");
    });
    later.ports.store.set_nonces(&did(&ALICE), None);
    let error = world
        .restore(&later, &ALICE, Refresh::Force)
        .expect_err("no nonce");
    assert_eq!(error.step(), Step::Refresh);
    assert!(error.help().contains("DPoP-Nonce"), "{}", error.help());
    assert!(world.stored(&ALICE).is_some(), "that is no end");
}

#[test]
fn a_server_that_wants_ever_new_nonces_is_told_from_one_that_hides_them() {
    let world = World::new();
    let server = world.server.clone();
    let tab = demanding(&world, move |_| server.change_nonces());
    let error = world.authorize(&tab, ALICE.did).expect_err("no end of it");
    assert_eq!(world.server.count(asked::PAR), 2);
    assert!(error.help().contains("another nonce"), "{}", error.help());
}

#[test]
fn an_empty_nonce_is_none() {
    let world = World::new();
    let (_tab, session) = signed_in(&world);
    let empty = Answer {
        nonce: Some(""),
        ..GOOD
    };
    let script = Script::new(&[empty]);
    for _ in 0..2 {
        world.run(script.get(&session, true)).expect("an answer");
    }
    assert_eq!(script.nonces(), [None, None]);
}

/// Two servers must not be able to tell that they are visited by one person (nor two accounts of one server).
#[test]
fn ids_of_proofs_have_nothing_in_common() {
    let world = World::new();
    let (_tab, session) = signed_in(&world);
    let script = Script::new(&[GOOD]);
    for _ in 0..4 {
        world.run(script.get(&session, true)).expect("an answer");
    }
    let sent = script.sent.borrow();
    let mut prefixes: Vec<_> = sent.iter().map(|(_, proof)| &proof.jti[..8]).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    assert_eq!(prefixes.len(), 4);
}
