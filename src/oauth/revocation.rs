//! Token revocation (RFC 7009).

use super::{ClientAuth, EndpointRequest, ServerMetadata};
use crate::secret::Secret;
use crate::url::push_form;

/// The request that revokes a token; `None` if the server has no endpoint for that. Without `token_type_hint`: servers
/// recognize a token by its form.
pub(crate) fn revocation_request(
    server: &ServerMetadata,
    auth: ClientAuth,
    token: &Secret,
) -> Option<EndpointRequest> {
    let endpoint = server.revocation_endpoint.as_ref()?;
    let mut form = String::new();
    push_form(&mut form, "token", token.expose());
    Some(EndpointRequest::new(auth, endpoint, form))
}
