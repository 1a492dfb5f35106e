//! Client authentication (RFC 6749 section 2.3): how a client proves its identity to an authorization server.

use super::{Capability, ClientMetadata, ConfigError};
use crate::http::Request;
use crate::json::Json;
use crate::url::push_form;

/// The method of client authentication of a sign-in. The server accepts the session's requests with this method only.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: the client is public.
    None,
    /// A method that this client does not support, as another client library stored it: an object with its name as `method`.
    Other(Json),
}

impl AuthMethod {
    /// The method that is stored as this object.
    pub fn read(stored: Json) -> Self {
        match stored.str("method").as_deref() {
            Some("none") => Self::None,
            _ => Self::Other(stored),
        }
    }

    /// The client's authentication by this method, if it supports that.
    pub(crate) fn auth(&self) -> Option<ClientAuth> {
        match self {
            Self::None => Some(ClientAuth::Public),
            Self::Other(_) => None,
        }
    }
}

/// Authenticates a client in its requests to an authorization server.
///
/// Source: RFC 7591 section 2, `token_endpoint_auth_method`; atproto specification, "OAuth", section "Types of Clients".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// `none`: a public client names itself and proves nothing.
    Public,
}

impl ClientAuth {
    /// The authentication that client metadata declare, if this client supports it.
    pub(super) fn declared_in(metadata: &Json) -> Result<Self, ConfigError> {
        let name = metadata.str("token_endpoint_auth_method");
        // The default of RFC 7591 section 2.
        match name.as_deref().unwrap_or("client_secret_basic") {
            "none" if metadata.get("token_endpoint_auth_signing_alg").is_some() => {
                Err(ConfigError::SigningAlgWithoutKey)
            }
            "none" => Ok(Self::Public),
            "private_key_jwt" => Err(ConfigError::NeedsKeyset),
            other => Err(ConfigError::UnsupportedAuthMethod(other.to_owned())),
        }
    }

    /// The capability that this requires of a server, and the method that its metadata must list.
    pub(super) fn demand(self) -> (Capability, &'static str) {
        match self {
            Self::Public => (Capability::PublicClients, "none"),
        }
    }

    /// The method to store with a sign-in that uses this.
    pub(crate) fn method(self) -> AuthMethod {
        match self {
            Self::Public => AuthMethod::None,
        }
    }

    /// Adds the fields to a form that identify and authenticate the client.
    ///
    /// Source: RFC 6749 sections 2.3.1 and 3.2.1, `client_id` of a client without credentials.
    fn complete(self, client: &ClientMetadata, form: &mut String) {
        match self {
            Self::Public => push_form(form, "client_id", &client.client_id),
        }
    }
}

/// A request to an endpoint of an authorization server.
pub(crate) struct EndpointRequest {
    auth: ClientAuth,
    pub(crate) url: String,
    form: String,
}

impl EndpointRequest {
    pub(super) fn new(auth: ClientAuth, url: &str, form: String) -> Self {
        Self {
            auth,
            url: url.to_owned(),
            form,
        }
    }

    /// The request for one try. Each try is authenticated separately.
    pub(crate) fn authenticated(&self, client: &ClientMetadata) -> Request {
        let mut form = self.form.clone();
        self.auth.complete(client, &mut form);
        Request::post_form(self.url.clone(), form)
    }
}
