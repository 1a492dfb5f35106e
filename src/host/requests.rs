//! The app's own requests: `request.js` makes them, and what comes back is the browser's.

use super::core_session::{Caller, CoreSession};
use super::network;
use super::reflect::{call, get, get_str, global, promised, resolved, set, texts};
use crate::client::{Error, OAuthSession, Step};
use crate::json::Json;
use crate::pds_request::{Body, PdsRequest};
use crate::ports::Local;
use js_sys::{Array, Object, Promise, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(module = "/src/host/browser/request.js")]
extern "C" {
    fn request(core: CoreSession, path: &str, init: &JsValue) -> Promise;

    #[wasm_bindgen(js_name = initOf)]
    fn init_of(request: &JsValue) -> Promise;
}

/// The browser's response to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer(JsValue);

/// Makes a request of ours.
pub(crate) async fn fetch(session: &OAuthSession, request: PdsRequest) -> Result<Answer, Error> {
    let headers = request.headers.iter().map(|(name, value)| {
        let (name, value) = (JsValue::from_str(name), JsValue::from_str(value));
        Array::of2(&name, &value)
    });
    let init = texts(&[("method", request.method.as_ref())]);
    set(&init, "headers", &headers.collect::<Array>());
    match &request.body {
        None => {}
        Some(Body::Text(text)) => set(&init, "body", &text.into()),
        Some(Body::Bytes(bytes)) => set(&init, "body", &Uint8Array::from(&bytes[..])),
    }
    send(session, &request.path, &init).await.map(Answer)
}

/// Makes a request of the browser's.
pub(crate) async fn fetch_request(
    session: &OAuthSession,
    request: web_sys::Request,
) -> Result<web_sys::Response, Error> {
    let url = get_str(&request, "url").unwrap_or_default();
    let origin = get_str(&global("location"), "origin").unwrap_or_default();
    let path = url.strip_prefix(&origin);
    let path = path.filter(|path| path.starts_with('/')).unwrap_or(&url);
    let init = resolved(&init_of(&request)).await;
    let init = init.map_err(|thrown| failed(thrown, &url))?;
    let response = send(session, path, &init).await?;
    Ok(response.unchecked_into())
}

/// An app in Rust, which takes the core's own errors as they are: JavaScript throws nothing for them.
#[derive(Default)]
struct AppInRust(RefCell<Option<Error>>);

impl Caller for AppInRust {
    fn thrown(&self, error: Error) -> JsValue {
        self.0.replace(Some(error));
        JsValue::UNDEFINED
    }

    fn promise(&self, flow: Local<'static, Result<JsValue, JsValue>>) -> Promise {
        wasm_bindgen_futures::future_to_promise(flow)
    }
}

/// Has `request.js` make a request. An error of the core's own does not pass through JavaScript, which throws nothing for it.
async fn send(session: &OAuthSession, path: &str, init: &JsValue) -> Result<JsValue, Error> {
    let caller = Rc::new(AppInRust::default());
    let core = CoreSession::new(session.clone(), caller.clone());
    let thrown = match resolved(&request(core, path, init)).await {
        Ok(response) => return Ok(response),
        Err(thrown) => thrown,
    };
    if let Some(error) = caller.0.take() {
        return Err(error);
    }
    let url = session.url_of(path)?;
    Err(failed(thrown, &url))
}

fn failed(thrown: JsValue, url: &str) -> Error {
    Error::new(Step::Request, network::failed(Json::from_js(thrown))).at(url)
}

impl Answer {
    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        get(&self.0, "status").as_f64().unwrap_or_default() as u16
    }

    /// A header's value; `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        call(&get(&self.0, "headers"), "get", &[&JsValue::from_str(name)])
            .ok()?
            .as_string()
    }

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
