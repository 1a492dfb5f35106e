//! Parses `WWW-Authenticate` (RFC 9110 section 11): the challenges of a server that refuses a request.

/// A part of the header's value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// The scheme of a new challenge. Case-insensitive.
    Scheme(&'a str),
    /// A parameter of the last challenge: its case-insensitive name, and its value without quotes.
    Param(&'a str, String),
}

/// Parses the header's value: a list of challenges. A browser joins several headers into one such list.
///
/// Invalid text is skipped up to the next comma. Missing commas are tolerated, because some servers omit them. A token68,
/// such as that of `Negotiate`, is dropped.
pub(super) struct Challenges<'a> {
    rest: Rest<'a>,
    /// Whether parameters belong to the last challenge.
    is_open: bool,
}

impl<'a> Challenges<'a> {
    pub(super) fn of(header: &'a str) -> Self {
        Self {
            rest: Rest(header),
            is_open: false,
        }
    }
}

impl<'a> Iterator for Challenges<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let rest = &mut self.rest;
        while rest.skip_to_item() {
            let name = rest.take(is_token_byte);
            let behind = rest.0;
            match rest.take_value() {
                _ if name.is_empty() => rest.skip_item(),
                Ok(value) if self.is_open => return Some(Part::Param(name, value)),
                Ok(_) => {}
                Err(NotAParameter::Value) => rest.skip_item(),
                Err(NotAParameter::NoEquals) => {
                    rest.0 = behind;
                    if rest.ends_token() {
                        self.is_open = !rest.take_token68();
                        return Some(Part::Scheme(name));
                    }
                    self.is_open = false;
                    rest.skip_item();
                }
            }
        }
        None
    }
}

/// Why a token is not the name of a parameter.
enum NotAParameter {
    NoEquals,
    /// An equals sign follows, but no value.
    Value,
}

