//! The syntax that all resources share: `resource:positional?name=value&name=value`.
//!
//! Source: atproto specification, "Permissions", section "Scope String Syntax".

use super::ScopeError;
use crate::url::{decode, parse_form, push_escaped};

/// A parsed token.
pub(super) struct Syntax<'a> {
    pub(super) resource: &'a str,
    positional: Option<&'a str>,
    params: &'a str,
}

impl<'a> Syntax<'a> {
    pub(super) fn split(token: &'a str) -> Self {
        let (head, params) = token.split_once('?').unwrap_or((token, ""));
        let (resource, positional) = match head.split_once(':') {
            Some((resource, positional)) => (resource, Some(positional)),
            None => (head, None),
        };
        Self {
            resource,
            positional,
            params,
        }
    }

    /// The values of a resource's parameters. `parameters` lists all that are allowed; the first may be positional.
    pub(super) fn read<const N: usize>(
        &self,
        resource: &'static str,
        names: [&'static str; N],
    ) -> Result<[Vec<String>; N], ScopeError> {
        let mut values = [const { Vec::new() }; N];
        for (name, value) in parse_form(self.params) {
            match names.iter().position(|known| *known == name) {
                Some(index) => values[index].push(value),
                None => return Err(ScopeError::UnknownParameter(resource, name)),
            }
        }
        if let (Some(text), Some(first), Some(name)) =
            (self.positional, values.first_mut(), names.first())
        {
            if !first.is_empty() {
                return Err(ScopeError::RepeatedParameter(name));
            }
            // A plus means a space in forms only.
            first.push(decode(&text.replace('+', "%2B")));
        }
        Ok(values)
    }
}

/// The value of a parameter that takes one.
pub(super) fn at_most_one(
    name: &'static str,
    values: Vec<String>,
) -> Result<Option<String>, ScopeError> {
    if values.len() > 1 {
        return Err(ScopeError::RepeatedParameter(name));
    }
    Ok(values.into_iter().next())
}

/// The value of a parameter that takes one and is required.
pub(super) fn exactly_one(
    resource: &'static str,
    name: &'static str,
    values: Vec<String>,
) -> Result<String, ScopeError> {
    at_most_one(name, values)?.ok_or(ScopeError::MissingParameter(resource, name))
}

/// Whether a text is a `scope-token` of RFC 6749 section 3.3.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// The token of a resource. The first parameter is positional if it has one value.
pub(super) fn print(
    resource: &str,
    (name, values): (&str, &[String]),
    (second_name, second_values): (&str, &[&str]),
) -> String {
    let mut out = resource.to_owned();
    let mut separator = '?';
    let mut param = |out: &mut String, name: &str, value: &str| {
        out.push(separator);
        separator = '&';
        out.push_str(name);
        out.push('=');
        push_value(out, value, b"*-._:/,@");
    };
    if let [value] = values {
        out.push(':');
        push_value(&mut out, value, b"*-._:/,@!+");
    } else {
        for value in values {
            param(&mut out, name, value);
        }
    }
    for value in second_values {
        param(&mut out, second_name, value);
    }
    out
}

/// Escapes the same characters as the reference server, and also `%`, and `+` in a parameter, which the reference server
/// prints as they are but parses as others.
fn push_value(out: &mut String, value: &str, plain: &[u8]) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(byte as char);
        } else {
            push_escaped(out, byte);
        }
    }
}
