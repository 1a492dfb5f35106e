//! The app's own requests: they go out by `fetch`, and what comes back is the browser's.

pub(crate) use super::answer::FetchAnswer as Answer;
use super::answer::FetchAnswer;
use super::fetch::unreachable;
use super::reflect::{call, construct, get, get_str, global, promised, set, set_text, texts};
use crate::app::{Body, FetchRequest, PdsRequest, Target, request};
use crate::client::{Error, OAuthSession, Step};
use crate::ports::Http;
use js_sys::{Array, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// What a `Request` is copied by, but for its headers and its body.
const MEMBERS: [&str; 10] = [
    "method",
    "mode",
    "credentials",
    "cache",
    "redirect",
    "referrer",
    "referrerPolicy",
    "integrity",
    "keepalive",
    "signal",
];

/// Sends a request of ours.
pub(crate) async fn send(
    request: &PdsRequest,
    to: Target<'_>,
    _: &dyn Http,
) -> Result<FetchAnswer, Error> {
    let sent = async {
        let headers = construct("Headers", &[])?;
        for (name, value) in &request.headers {
            call(&headers, "append", &[&name.into(), &value.into()])?;
        }
        let init = texts(&[("method", request.method.as_ref())]);
        match &request.body {
            None => {}
            Some(Body::Text(text)) => set(&init, "body", &text.into()),
            Some(Body::Bytes(bytes)) => set(&init, "body", &Uint8Array::from(&bytes[..])),
        }
        dispatch(&to, headers, &init).await
    };
    sent.await
        .map(FetchAnswer)
        .map_err(|thrown| failed(thrown, to.url))
}

/// Sends what `init` says. With credentials, no redirect is followed; whether one may be told of or is an error, the app can
/// say.
async fn dispatch(to: &Target<'_>, headers: JsValue, init: &JsValue) -> Result<JsValue, JsValue> {
    let credentials = to.credentials.as_ref();
    for (name, value) in [
        ("authorization", credentials.map(|ours| ours.authorization)),
        ("dpop", credentials.map(|ours| ours.dpop)),
    ] {
        match value {
            Some(value) => call(&headers, "set", &[&name.into(), &value.into()])?,
            None => call(&headers, "delete", &[&name.into()])?,
        };
    }
    let follows = matches!(get_str(init, "redirect").as_deref(), None | Some("follow"));
    if credentials.is_some() && follows {
        set_text(init, "redirect", "manual");
    }
    set(init, "headers", &headers);
    let answer = call(&js_sys::global(), "fetch", &[&to.url.into(), init]);
    promised(answer).await
}

fn failed(thrown: JsValue, url: &str) -> Error {
    Error::new(Step::Request, unreachable(thrown)).at(url)
}

impl FetchAnswer {
    /// The names and values of all headers that the page may read.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let Ok(headers) = get(&self.0, "headers").dyn_into::<Object>() else {
            return Vec::new();
        };
        let pairs = Array::from(&headers);
        let pair = |pair: JsValue| Some((get_str(&pair, "0")?, get_str(&pair, "1")?));
        pairs.iter().filter_map(pair).collect()
    }

    /// The body as text.
    pub(crate) async fn text(self) -> Result<String, Error> {
        let text = self.read("text").await?;
        Ok(text.as_string().unwrap_or_default())
    }

    /// The body as octets.
    pub(crate) async fn bytes(self) -> Result<Vec<u8>, Error> {
        let buffer = self.read("arrayBuffer").await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    async fn read(&self, method: &str) -> Result<JsValue, Error> {
        let read = promised(call(&self.0, method, &[])).await;
        let url = || get_str(&self.0, "url").unwrap_or_default();
        read.map_err(|thrown| failed(thrown, &url()))
    }
}

/// Its body never comes in here: it is read into a `Blob`, which the browser keeps and can send as often as the server wants.
/// As with `fetch`, a request with a body can be used once.
///
/// A browser makes a path absolute by the page's own address; so a request to the page's origin is one to the same path of
/// the PDS.
impl FetchRequest for web_sys::Request {
    type Response = web_sys::Response;

    async fn fetch(self, session: &OAuthSession) -> Result<web_sys::Response, Error> {
        let text = |name| get_str(&self, name).unwrap_or_default();
        let (method, url) = (text("method"), text("url"));
        let origin = get_str(&global("location"), "origin").unwrap_or_default();
        let path = url.strip_prefix(&origin);
        let path = path.filter(|path| path.starts_with('/')).unwrap_or(&url);
        let body = match method.as_str() {
            "GET" | "HEAD" => JsValue::UNDEFINED,
            _ => {
                let body = promised(call(&self, "blob", &[])).await;
                body.map_err(|thrown| failed(thrown, &url))?
            }
        };
        let keeps_redirects = text("redirect") == "manual";
        let send = async |to: Target<'_>| {
            let sent = async {
                let init = texts(&[]);
                set(&init, "body", &body);
                for name in MEMBERS {
                    set(&init, name, &get(&self, name));
                }
                let headers = construct("Headers", &[&get(&self, "headers")])?;
                dispatch(&to, headers, &init).await
            };
            sent.await
                .map(FetchAnswer)
                .map_err(|thrown| failed(thrown, to.url))
        };
        let answer = request(session, &method, path, keeps_redirects, send).await?;
        Ok(answer.0.unchecked_into())
    }
}
