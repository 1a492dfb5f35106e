//! Client metadata (RFC 7591 section 2, as a client id metadata document), judged before they are sent to a server.

use super::loopback::{is_loopback_id, is_loopback_ip, loopback_client_id, metadata_of};
use super::{ATPROTO_SCOPE, ClientAuth, ConfigError, MetadataRule, scope_has};
use crate::http::{HttpError, Request, Response};
use crate::json::Json;
use crate::url::Url;

const DPOP_BOUND: &str = "dpop_bound_access_tokens";

/// An app's client metadata, checked by every rule that the specification and the reference server agree on. Metadata that
/// only some servers refuse are accepted. `spec/client-metadata.json` lists both.
///
/// Source: atproto specification, "OAuth", section "Client ID Metadata Document".
#[derive(Clone, Debug, PartialEq)]
pub struct ClientMetadata {
    /// The URL of the published document, or a loopback id.
    pub client_id: String,
    /// The redirect URIs; at least one.
    pub redirect_uris: Vec<String>,
    /// The complete scope that the app may request.
    pub scope: String,
    /// How the client authenticates itself.
    pub(crate) auth: ClientAuth,
    /// The original document.
    pub raw: Json,
}

impl ClientMetadata {
    /// Judges a document that the app supplies.
    pub fn judge(raw: Json) -> Result<Self, ConfigError> {
        if !raw.is_object() {
            return invalid("clientMetadata", MetadataRule::Object);
        }
        let client_id = raw.str("client_id").unwrap_or_default();
        check_client_id(&client_id)?;
        let redirect_uris = raw.strings("redirect_uris").unwrap_or_default();
        if redirect_uris.is_empty() {
            return invalid("redirect_uris", MetadataRule::List);
        }
        for uri in &redirect_uris {
            check_redirect_uri(uri)?;
        }
        check_links(&raw, &client_id)?;
        let scope = raw.str("scope").unwrap_or_default();
        if !scope_has(&scope, ATPROTO_SCOPE) {
            return Err(ConfigError::NoAtprotoScope);
        }
        // Absent lists and methods have the defaults of RFC 7591 section 2.
        let lists = |name, value| raw.get(name).is_none() || raw.lists(name, value);
        if !lists("response_types", "code") {
            return Err(ConfigError::NoCodeResponseType);
        }
        if !lists("grant_types", "authorization_code") {
            return Err(ConfigError::NoAuthorizationCodeGrant);
        }
        let auth = ClientAuth::declared_in(&raw)?;
        if raw.get(DPOP_BOUND).and_then(|bound| bound.as_bool()) != Some(true) {
            return invalid(DPOP_BOUND, MetadataRule::True);
        }
        if !is_loopback_id(&client_id) {
            check_application_type(&raw, &client_id, &redirect_uris)?;
        }
        Ok(Self {
            client_id,
            redirect_uris,
            scope,
            auth,
            raw,
        })
    }

