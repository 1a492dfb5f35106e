//! `spec/scope.json`, which `tests/package/scopes.test.mjs` reads too: Rust and TypeScript have the same rules.

use atproto_oauth_wasm::{Permission, Scope, ScopeError};
use serde_json::Value;

fn cases(table: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../spec/scope.json")).expect("JSON");
    let cases = all[table].as_array().expect("a table").clone();
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().expect("a text")
}

fn printed<T: ToString>(result: Result<T, ScopeError>) -> Result<String, &'static str> {
    result
        .map(|value| value.to_string())
        .map_err(|error| error.code())
}

#[test]
fn tokens() {
    for case in cases("tokens") {
        let token = text(&case, "token");
        let canonical = case["canonical"].as_str().unwrap_or(token);
        let expected = match case["error"].as_str() {
            Some(code) => Err(code),
            None => Ok(canonical.to_owned()),
        };
        assert_eq!(printed(Permission::parse(token)), expected, "{token:?}");
        assert_eq!(printed(Scope::parse_strict(token)), expected, "{token:?}");
        // What is not understood is kept; what no scope can hold is not.
        let granted = match expected {
            Err(code) if code != "SCOPE_CHARACTER_INVALID" => Ok(token.to_owned()),
            other => other,
        };
        assert_eq!(printed(Scope::parse(token)), granted, "{token:?}");
    }
}

#[test]
fn scopes() {
    for case in cases("scopes") {
        let scope = text(&case, "scope");
        let granted = match case["error"].as_str() {
            Some(code) => Err(code),
            None => Ok(text(&case, "canonical").to_owned()),
        };
        let strict = match case["strict"].as_str() {
            Some(code) => Err(code),
            None => granted.clone(),
        };
        assert_eq!(printed(Scope::parse(scope)), granted, "{scope:?}");
        assert_eq!(printed(Scope::parse_strict(scope)), strict, "{scope:?}");
    }
}

#[test]
fn covers() {
    for case in cases("covers") {
        let granted = Scope::parse(text(&case, "granted")).expect("a scope");
        let needed = Scope::parse_strict(text(&case, "needed")).expect("a scope");
        let missing = text(&case, "missing");
        assert_eq!(granted.missing(&needed).to_string(), missing, "{case}");
        assert_eq!(granted.covers(&needed), missing.is_empty(), "{case}");
    }
}
