//! Token revocation (RFC 7009).

use super::{ClientAuth, EndpointRequest, ServerMetadata};
use crate::secret::Secret;
use crate::url::push_form;

/// Revokes a token, where the server has an endpoint for that. No `token_type_hint`: servers look a token up by its form.
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