    /// Judges the text of a document, such as a published file that the app includes.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let none = || ConfigError::InvalidOption("clientMetadata", "no JSON".to_owned());
        Self::judge(Json::parse(text).ok_or_else(none)?)
    }

    /// The metadata that a loopback client id encodes.
    pub fn of_loopback_id(client_id: &str) -> Result<Self, ConfigError> {
        let text = metadata_of(client_id)?;
        let raw =
            Json::parse(&text).ok_or_else(|| ConfigError::InvalidClientId(client_id.to_owned()))?;
        Self::judge(raw)
    }

    /// The metadata of an app under development at this page.
    pub(crate) fn of_page(page: Option<&Url>) -> Result<Self, ConfigError> {
        let no_page = || ConfigError::NotLoopback(String::new());
        Self::of_loopback_id(&loopback_client_id(page.ok_or_else(no_page)?)?)
    }

    /// The request for a published document.
    pub(crate) fn request(client_id: &str) -> Result<Request, ConfigError> {
        check_client_id(client_id)?;
        Ok(Request::get(client_id.to_owned(), "application/json"))
    }

    /// Judges the response to [`ClientMetadata::request`]. A document must name its own URL, or servers refuse it.
    pub(crate) fn judge_response(
        client_id: &str,
        response: &Response,
    ) -> Result<Result<Self, ConfigError>, HttpError> {
        match response.document(&["application/json"]) {
            Ok(raw) if raw.str("client_id").as_deref() != Some(client_id) => {
                Ok(invalid("client_id", MetadataRule::Address))
            }
            Ok(raw) => Ok(Self::judge(raw)),
            Err(HttpError::Status(status)) => Ok(Err(ConfigError::MetadataStatus(status))),
            Err(HttpError::ContentType(found)) => Ok(Err(ConfigError::MetadataContentType(
                found.unwrap_or_default(),
            ))),
            Err(other) => Err(other),
        }
    }

    /// Whether this is a client under development, with a loopback id.
    pub fn is_loopback(&self) -> bool {
        is_loopback_id(&self.client_id)
    }

    /// The redirect URI to use: one of those registered.
    pub(crate) fn redirect_uri<'a>(
        &'a self,
        chosen: Option<&'a str>,
    ) -> Result<&'a str, ConfigError> {
        match chosen {
            None => Ok(&self.redirect_uris[0]),
            Some(uri) if self.redirect_uris.iter().any(|known| known == uri) => Ok(uri),
            Some(_) => Err(ConfigError::UnknownRedirectUri),
        }
    }

    /// Checks a requested scope as authorization servers do: token by token, regardless of their meaning.
    pub(crate) fn check_scope(&self, asked: &str) -> Result<(), ConfigError> {
        let mut tokens = asked.split(' ').filter(|token| !token.is_empty());
        match tokens.find(|token| !scope_has(&self.scope, token)) {
            Some(token) => Err(ConfigError::ScopeNotRegistered(token.to_owned())),
            None if !scope_has(asked, ATPROTO_SCOPE) => Err(ConfigError::AskedWithoutAtproto),
            None => Ok(()),
        }
    }

    /// The redirect URI with the origin and path of a page, by the table `spec/redirect-uri.json`.
    pub(crate) fn redirect_uri_of_page(&self, page: &Url) -> Option<&str> {
        self.redirect_uris
            .iter()
            .find(|uri| {
                Url::parse(uri).is_some_and(|url| {
                    url.origin() == page.origin() && url.pathname() == page.pathname()
                })
            })
            .map(String::as_str)
    }

    /// The address of a `localhost` page on the loopback IP address: a registered redirect URI with the same path, at the
    /// page's own port.
    pub(crate) fn loopback_ip_of_page(&self, page: &Url) -> Option<String> {
        let port = page.port();
        let url = self.redirect_uris.iter().find_map(|uri| {
            Url::parse(uri).filter(|url| {
                is_loopback_ip(url)
                    && url.scheme() == page.scheme()
                    && url.pathname() == page.pathname()
                    && (url.port().is_none() || url.port() == port)
            })
        })?;
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let behind = &page.as_str()[page.origin().len()..];
        Some(format!(
            "{}://{}{port}{behind}",
            url.scheme(),
            url.hostname()
        ))
    }
}

fn invalid<T>(member: &'static str, rule: MetadataRule) -> Result<T, ConfigError> {
    Err(ConfigError::InvalidMember(member, rule))
}

/// Checks a client id: a loopback id, or the https URL of a document on a public host name, in its normal form.
///
/// Source: draft-parecki-oauth-client-id-metadata-document section 3; atproto specification, "OAuth", "Clients".
fn check_client_id(client_id: &str) -> Result<(), ConfigError> {
    if is_loopback_id(client_id) {
        return metadata_of(client_id).map(drop);
    }
    let Some(url) = Url::parse(client_id).filter(|url| url.scheme() == "https") else {
        return Err(ConfigError::InvalidClientId(client_id.to_owned()));
    };
    let rule = if url.has_credentials() {
        MetadataRule::NoCredentials
    } else if url.fragment().is_some() {
        MetadataRule::NoFragment
    } else if url.port().is_some() {
        MetadataRule::NoPort
    } else if !is_public_host(url.hostname()) || is_ip(url.hostname()) {
        MetadataRule::PublicHost
    } else if url.pathname() == "/" || url.pathname().ends_with('/') {
        MetadataRule::Path
    } else if url.as_str() != client_id {
        MetadataRule::NormalForm
    } else {
        return Ok(());
    };
    invalid("client_id", rule)
}

