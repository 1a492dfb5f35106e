//! What a sign-in will most likely need, asked for while the account is still being looked up.

use super::authorize::Pushed;
use super::network::Freshness;
use super::prover::Prover;
use super::race::Inbox;
use super::{Error, Shared, Step};
use crate::identity::Input;
use crate::oauth::{AuthorizeOptions, ServerMetadata, endpoint_request};
use std::cell::Cell;
use std::rc::Rc;

/// Most accounts are signed in by the server that resolves their handle: what was asked of that server ahead. It is told
/// nothing that it does not know from resolving. Where the account's server is another, nothing waits for it, and what was
/// pushed there expires unused.
pub(super) struct Likely {
    issuer: String,
    /// Its metadata, if it has any, once it has also said which DPoP nonce it wants (RFC 9449 section 8).
    server: Inbox<Option<Rc<ServerMetadata>>>,
    pushing: Cell<bool>,
    pushed: Inbox<Option<Result<Box<Pushed>, Error>>>,
}

impl Likely {
    /// What was pushed, where this is the server that it had to go to. It waits for what is under way there.
    pub(super) async fn pushed(
        &self,
        server: &ServerMetadata,
    ) -> Option<Result<Box<Pushed>, Error>> {
        if self.issuer != server.issuer {
            return None;
        }
        if self.pushing.get() {
            return self.pushed.take().await;
        }
        // The nonce is worth the wait: without it, the request would be refused once.
        self.server.take().await;
        None
    }
}

impl Shared {
    /// Reads the server's metadata and asks for its nonce, while handle and DID are looked up.
    pub(super) fn look_ahead(
        self: &Rc<Self>,
        input: &str,
        prover: &Rc<Prover>,
    ) -> Option<Rc<Likely>> {
        match Input::read(input) {
            Ok(Input::Handle(handle)) if !handle.is_reserved(self.in_development()) => {}
            Ok(Input::Did(_)) => {}
            _ => return None,
        }
        let likely = Rc::new(Likely {
            issuer: self.options.handle_resolver.as_ref()?.origin().to_owned(),
            server: Inbox::default(),
            pushing: Cell::default(),
            pushed: Inbox::default(),
        });
        let (shared, prover, ahead) = (self.clone(), prover.clone(), likely.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            let server = shared.server(&ahead.issuer, Freshness::Recent).await.ok();
            if let Some(server) = &server {
                let endpoint = &server.pushed_authorization_request_endpoint;
                let client_id = &shared.options.metadata.client_id;
                let request = endpoint_request(endpoint, client_id, String::new());
                drop(shared.prove_and_send(Step::Par, &prover, &request).await);
            }
            ahead.server.put(server);
        }));
        Some(likely)
    }

    /// Pushes the request, while the account's PDS is asked which server is its own. Only for a handle, which this
    /// server has seen.
    pub(super) fn push_ahead(
        self: &Rc<Self>,
        likely: &Rc<Likely>,
        prover: &Rc<Prover>,
        options: &AuthorizeOptions,
        login_hint: &str,
    ) {
        likely.pushing.set(true);
        let (shared, prover, likely) = (self.clone(), prover.clone(), likely.clone());
        let (options, login_hint) = (options.clone(), login_hint.to_owned());
        self.ports.spawn.spawn(Box::pin(async move {
            let pushed = match likely.server.take().await {
                Some(server) => Some(
                    shared
                        .push(&server, &prover, &options, Some(&login_hint))
                        .await,
                ),
                None => None,
            };
            likely.pushed.put(pushed);
        }));
    }
}
