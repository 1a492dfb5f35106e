//! Requests with a token, where the PDS sends them elsewhere.

use crate::server::{ALICE, PDS};
use crate::world::{Tab, World, options};
use atproto_oauth_wasm::ports::{Http, Local};
use atproto_oauth_wasm::{
    Credentials, Error, HttpError, OAuthSession, PdsRequest, Request, ResourceResponse, Response,
    Step,
};
use std::cell::RefCell;
use std::rc::Rc;

/// Where the PDS keeps what is at this path: elsewhere.
const MOVED: &str = "/xrpc/app.moved";

/// What came to [`MOVED`].
type Seen = Rc<RefCell<Vec<Request>>>;

/// The network, with a place that answers a request with credentials in this way, and any other with a picture.
struct Moved {
    network: Rc<dyn Http>,
    seen: Seen,
    instead: Result<u16, HttpError>,
}

impl Http for Moved {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        if !request.url.contains(MOVED) {
            return self.network.send(request);
        }
        let has_credentials = request
            .headers
            .iter()
            .any(|(name, _)| matches!(*name, "authorization" | "dpop"));
        self.seen.borrow_mut().push(request);
        let answer = |status| Response {
            status,
            headers: vec![("dpop-nonce", "from elsewhere".to_owned())],
            body: "a picture".to_owned(),
        };
        let outcome = match has_credentials {
            true => self.instead.clone().map(answer),
            false => Ok(answer(200)),
        };
        Box::pin(async move { outcome })
    }
}

fn tab(world: &World, instead: Result<u16, HttpError>) -> (Tab, OAuthSession, Seen) {
    let seen = Seen::default();
    let tab = world.tab_with(options(), |ports| {
        ports.http = Rc::new(Moved {
            network: ports.http.clone(),
            seen: seen.clone(),
            instead,
        });
    });
    let session = world.sign_in(&tab, &ALICE);
    (tab, session, seen)
}

#[test]
fn what_is_public_is_read_where_it_is_without_the_token() {
    let redirects = [301, 302, 303, 307, 308].map(Ok);
    for instead in redirects.into_iter().chain([Err(HttpError::Redirected)]) {
        for method in ["GET", "HEAD", "get"] {
            let world = World::new();
            let (_tab, session, seen) = tab(&world, instead.clone());
            let request = PdsRequest::new(method, MOVED)
                .query("cid", "x")
                .header("Accept", "image/*")
                .header("Authorization", "Bearer theirs");
            let answer = world.run(session.fetch(request)).expect("an answer");
            assert_eq!(answer.status(), 200, "{instead:?} {method}");
            let seen = seen.take();
            let headers: Vec<_> = seen.iter().map(|request| names(request)).collect();
            assert_eq!(
                headers,
                [&["accept", "authorization", "dpop"][..], &["accept"]],
                "{instead:?} {method}"
            );
            let there = format!("{PDS}{MOVED}?cid=x");
            assert!(seen.iter().all(|request| request.url == there));

            // Its nonce is none of the PDS's.
            let nonce = world.next_proof(&session).nonce;
            assert_eq!(nonce, None, "{instead:?} {method}");
        }
    }
}

fn names(request: &Request) -> Vec<&str> {
    request.headers.iter().map(|(name, _)| *name).collect()
}

#[test]
fn what_does_more_than_read_is_refused() {
    for instead in [Ok(301), Ok(307), Ok(308), Err(HttpError::Redirected)] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let world = World::new();
            let (_tab, session, seen) = tab(&world, instead.clone());
            let request = PdsRequest::new(method, MOVED).json("{}");
            let error = world.run(session.fetch(request)).expect_err("a redirect");
            assert_eq!(error.code(), "RESPONSE_REDIRECTED");
            assert_eq!(error.step(), Step::Request);
            let there = format!("{PDS}{MOVED}");
            assert_eq!(error.url(), Some(there.as_str()));
            assert!(!error.is_retryable());
            assert!(error.help().contains("token"), "{}", error.help());
            assert_eq!(seen.borrow().len(), 1);
        }
    }
}

#[test]
fn other_answers_between_200_and_400_are_the_app_s() {
    for status in [300, 304] {
        let world = World::new();
        let (_tab, session, seen) = tab(&world, Ok(status));
        let answer = world.run(session.fetch(PdsRequest::get(MOVED)));
        assert_eq!(answer.expect("an answer").status(), status);
        assert_eq!(seen.borrow().len(), 1);
    }
}

/// The answer of an address that the app's own code went on to, with the token or without.
struct Elsewhere(u16);

impl ResourceResponse for Elsewhere {
    fn status(&self) -> u16 {
        self.0
    }

    fn header(&self, name: &str) -> Option<String> {
        match name {
            "dpop-nonce" => Some("from elsewhere".to_owned()),
            "www-authenticate" => Some(r#"DPoP error="invalid_token""#.to_owned()),
            _ => None,
        }
    }

    fn is_redirected(&self) -> bool {
        true
    }
}

#[test]
fn nothing_is_learned_from_an_answer_of_elsewhere() {
    for status in [200, 302, 401] {
        let world = World::new();
        let session = world.sign_in(&world.tab(), &ALICE);
        world.server.take_log();
        let send = async |_: Credentials<'_>| Ok::<_, Error>(Elsewhere(status));
        let answer = world.run(session.request("GET", "/xrpc/app.test", true, send));
        assert_eq!(answer.expect("an answer").0, status);
        assert_eq!(world.next_proof(&session).nonce, None);
        assert!(world.server.take_log().is_empty(), "no refresh");
    }
}