/// The unread rest of the header.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Takes the longest prefix of such bytes, which must be ASCII.
    fn take(&mut self, is_such: fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !is_such(byte));
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    fn take_char(&mut self, wanted: char) -> bool {
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Skips white space and commas; whether any text follows.
    fn skip_to_item(&mut self) -> bool {
        self.take(|byte| byte == b',' || is_space(byte));
        !self.0.is_empty()
    }

    /// Skips to the next comma outside quotes. An unterminated quote extends to the end.
    fn skip_item(&mut self) {
        loop {
            let end = self.0.find([',', '"']).unwrap_or(self.0.len());
            self.0 = &self.0[end..];
            if !self.0.starts_with('"') {
                break;
            }
            if self.take_quoted().is_none() {
                self.0 = "";
            }
        }
    }

    /// Whether the token that was just taken ends here.
    fn ends_token(&self) -> bool {
        self.0.is_empty() || self.0.starts_with([',', ' ', '\t'])
    }

    /// Takes `=` and the value after it, with optional white space before each.
    fn take_value(&mut self) -> Result<String, NotAParameter> {
        self.take(is_space);
        if !self.take_char('=') {
            return Err(NotAParameter::NoEquals);
        }
        self.take(is_space);
        let value = match self.0.starts_with('"') {
            true => self.take_quoted(),
            false => Some(self.take(is_token_byte).to_owned()),
        };
        value
            .filter(|_| self.ends_token())
            .ok_or(NotAParameter::Value)
    }

    /// Takes a quoted-string; `None` if none begins here, or it is unterminated.
    fn take_quoted(&mut self) -> Option<String> {
        let mut chars = self.0.strip_prefix('"')?.chars();
        let mut value = String::new();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(chars.next()?),
                c => value.push(c),
            }
        }
        self.0 = chars.as_str();
        Some(value)
    }

    /// Takes a token68, which stands alone after its scheme.
    fn take_token68(&mut self) -> bool {
        let mut ahead = Rest(self.0);
        ahead.take(is_space);
        let token = ahead.take(|byte| byte == b'/' || is_token_byte(byte));
        ahead.take(|byte| byte == b'=');
        ahead.take(is_space);
        let is_alone = !token.is_empty() && (ahead.0.is_empty() || ahead.0.starts_with(','));
        if is_alone {
            self.0 = ahead.0;
        }
        is_alone
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// The challenges of a header, each as `scheme name=value name=value`.
    fn read(header: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for part in Challenges::of(header) {
            match part {
                Part::Scheme(scheme) => all.push(scheme.to_owned()),
                Part::Param(name, value) => {
                    let last = all.last_mut().expect("a challenge");
                    last.push_str(&format!(" {name}={value}"));
                }
            }
        }
        all
    }

    #[test]
    fn lists_and_quotes() {
        for (header, expected) in [
            ("", &[][..]),
            ("DPoP", &["DPoP"]),
            ("DPoP,", &["DPoP"]),
            (r#"DPoP error="a""#, &["DPoP error=a"]),
            ("DPoP error=a", &["DPoP error=a"]),
            ("DPoP error = \t\"a\" ,b=\"\"", &["DPoP error=a b="]),
            (
                r#"DPoP error="a\"b\\c, Bearer d""#,
                &[r#"DPoP error=a"b\c, Bearer d"#],
            ),
            ("Bearer, DPoP error=a", &["Bearer", "DPoP error=a"]),
            (
                r#"Bearer realm="x, y", DPoP a=b, c=d"#,
                &["Bearer realm=x, y", "DPoP a=b c=d"],
            ),
            (", ,DPoP a=b,,c=d, ", &["DPoP a=b c=d"]),
            // Missing commas.
            (
                r#"DPoP error="a" b=c Bearer d=e"#,
                &["DPoP error=a b=c", "Bearer d=e"],
            ),
            // A token68 is no scheme, and its challenge has no parameters.
            ("Negotiate a+/b==, DPoP c=d", &["Negotiate", "DPoP c=d"]),
            ("Negotiate DPoP, error=a", &["Negotiate"]),
            ("Negotiate a==", &["Negotiate"]),
            // Garbage.
            ("a=b", &[]),
            ("a=b, DPoP c=d", &["DPoP c=d"]),
            ("DPoP a=b, @, c=d", &["DPoP a=b c=d"]),
            ("DPoP a=@, b=c", &["DPoP b=c"]),
            (
                "DPoP a=b, Ba@rer c=d, e=f, Bearer g=h",
                &["DPoP a=b", "Bearer g=h"],
            ),
            (r#"DPoP a=b, c="d, Bearer e=f"#, &["DPoP a=b"]),
            (r#"DPoP a=b, c="d"e, f=g"#, &["DPoP a=b f=g"]),
            (r#"DPoP a=b, "c, d", e=f"#, &["DPoP a=b e=f"]),
            ("DPoP a=b, c=\"\\", &["DPoP a=b"]),
            ("\u{e9}\u{e9}, DPoP a=\"\u{e9}\"", &["DPoP a=\u{e9}"]),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    /// A parameter, and whether to write its value as a token if possible.
    type Param = (String, String, bool);

    fn params() -> impl Strategy<Value = Vec<Param>> {
        vec(
            (
                "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}",
                "[ -~\u{e9}]{0,12}",
                any::<bool>(),
            ),
            0..4,
        )
    }

    fn written(scheme: &str, params: &[Param], space: &str) -> String {
        let mut text = scheme.to_owned();
        for (at, (name, value, as_token)) in params.iter().enumerate() {
            text.push_str(if at == 0 { " " } else { "," });
            text.push_str(space);
            text.push_str(name);
            text.push_str(&format!("{space}={space}"));
            if *as_token && !value.is_empty() && value.bytes().all(is_token_byte) {
                text.push_str(value);
            } else {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                text.push_str(&format!("\"{value}\""));
            }
        }
        text
    }

    /// The same cases on every run.
    fn config() -> ProptestConfig {
        ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_is_written_reads_back(
            all in vec(("[A-Za-z][A-Za-z0-9-]{0,6}", params()), 0..4),
            space in "[ \t]{0,2}",
            comma in "[ \t]?,[ \t,]{0,2}",
        ) {
            let texts: Vec<String> = all
                .iter()
                .map(|(scheme, params)| written(scheme, params, &space))
                .collect();
            let header = texts.join(&comma);
            let expected = all.iter().flat_map(|(scheme, params)| {
                let params = params.iter();
                let params = params.map(|(name, value, _)| Part::Param(name, value.clone()));
                std::iter::once(Part::Scheme(scheme)).chain(params)
            });
            let found: Vec<_> = Challenges::of(&header).collect();
            prop_assert_eq!(found, expected.collect::<Vec<_>>(), "{}", header);
        }

        #[test]
        fn garbage_takes_nothing_from_what_is_before_it(garbage in any::<String>()) {
            Challenges::of(&garbage).count();
            let header = format!("DPoP error=\"a\", {garbage}");
            let first: Vec<_> = Challenges::of(&header).take(2).collect();
            let good = [Part::Scheme("DPoP"), Part::Param("error", "a".to_owned())];
            prop_assert_eq!(first, good);
        }

        #[test]
        fn bytes_of_a_header_are_read_to_the_end(bytes in vec(any::<u8>(), 0..200), of_syntax in "[a-c =,\"\\\\\t]{0,60}") {
            Challenges::of(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>()).count();
            Challenges::of(&of_syntax).count();
        }
    }
}