/// Checks a redirect URI: https on a public host, http on a loopback IP address (RFC 8252 section 7.3), or a private-use
/// scheme (section 7.1).
fn check_redirect_uri(uri: &str) -> Result<(), ConfigError> {
    let Some(url) = Url::parse(uri) else {
        return invalid("redirect_uris", MetadataRule::Uris);
    };
    let rule = match url.scheme() {
        "https" if is_public_host(url.hostname()) => return Ok(()),
        "https" => MetadataRule::PublicHost,
        "http" if is_loopback_ip(&url) => return Ok(()),
        "http" => MetadataRule::LoopbackIp,
        scheme => {
            let behind = &uri[scheme.len() + 1..];
            if scheme.contains('.') && behind.starts_with('/') && !behind.starts_with("//") {
                return Ok(());
            }
            MetadataRule::PrivateScheme
        }
    };
    invalid("redirect_uris", rule)
}

/// Checks the pages that a consent page links to: https, and the app's own page on the origin of its client id. Servers
/// accept http on loopback hosts, for development.
fn check_links(raw: &Json, client_id: &str) -> Result<(), ConfigError> {
    for name in ["client_uri", "logo_uri", "tos_uri", "policy_uri"] {
        if raw.get(name).is_none() {
            continue;
        }
        let url = raw.str(name).and_then(|text| Url::parse(&text));
        let Some(url) = url.filter(|url| match url.scheme() {
            "http" => is_loopback_ip(url) || url.hostname() == "localhost",
            scheme => scheme == "https",
        }) else {
            return invalid(name, MetadataRule::Https);
        };
        // Servers derive the document of a loopback id from the id, and do not read this one.
        if name == "client_uri"
            && !is_loopback_id(client_id)
            && Url::parse(client_id).is_none_or(|id| id.origin() != url.origin())
        {
            return invalid(name, MetadataRule::SameOrigin);
        }
    }
    Ok(())
}

/// Checks redirect URIs by the kind of app: https for a web app; for a native one also a loopback address or a private-use
/// scheme, which is the client id's host in reverse.
fn check_application_type(
    raw: &Json,
    client_id: &str,
    redirect_uris: &[String],
) -> Result<(), ConfigError> {
    let native = match raw.str("application_type").as_deref() {
        Some("native") => true,
        Some("web") => false,
        None if raw.get("application_type").is_none() => false,
        _ => return invalid("application_type", MetadataRule::ApplicationType),
    };
    let mut own_scheme = String::new();
    let id = Url::parse(client_id);
    for part in id.as_ref().map_or("", Url::hostname).split('.') {
        let behind = std::mem::replace(&mut own_scheme, part.to_owned());
        if !behind.is_empty() {
            own_scheme.push('.');
            own_scheme.push_str(&behind);
        }
    }
    for url in redirect_uris.iter().filter_map(|uri| Url::parse(uri)) {
        let rule = match url.scheme() {
            "https" => continue,
            _ if !native => MetadataRule::WebUris,
            "http" => continue,
            scheme if scheme == own_scheme => continue,
            _ => MetadataRule::OwnScheme,
        };
        return invalid("redirect_uris", rule);
    }
    Ok(())
}

fn is_ip(hostname: &str) -> bool {
    let before_number = hostname.bytes().rev().find(|byte| !byte.is_ascii_digit());
    hostname.starts_with('[') || matches!(before_number, None | Some(b'.'))
}

