//! Hosts on this device or in a private network.

/// Whether a host of a URL in its normal form is a different machine for every user: a loopback, private or link-local address,
/// `localhost`, or a name without a public domain.
///
/// Source: RFC 6890 (special-purpose addresses), RFC 6761 (`localhost`), RFC 6762 (`local`).
pub(crate) fn is_private(hostname: &str) -> bool {
    if let Some(address) = hostname.strip_prefix('[') {
        return !is_global_ipv6(address.as_bytes());
    }
    let host = hostname.strip_suffix('.').unwrap_or(hostname);
    let domain = top_level_domain(host);
    // In its normal form, an IPv4 address has four decimal numbers. No other host ends in a label of digits.
    if host.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return is_private_ipv4(host);
    }
    domain.len() == host.len() || ["localhost", "local", "internal"].contains(&domain)
}

/// The last label of a host name.
pub(crate) fn top_level_domain(host: &str) -> &str {
    let dot = host.bytes().rposition(|byte| byte == b'.');
    &host[dot.map_or(0, |at| at + 1)..]
}

/// Whether an IPv6 address is public: only 2000::/3 is allocated for the internet, and 2002::/16 contains an IPv4 address.
fn is_global_ipv6(address: &[u8]) -> bool {
    let end = address.iter().position(|byte| *byte == b':');
    match address {
        [b'2', b'0', b'0', b'2', ..] => false,
        [first, ..] => end == Some(4) && matches!(first, b'2' | b'3'),
        [] => false,
    }
}

fn is_private_ipv4(host: &str) -> bool {
    let mut numbers = host.split('.').map(|number| {
        let digits = number.bytes();
        digits.fold(0_u32, |value, digit| value * 10 + u32::from(digit & 15))
    });
    match (numbers.next(), numbers.next()) {
        (Some(0 | 10 | 127), _) | (Some(169), Some(254)) | (Some(192), Some(168)) => true,
        (Some(172), Some(16..=31)) => true,
        // Carrier-grade NAT.
        (Some(100), Some(64..=127)) => true,
        // Multicast and reserved addresses.
        (first, _) => first >= Some(224),
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;
    use crate::url::Url;

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("https://localhost", true),
            ("https://LOCALHOST:8443", true),
            ("https://localhost.", true),
            ("https://a.localhost", true),
            ("https://pds.local", true),
            ("https://pds.internal.", true),
            ("https://router", true),
            ("https://127.0.0.1", true),
            ("https://127.1", true),
            ("https://2130706433", true),
            ("https://0x7f.0.0.1", true),
            ("https://0.0.0.0", true),
            ("https://10.1.2.3", true),
            ("https://172.16.0.1", true),
            ("https://172.31.255.255", true),
            ("https://172.32.0.1", false),
            ("https://192.168.1.1", true),
            ("https://169.254.169.254", true),
            ("https://100.64.0.1", true),
            ("https://100.128.0.1", false),
            ("https://224.0.0.1", true),
            ("https://255.255.255.255", true),
            ("https://8.8.8.8", false),
            ("https://[::1]", true),
            ("https://[::]", true),
            ("https://[::ffff:127.0.0.1]", true),
            ("https://[::ffff:8.8.8.8]", true),
            ("https://[fe80::1]", true),
            ("https://[fd12::1]", true),
            ("https://[64:ff9b::7f00:1]", true),
            ("https://[2002:7f00:1::]", true),
            ("https://[2606:4700::1111]", false),
            ("https://pds.example.com", false),
            ("https://99999999999999.example.8a", false),
            ("https://localhost.example.com", false),
            ("https://10.example.com", false),
            ("https://local.example.com.", false),
        ] {
            let parsed = Url::parse(url).expect(url);
            assert_eq!(is_private(parsed.hostname()), expected, "{url}");
        }
    }
}
