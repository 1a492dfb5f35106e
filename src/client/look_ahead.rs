//! What a sign-in will most likely need, asked for while the account is still being looked up.

use super::network::Freshness;
use super::prover::Prover;
use super::{Shared, Step};
use crate::identity::Input;
use crate::oauth::endpoint_request;
use crate::url::Url;
use std::rc::Rc;

impl Shared {
    /// Most accounts are signed in by the server that resolves their handle. While handle and DID are looked up, this
    /// reads that server's metadata, and for a handle, where there is time, fetches the DPoP nonce that its first answer
    /// would demand (RFC 9449 section 8). Nothing depends on it, and it tells that server nothing that it will not see
    /// anyway: not even the account.
    pub(super) fn look_ahead(self: &Rc<Self>, input: &str, prover: &Rc<Prover>) {
        let wants_nonce = match Input::parse(input) {
            Ok(Input::Handle(_)) => true,
            Ok(Input::Did(_)) => false,
            _ => return,
        };
        let Some(issuer) = self.options.handle_resolver.as_ref().map(Url::origin) else {
            return;
        };
        let (shared, issuer, prover) = (self.clone(), issuer.to_owned(), prover.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            let server = shared.server(&issuer, Freshness::Recent).await;
            if let (Ok(server), true) = (server, wants_nonce) {
                let endpoint = &server.pushed_authorization_request_endpoint;
                let client_id = &shared.options.metadata.client_id;
                let request = endpoint_request(endpoint, client_id, String::new());
                drop(shared.prove_and_send(Step::Par, &prover, &request).await);
            }
        }));
    }
}