fn is_public_host(hostname: &str) -> bool {
    is_ip(hostname)
        || (hostname.contains('.')
            && !hostname.ends_with(".local")
            && !hostname.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::super::loopback_client_id;
    use super::*;

    fn judge(change: &str) -> Result<ClientMetadata, ConfigError> {
        let base = r#"{"client_id":"https://app.example.com/client.json","redirect_uris":["https://app.example.com/cb"],
            "scope":"atproto","token_endpoint_auth_method":"none","dpop_bound_access_tokens":true"#;
        ClientMetadata::judge(Json::parse(&format!("{base}{change}}}")).expect("test JSON"))
    }

    #[test]
    fn each_rule_has_its_error() {
        assert!(judge("").is_ok());
        assert_eq!(
            judge(r#","scope":"notatproto""#),
            Err(ConfigError::NoAtprotoScope)
        );
        assert_eq!(
            judge(r#","response_types":["token"]"#),
            Err(ConfigError::NoCodeResponseType)
        );
        assert_eq!(
            judge(r#","grant_types":["implicit"]"#),
            Err(ConfigError::NoAuthorizationCodeGrant)
        );
        assert_eq!(
            judge(r#","token_endpoint_auth_signing_alg":"ES256""#),
            Err(ConfigError::SigningAlgWithoutKey)
        );
        assert_eq!(
            judge(r#","token_endpoint_auth_method":null"#),
            Err(ConfigError::UnsupportedAuthMethod(
                "client_secret_basic".into()
            ))
        );
        assert_eq!(
            judge(r#","token_endpoint_auth_method":"private_key_jwt""#),
            Err(ConfigError::NeedsKeyset)
        );
    }

    #[test]
    fn client_ids() {
        for bad in [
            "https://127.0.0.1/c.json",
            "https://app.example.com/",
            "https://app.example.com/c/",
            "https://app.example.com/a/../c.json",
            "https://intranet/c.json",
            "http://app.example.com/c.json",
            "https://u@app.example.com/c.json",
            "https://app.example.com/c.json#x",
            "https://app.example.com:8443/c.json",
            "ftp://x.com/a",
            "",
            "http://localhost:3000",
            "http://localhost/app",
            "http://localhost#x",
            "http://localhost?foo=1",
            "http://localhost?scope=atproto&scope=atproto",
            "http://localhost?scope=other",
            "http://localhost?redirect_uri=http%3A%2F%2Flocalhost%2F",
            "http://localhost.evil.com",
        ] {
            assert!(check_client_id(bad).is_err(), "{bad}");
        }
        for ok in [
            "https://app.example.com/c.json",
            "http://localhost",
            "http://localhost/",
            "http://localhost?",
        ] {
            assert!(check_client_id(ok).is_ok(), "{ok}");
        }
    }

    #[test]
    fn redirect_uris() {
        for ok in [
            "https://app.example.com/cb",
            "http://127.0.0.1:80/cb",
            "http://[::1]/",
            "com.example.app:/cb",
        ] {
            assert!(check_redirect_uri(ok).is_ok(), "{ok}");
        }
        for bad in [
            "http://localhost/x",
            "http://app.example.com/",
            "com.example.app://cb",
            "app:/cb",
            "https://intranet/",
            "x",
        ] {
            assert!(check_redirect_uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_of_a_loopback_page() {
        let id = |page| loopback_client_id(&Url::parse(page).expect("page"));
        let root = id("http://127.0.0.1:8080/").expect("loopback");
        assert_eq!(
            root,
            "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2F"
        );
        assert_eq!(
            id("http://localhost:8080/app?x#y").expect("loopback"),
            "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fapp"
        );
        assert_eq!(
            id("https://app.example.com/"),
            Err(ConfigError::NotLoopback("app.example.com".into()))
        );
        let metadata = ClientMetadata::of_loopback_id(&root).expect("valid");
        assert_eq!(metadata.redirect_uris, ["http://127.0.0.1:8080/"]);
        assert_eq!(metadata.scope, "atproto");
        let page = Url::parse("http://localhost:8080/?q#h").expect("page");
        assert_eq!(
            metadata.loopback_ip_of_page(&page).as_deref(),
            Some("http://127.0.0.1:8080/?q#h")
        );
    }
}
