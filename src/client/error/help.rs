//! What can be done about an error: the sentence that goes with its code and the step it happened in.
//!
//! A server's "no" is about what that server sees: the published client metadata, the address that it believes to have, the
//! requests that came before. So the sentence goes by the word that the server used, and by what it was asked.

use super::{ErrorKind, Step};
use crate::http::HttpError;
use crate::oauth::{CallbackError, ConfigError, Refusal};

/// For a server that demands a nonce and hides it.
pub(super) const NONCE_UNREADABLE: &str = "The server wants a nonce that it does not let pages read: it must name DPoP-Nonce in Access-Control-Expose-Headers.";

const METADATA: &str = "The server cannot read the published client metadata, or refuses what is there. It fetches client_id by itself: that must be public, with status 200 and application/json. It may keep an older copy for some minutes.";
const REDIRECT_URI: &str = "Name the redirect URI, to the letter, in redirect_uris of the published client metadata, of which the server may keep an older copy for some minutes.";
const SCOPE: &str = "Compare the scope with the published client metadata, of which the server may keep an older copy for some minutes, and with the server's scopes_supported.";
const GRANT_IS_OVER: &str = "What was granted is over; sign in again.";
const START_AGAIN: &str = "The request expired or was used already. Start the sign-in again.";
const IN_TROUBLE: &str = "The server is in trouble; try again later.";

pub(super) fn of(kind: &ErrorKind, step: Step) -> &'static str {
    match kind {
        ErrorKind::Config(e) => e.help(),
        ErrorKind::Identity(e) => e.help(),
        ErrorKind::Peer(e) => e.help(),
        ErrorKind::Callback(e) => match e {
            CallbackError::Refused { error, .. } => of_word(error, Step::Callback),
            CallbackError::InPopup(failure) => {
                let mut params = failure.params.iter();
                let error = params.find(|(name, _)| name == "error");
                error.and_then(|(_, error)| of_word(error, Step::Callback))
            }
            _ => None,
        }
        .unwrap_or_else(|| e.help()),
        ErrorKind::Storage(e) => e.help(),
        ErrorKind::Ended(_, end) => end.help(),
        ErrorKind::Http(e) => of_answer(e, step),
        ErrorKind::WithoutOauth(_) => {
            "This server does not offer OAuth sign-in for atproto; check its address, which may have changed, or use the account's handle. If the account is there, the server's operator has to update it."
        }
        ErrorKind::Refused(e) => of_refusal(e, step),
        ErrorKind::ClockSkew { .. } => {
            "Set the clock of this device right, date and time zone included, and try again."
        }
        ErrorKind::NotAuthoritative { .. } => {
            "The account belongs to another server. Sign in again, with the account's handle."
        }
        ErrorKind::Key(e) => e.help(),
        ErrorKind::Resolver(_) => {
            "Try again; what the app's own resolver threw, the cause, says what it met."
        }
        ErrorKind::Renewer(_) => "The error of the worker says what it met.",
        ErrorKind::Observer(_) => "Mend the error that the app's own session hook throws.",
        ErrorKind::NavigatedBack => "Let the user try again.",
        ErrorKind::Popup(e) => e.help(),
        ErrorKind::Host(e) => e.help(),
    }
}

/// An answer that is none, or none of the form that its place demands.
fn of_answer(error: &HttpError, step: Step) -> &'static str {
    match (error, step) {
        (HttpError::Status(429), _) => "The server was asked too often; try again later.",
        (HttpError::Status(_), _) if error.is_retryable() => IN_TROUBLE,
        _ if error.is_retryable() => {
            "Check the connection and try again. A page is not told whether the server is down, unknown or refuses cross-origin requests."
        }
        (HttpError::Redirected, Step::Request) => {
            "The server redirects this request, and a token goes to no other address than that of the account's own server. Ask at the address that it redirects to, with fetch."
        }
        (_, Step::Request) => "The answer is not JSON; read it as text or octets.",
        (_, Step::Configure) => ConfigError::MetadataStatus(0).help(),
        (_, Step::Handle) => "Check that the handleResolver option names an atproto server.",
        (_, Step::Did) => "Check the plcDirectoryUrl option; a did:web is for its host to mend.",
        (_, Step::Par | Step::Token | Step::Refresh | Step::Revoke) => {
            "That was no answer of an authorization server's endpoint: a proxy in front of it may refuse the request. Its operator has to look."
        }
        _ => "Check that the address is that of an atproto server.",
    }
}

