//! The names in permissions: NSIDs and services.

use super::ScopeError;
use crate::identity::Did;

/// Stands for every name or every service.
pub(super) const ANY: &str = "*";

/// Names of record types or methods: sorted and without duplicates, or [`ANY`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Nsids(Vec<String>);

impl Nsids {
    /// Checks the values of a resource's parameter. There must be at least one.
    pub(super) fn new(
        resource: &'static str,
        parameter: &'static str,
        mut values: Vec<String>,
    ) -> Result<Self, ScopeError> {
        if values.is_empty() {
            return Err(ScopeError::MissingParameter(resource, parameter));
        }
        let is_wrong = |value: &String| value != ANY && !is_nsid(value);
        if let Some(at) = values.iter().position(is_wrong) {
            return Err(ScopeError::InvalidValue(parameter, values.swap_remove(at)));
        }
        if values.iter().any(|value| value == ANY) {
            values = vec![ANY.to_owned()];
        }
        values.sort();
        values.dedup();
        Ok(Self(values))
    }

    pub(super) fn as_slice(&self) -> &[String] {
        &self.0
    }

    pub(super) fn is_any(&self) -> bool {
        self.0.iter().any(|name| name == ANY)
    }

    /// Whether these include a name, or [`ANY`].
    pub(super) fn include(&self, name: &str) -> bool {
        self.is_any() || self.0.iter().any(|own| own == name)
    }
}

/// Source: atproto specification, "Namespaced Identifiers", section "NSID Syntax".
pub(super) fn is_nsid(text: &str) -> bool {
    const LONGEST: usize = 253 + 1 + 63;
    let is_segment = |segment: &str| {
        (1..=63).contains(&segment.len())
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !segment.starts_with('-')
            && !segment.ends_with('-')
    };
    let starts_with_letter = |segment: &str| segment.starts_with(|c: char| c.is_ascii_alphabetic());
    text.len() <= LONGEST
        && text.split('.').count() >= 3
        && text.split('.').all(is_segment)
        && starts_with_letter(text)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|name| starts_with_letter(name) && !name.contains('-'))
}

/// Whether a text names a service of a DID: the DID, `#`, and the service's id.
///
/// Source: atproto specification, "Permissions", section "rpc", `aud`; RFC 3986 section 3.5 for what follows `#`.
pub(super) fn is_service(text: &str) -> bool {
    text.split_once('#')
        .is_some_and(|(did, id)| Did::parse(did).is_ok() && !id.is_empty() && is_fragment(id))
}

fn is_fragment(text: &str) -> bool {
    let mut parts = text.split('%');
    let is_plain = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&b))
    };
    // Each part except the first follows a `%`, so it must begin with two hexadecimal digits.
    parts.next().is_some_and(is_plain)
        && parts.all(|part| {
            let escape = part.get(..2);
            escape.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) && is_plain(part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nsids_are_reversed_domains_and_a_name() {
        let longest = "a".repeat(63);
        for nsid in [
            "com.example.post",
            "a.b.c",
            "a-0.0-b.c0",
            "com.example.fooBar",
            "cn.8.lex.stuff",
            &format!("com.example.{longest}"),
            &format!(
                "com.{longest}.{longest}.{longest}.{}.{longest}",
                "b".repeat(57)
            ),
        ] {
            assert!(is_nsid(nsid), "{nsid}");
        }
        for text in [
            "",
            "com.example",
            "com..example.x",
            ".com.example.x",
            "com.example.x.",
            "com.example.3",
            "com.example.x-y",
            "3com.example.x",
            "com.-example.x",
            "com.example-.x",
            "com.exämple.x",
            "com.example.*",
            &format!("com.example.{longest}a"),
            &format!("com.{longest}.{longest}.{longest}.{longest}.{longest}"),
        ] {
            assert!(!is_nsid(text), "{text}");
        }
    }

    #[test]
    fn services_are_absolute_references() {
        for service in [
            "did:web:api.example.com#srv",
            "did:plc:z72i7hdynmk6r22z27h6tvur#a%20b?/",
            "did:web:localhost%3A3000#x",
        ] {
            assert!(is_service(service), "{service}");
        }
        for text in [
            "#srv",
            "did:web:api.example.com",
            "did:web:api.example.com#",
            "did:web:api.example.com#a#b",
            "did:web:api.example.com#a%2",
            "did:web:api.example.com#a%é",
            "did:web:api.example.com#a b",
            "did:key:z6Mk#srv",
        ] {
            assert!(!is_service(text), "{text}");
        }
    }
}
