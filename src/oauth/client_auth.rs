//! Client authentication (RFC 6749 section 2.3): how a client shows an authorization server that it is the one it names.

use super::{Capability, ClientMetadata, ConfigError};
use crate::http::Request;
use crate::json::Json;
use crate::url::push_form;

/// The method of client authentication that a sign-in was begun with. The server takes the session's requests by no other.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: the client is public.
    None,
    /// A method that this client cannot do, as another client stored it: an object with its name as `method`.
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

    /// Authenticates the client by this method, if it can do that.
    pub(crate) fn auth(&self) -> Option<ClientAuth> {
        match self {
            Self::None => Some(ClientAuth::Public),
            Self::Other(_) => None,
        }
    }
}

/// What authenticates a client in its requests to an authorization server.
///
/// Source: RFC 7591 section 2, `token_endpoint_auth_method`; atproto specification, "OAuth", section "Types of Clients".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// `none`: a public client names itself and proves nothing.
    Public,
}

impl ClientAuth {
    /// What client metadata declare, if this client can do it.
    pub(super) fn declared_in(metadata: &Json) -> Result<Self, ConfigError> {
        let name = metadata.str("token_endpoint_auth_method");
        // RFC 7591 section 2 has this default.
        match name.as_deref().unwrap_or("client_secret_basic") {
            "none" if metadata.get("token_endpoint_auth_signing_alg").is_some() => {
                Err(ConfigError::SigningAlgWithoutKey)
            }
            "none" => Ok(Self::Public),
            "private_key_jwt" => Err(ConfigError::NeedsKeyset),
            other => Err(ConfigError::UnsupportedAuthMethod(other.to_owned())),
        }
    }

    /// What a server must be able to do for this, and the method that its metadata must list.
    pub(super) fn demand(self) -> (Capability, &'static str) {
        match self {
            Self::Public => (Capability::PublicClients, "none"),
        }
    }

    /// The method that a sign-in which begins with this is to keep.
    pub(crate) fn method(self) -> AuthMethod {
        match self {
            Self::Public => AuthMethod::None,
        }
    }

    /// Adds to a form what names and authenticates the client.
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

    /// The request for one try. The next try is authenticated anew.
    pub(crate) fn authenticated(&self, client: &ClientMetadata) -> Request {
        let mut form = self.form.clone();
        self.auth.complete(client, &mut form);
        Request::post_form(self.url.clone(), form)
    }
}