/// The authorization server's "no".
fn of_refusal(refusal: &Refusal, step: Step) -> &'static str {
    if refusal.status == 429 {
        return of_answer(&HttpError::Status(429), step);
    }
    if refusal.is_retryable() {
        return IN_TROUBLE;
    }
    let word = refusal.error.as_deref().unwrap_or_default();
    of_word(word, step).unwrap_or(match step {
        Step::Par => {
            "The server refused the sign-in; its words say why. Check the client metadata and the options of the sign-in."
        }
        Step::Token => {
            "The server refused the sign-in; its words say why. Start it again."
        }
        Step::Refresh => {
            "The server refused to renew the session; its words say why. Try again later, or sign in again."
        }
        _ => "The server refused the request; its words say why.",
    })
}

/// The words of RFC 6749 sections 4.1.2.1 and 5.2, RFC 7591 section 3.2.2, RFC 9126 section 2.3, RFC 9449 section 5, OpenID
/// Connect Core section 3.1.2.6, and the reference server's own.
fn of_word(word: &str, step: Step) -> Option<&'static str> {
    Some(match (word, step) {
        ("invalid_grant", Step::Token) => {
            "The code has expired or was used already, or is for another client or redirect URI. Start the sign-in again."
        }
        ("invalid_grant", _) => GRANT_IS_OVER,
        ("use_dpop_nonce", _) => {
            "The server wants another nonce with every answer; its operator has to mend that."
        }
        ("invalid_dpop_proof" | "invalid_dpop_key_binding", _) => {
            "The server does not take the DPoP proof. Most often it compares htu with its own idea of its address: behind a proxy it must be told its public URL."
        }
        ("invalid_scope", Step::Refresh) => GRANT_IS_OVER,
        ("invalid_scope", _) => SCOPE,
        ("invalid_client" | "invalid_client_metadata" | "invalid_client_id", _) => METADATA,
        ("invalid_redirect_uri", _) => REDIRECT_URI,
        ("unauthorized_client" | "unsupported_grant_type" | "unsupported_response_type", _) => {
            "The published client metadata must have response_types \"code\" and grant_types \"authorization_code\" and \"refresh_token\"."
        }
        ("access_denied", _) => "The sign-in was not granted. Let the user try again.",
        (
            "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required",
            _,
        ) => "The server has to ask the user first: sign in without prompt \"none\".",
        ("invalid_request_uri", _) => START_AGAIN,
        ("invalid_request" | "InvalidRequest", Step::Par) => {
            "The server's words name the part that it does not take. Compare redirect URI, scope and options with the published client metadata."
        }
        ("invalid_request" | "InvalidRequest", Step::Callback) => START_AGAIN,
        ("AccountTakedown" | "AccountDeactivated" | "AccountSuspended", _) => {
            "The account is not active at its server."
        }
        ("temporarily_unavailable" | "server_error", _) => IN_TROUBLE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::*;
    use crate::json::Json;
    use crate::oauth::PopupFailure;

    /// What the sentence must mention, by step and word.
    #[test]
    fn help_goes_by_word_and_step() {
        for (step, status, word, expected) in [
            (Step::Token, 400, "invalid_grant", "was used already"),
            (Step::Refresh, 400, "invalid_grant", "sign in again"),
            (Step::Par, 400, "use_dpop_nonce", "another nonce"),
            (Step::Token, 401, "use_dpop_nonce", "another nonce"),
            (Step::Par, 400, "invalid_dpop_proof", "proxy"),
            (Step::Token, 400, "invalid_dpop_proof", "proxy"),
            (Step::Token, 400, "invalid_dpop_key_binding", "proof"),
            (Step::Par, 400, "invalid_scope", "scopes_supported"),
            (Step::Token, 400, "invalid_scope", "scopes_supported"),
            (Step::Refresh, 400, "invalid_scope", "sign in again"),
            (Step::Par, 400, "invalid_client", "fetches client_id"),
            (
                Step::Par,
                400,
                "invalid_client_metadata",
                "fetches client_id",
            ),
            (Step::Par, 400, "invalid_client_id", "fetches client_id"),
            (Step::Token, 401, "invalid_client", "fetches client_id"),
            (Step::Refresh, 401, "invalid_client", "fetches client_id"),
            (Step::Par, 400, "invalid_redirect_uri", "redirect_uris"),
            (Step::Par, 400, "unauthorized_client", "grant_types"),
            (Step::Token, 400, "unsupported_grant_type", "grant_types"),
            (
                Step::Par,
                400,
                "unsupported_response_type",
                "response_types",
            ),
            (Step::Par, 400, "invalid_request_uri", "again"),
            (Step::Par, 400, "login_required", "prompt"),
            (Step::Par, 400, "consent_required", "prompt"),
            (Step::Par, 400, "invalid_request", "redirect URI"),
            (Step::Par, 400, "InvalidRequest", "redirect URI"),
            (Step::Token, 400, "invalid_request", "Start it again"),
            (Step::Refresh, 400, "InvalidRequest", "renew the session"),
            (Step::Par, 400, "", "options of the sign-in"),
            (Step::Par, 400, "word_of_tomorrow", "options of the sign-in"),
            (Step::Token, 400, "AccountTakedown", "not active"),
            (Step::Token, 500, "invalid_grant", "in trouble"),
            (Step::Par, 503, "", "in trouble"),
            (Step::Par, 400, "temporarily_unavailable", "in trouble"),
            (Step::Refresh, 429, "RateLimitExceeded", "too often"),
        ] {
            let json = format!(r#"{{"error":"{word}"}}"#);
            let payload = Json::parse(&json).expect("JSON");
            let refusal = Refusal {
                status,
                error: Some(word.to_owned()),
                description: None,
                payload,
            };
            let help = Error::new(step, refusal).help();
            assert!(help.contains(expected), "{step:?} {status} {word}: {help}");
        }
    }

    #[test]
    fn help_goes_by_the_word_that_comes_back_with_the_user() {
        for (word, expected) in [
            ("access_denied", "try again"),
            ("login_required", "prompt"),
            ("consent_required", "prompt"),
            ("interaction_required", "prompt"),
            ("account_selection_required", "prompt"),
            ("invalid_scope", "scopes_supported"),
            ("invalid_request", "again"),
            ("unauthorized_client", "grant_types"),
            ("server_error", "later"),
            ("temporarily_unavailable", "later"),
            ("word_of_tomorrow", "try again"),
        ] {
            let error = CallbackError::Refused {
                error: word.to_owned(),
                description: None,
            };
            let in_popup = CallbackError::InPopup(PopupFailure {
                message: String::new(),
                params: vec![("error".to_owned(), word.to_owned())],
            });
            for error in [error, in_popup] {
                let help = Error::new(Step::Callback, error).help();
                assert!(help.contains(expected), "{word}: {help}");
            }
        }
    }

    #[test]
    fn help_goes_by_the_answer_and_where_it_came_from() {
        let html = || HttpError::ContentType(Some("text/html".to_owned()));
        for (step, error, expected) in [
            (Step::Par, HttpError::Timeout, "connection"),
            (Step::Did, HttpError::Status(502), "in trouble"),
            (Step::Handle, HttpError::Status(429), "too often"),
            (Step::Configure, HttpError::NotJson, "application/json"),
            (Step::Handle, HttpError::Status(404), "handleResolver"),
            (Step::Handle, html(), "handleResolver"),
            (Step::Did, HttpError::NotJson, "plcDirectoryUrl"),
            (Step::Resource, HttpError::TooLarge, "atproto server"),
            (Step::Par, html(), "endpoint"),
            (Step::Token, HttpError::Redirected, "endpoint"),
            (Step::Refresh, HttpError::Status(403), "proxy"),
            (Step::Request, HttpError::Redirected, "no other address"),
            (Step::Request, HttpError::NotJson, "as text"),
        ] {
            let said = format!("{step:?} {error}");
            let help = Error::new(step, error).help();
            assert!(help.contains(expected), "{said}: {help}");
        }
    }

    #[test]
    fn a_server_without_oauth_is_told_as_such() {
        for error in [HttpError::Status(404), HttpError::Redirected] {
            let error = Error::new(Step::Issuer, ErrorKind::WithoutOauth(error));
            assert!(error.help().contains("does not offer OAuth"));
        }
    }

    #[test]
    fn a_nonce_that_is_hidden_is_the_server_s_to_show() {
        let error = Error::new(Step::Par, HttpError::Status(401)).without_nonce();
        assert!(error.help().contains("Access-Control-Expose-Headers"));
    }
}
