//! Requests that a sign-in most likely needs, sent while the account is still being resolved.

use super::SignIn;
use super::push::Pushed;
use crate::client::directory::Freshness;
use crate::client::error::{Error, Step};
use crate::client::exchange::Prover;
use crate::identity::Input;
use crate::oauth::{AuthorizeOptions, ServerMetadata, empty_par_request};
use crate::waiting::Inbox;
use std::cell::Cell;
use std::rc::Rc;

/// Early requests to the server that resolves handles, because it is the authorization server of most accounts. They reveal
/// nothing that the server does not learn from resolving the handle. If the account's server is another, nothing waits for
/// this one, and a request that was pushed there expires unused.
pub(super) struct SpeculativePush {
    issuer: String,
    /// Its metadata, if it has any. Available once it has also sent its DPoP nonce (RFC 9449 section 8).
    server: Inbox<Option<Rc<ServerMetadata>>>,
    pushing: Cell<bool>,
    pushed: Inbox<Option<Result<Box<Pushed>, Error>>>,
}

impl SpeculativePush {
    /// The pushed request, if `server` is the one it was sent to. Waits for requests that are under way.
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
        // Wait for the nonce: without it, the server would refuse the first request.
        self.server.take().await;
        None
    }
}

impl SignIn {
    /// Reads the server's metadata and gets its nonce, while handle and DID are resolved.
    pub(super) fn speculate(
        self: &Rc<Self>,
        input: &str,
        prover: &Rc<Prover>,
    ) -> Option<Rc<SpeculativePush>> {
        match Input::read(input) {
            Ok(Input::Handle(handle)) if !handle.is_reserved(self.env.options.in_development()) => {
            }
            Ok(Input::Did(_)) => {}
            _ => return None,
        }
        let speculative = Rc::new(SpeculativePush {
            issuer: self
                .env
                .options
                .handle_resolver
                .as_ref()?
                .origin()
                .to_owned(),
            server: Inbox::default(),
            pushing: Cell::default(),
            pushed: Inbox::default(),
        });
        let (sign_in, prover, early) = (self.clone(), prover.clone(), speculative.clone());
        self.env.spawn(Box::pin(async move {
            let server = sign_in.directory.server(&early.issuer, Freshness::Recent);
            let server = server.await.ok();
            if let Some(server) = &server {
                let request = empty_par_request(server, sign_in.env.options.metadata.auth);
                let sent = sign_in.exchange.send_once(Step::Par, &prover, &request);
                drop(sent.await);
            }
            early.server.put(server);
        }));
        Some(speculative)
    }

    /// Pushes the request while the authorization server of the account's PDS is looked up. Only for a handle, which this
    /// server has seen already.
    pub(super) fn push_early(
        self: &Rc<Self>,
        speculative: &Rc<SpeculativePush>,
        prover: &Rc<Prover>,
        options: &AuthorizeOptions,
        login_hint: &str,
    ) {
        speculative.pushing.set(true);
        let (sign_in, prover, early) = (self.clone(), prover.clone(), speculative.clone());
        let (options, login_hint) = (options.clone(), login_hint.to_owned());
        self.env.spawn(Box::pin(async move {
            let pushed = match early.server.take().await {
                Some(server) => {
                    let pushed = sign_in.push(&server, &prover, &options, Some(&login_hint));
                    Some(pushed.await)
                }
                None => None,
            };
            early.pushed.put(pushed);
        }));
    }
}
