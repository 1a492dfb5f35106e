//! A request to a PDS, as a value.

use crate::url::push_form;
use std::borrow::Cow;
use std::fmt;

/// The methods that `fetch` changes to upper case (Fetch standard, "normalize a method"). Others are sent as given.
const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/// A request to a PDS, for apps without a request library.
#[derive(Clone)]
pub struct PdsRequest {
    pub(crate) method: Cow<'static, str>,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Body>,
}

/// The body of a request.
#[derive(Clone)]
pub(crate) enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl PdsRequest {
    /// A request with any method. Methods that `fetch` changes to upper case may be given in lower case.
    pub fn new(method: impl Into<Cow<'static, str>>, path: impl Into<String>) -> Self {
        Self {
            method: normalized(method.into()),
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A GET, for XRPC queries.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// A POST, for XRPC procedures.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// Adds a parameter to the query.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        let mut pair = String::new();
        push_form(&mut pair, name, &value.to_string());
        self.path
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&pair);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body to a JSON text.
    pub fn json(self, text: impl Into<String>) -> Self {
        self.header("content-type", "application/json").text(text)
    }

    /// Sets the body to a text. Set the `content-type` with [`header`](Self::header).
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Some(Body::Text(text.into()));
        self
    }

    /// Sets the body to octets, such as a picture. Set the `content-type` with [`header`](Self::header).
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Body::Bytes(bytes.into()));
        self
    }
}

impl fmt::Debug for PdsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PdsRequest({} {})", self.method, self.path)
    }
}

/// A method as it is sent, and as the `htm` claim of a proof must have it.
fn normalized(method: Cow<'static, str>) -> Cow<'static, str> {
    let known = NORMALIZED
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&method));
    known.map_or(method, Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::PdsRequest;
    use crate::json::Json;

    /// `spec/path.json`, which `tests/package/request.test.mjs` reads too.
    #[test]
    fn methods_are_written_as_fetch_writes_them() {
        let table = Json::parse(include_str!("../spec/path.json")).expect("JSON");
        for case in table
            .get("methods")
            .and_then(|all| all.as_array())
            .expect("cases")
        {
            let given = case.str("given").expect("a method");
            let request = PdsRequest::new(given, "/");
            assert_eq!(Some(&*request.method), case.str("sent").as_deref());
        }
    }
}
