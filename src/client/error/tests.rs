//! Tests that the table has the messages and help of all errors, and no others.

use super::samples::{STEPS, every_kind, every_purpose};
use super::{Error, ErrorKind, Step};
use crate::http::HttpError;
use crate::json::Json;
use crate::oauth::{CallbackError, PopupFailure, Refusal};
use crate::sentences::{Arguments, Message, TABLE};
use std::collections::BTreeSet;

/// The messages: key, class and template.
fn messages() -> Vec<(&'static str, &'static str, &'static str)> {
    let (messages, _) = TABLE.split_once("\n\n").expect("an empty line");
    let mut class = "";
    let mut rows = Vec::new();
    for line in messages.lines() {
        match line.split_once(' ') {
            Some((key, template)) => rows.push((key, class, template)),
            None => class = line,
        }
    }
    rows
}

/// The subjects of all help.
fn subjects() -> Vec<&'static str> {
    let (_, help) = TABLE.split_once("\n\n").expect("an empty line");
    let subjects = |line: &'static str| line.split_once(": ").expect("subjects").0.split(',');
    help.lines().flat_map(subjects).collect()
}

fn every_error() -> impl Iterator<Item = Error> {
    let in_step = |step| move |kind| Error::new(step, kind);
    STEPS
        .into_iter()
        .flat_map(move |step| every_kind().into_iter().map(in_step(step)))
}

fn check_message(of: &dyn Message, message: &str) {
    let key = of.key().text();
    let all = messages();
    let lines: Vec<_> = all.iter().filter(|(known, ..)| *known == key).collect();
    let [(_, _, template)] = lines[..] else {
        panic!("{key}: {} lines", lines.len())
    };
    let mut given = Arguments::default();
    of.arguments(&mut given);
    // Between `<` and `>` an argument may be missing.
    for part in template.split(['<', '>']).step_by(2) {
        for named in part.split('{').skip(1) {
            let (name, _) = named.split_once('}').expect("a name");
            let name = name.trim_start_matches('?');
            assert!(given.get(name).is_some(), "{key} lacks {name}");
        }
    }
    assert!(!message.is_empty(), "{key}");
}

#[test]
fn every_message_is_in_the_table_once_and_has_its_arguments() {
    for kind in every_kind() {
        let error = Error::new(Step::Token, kind);
        check_message(&error, &error.to_string());
        let error = error.at("https://pds.example/");
        check_message(&error, &error.to_string());
    }
    for purpose in every_purpose() {
        check_message(&purpose, &purpose.to_string());
    }
}

#[test]
fn every_message_of_the_table_is_an_error_s() {
    let kinds = every_kind();
    let said = kinds.iter().map(|kind| kind.key().text());
    let purposes = every_purpose();
    let mut said: BTreeSet<_> = said
        .chain(purposes.iter().map(|purpose| purpose.key().text()))
        .collect();
    // Used by the npm package only, such as the official client's text around a status.
    said.insert("RESOLVING/status");
    let known: BTreeSet<_> = messages().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(known, said);
}

#[test]
fn every_error_has_help_and_all_help_is_of_an_error() {
    let mut known = BTreeSet::from(["NONCE_UNREADABLE".to_owned()]);
    for error in every_error() {
        assert!(!error.help().is_empty(), "{error:?}");
        let (code, step) = (error.code(), error.step().as_str());
        let mut own = vec![code.to_owned()];
        own.extend(error.topic().map(str::to_owned));
        own.extend(code.split('_').next().map(str::to_owned));
        let mut arguments = Arguments::default();
        error.arguments(&mut arguments);
        own.extend(arguments.get("error").map(|code| format!("error={code}")));
        for subject in own {
            known.insert(format!("{subject}@{step}"));
            known.insert(subject);
        }
    }
    let subjects = subjects();
    let once: BTreeSet<_> = subjects.iter().copied().collect();
    assert_eq!(once.len(), subjects.len(), "a subject stands in two lines");
    for subject in once {
        assert!(known.contains(subject), "no error is about {subject}");
    }
}

#[test]
fn an_error_has_the_class_of_an_ended_session_if_the_session_has_ended() {
    for kind in every_kind() {
        let all = messages();
        let row = all.iter().find(|(key, ..)| *key == kind.key().text());
        let (_, class, _) = row.expect("a message");
        let is_ended = matches!(kind, ErrorKind::Ended(..));
        let is_token = class.starts_with("Token");
        if is_ended {
            let is_known = is_token || *class == "AuthMethodUnsatisfiableError";
            assert!(is_known, "{kind:?}");
        } else {
            assert!(!is_token, "{kind:?}");
        }
    }
}

/// The text that the sentence must mention, by step and `error` code.
#[test]
fn help_depends_on_code_and_step() {
    for (step, status, code, expected) in [
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
        (Step::Refresh, 400, "InvalidRequest", "refresh the session"),
        (Step::Par, 400, "", "options of the sign-in"),
        (Step::Par, 400, "word_of_tomorrow", "options of the sign-in"),
        (Step::Token, 400, "AccountTakedown", "not active"),
        (Step::Token, 500, "invalid_grant", "in trouble"),
        (Step::Par, 503, "", "in trouble"),
        (Step::Par, 400, "temporarily_unavailable", "in trouble"),
        (Step::Refresh, 429, "RateLimitExceeded", "too many"),
    ] {
        let json = format!(r#"{{"error":"{code}"}}"#);
        let payload = Json::parse(&json).expect("JSON");
        let refusal = Refusal {
            status,
            error: Some(code.to_owned()),
            description: None,
            payload,
        };
        let help = Error::new(step, refusal).help();
        assert!(help.contains(expected), "{step:?} {status} {code}: {help}");
    }
}

#[test]
fn help_goes_by_the_word_that_comes_back_with_the_user() {
    for (code, expected) in [
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
            error: code.to_owned(),
            description: None,
        };
        let in_popup = CallbackError::InPopup(PopupFailure {
            message: String::new(),
            params: vec![("error".to_owned(), code.to_owned())],
        });
        for error in [error, in_popup] {
            let help = Error::new(Step::Callback, error).help();
            assert!(help.contains(expected), "{code}: {help}");
        }
    }
}

#[test]
fn help_depends_on_the_response_and_its_origin() {
    let html = || HttpError::ContentType(Some("text/html".to_owned()));
    for (step, error, expected) in [
        (Step::Par, HttpError::Timeout, "connection"),
        (Step::Did, HttpError::Status(502), "in trouble"),
        (Step::Handle, HttpError::Status(429), "too many"),
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
fn a_server_without_oauth_has_its_own_help() {
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
