//! The client's own requests, each within its time limit.

use super::environment::Environment;
use super::error::{Error, Step};
use super::policy;
use super::share::share;
use crate::http::{Request, Response};
use crate::ports::{Http, Local};
use std::rc::Rc;

/// Sends requests.
pub(super) struct Network {
    env: Rc<Environment>,
    http: Rc<dyn Http>,
}

impl Network {
    pub(super) fn new(env: &Rc<Environment>, http: Rc<dyn Http>) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            http,
        })
    }

    /// The host's network, without time limits: for the app's own requests.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn http(&self) -> &dyn Http {
        &*self.http
    }

    /// Sends one request, within the time limits of the options.
    pub(super) fn send(
        &self,
        step: Step,
        mut request: Request,
    ) -> Local<'_, Result<Rc<Response>, Error>> {
        let limits = &self.env.options.timeouts;
        let is_document = matches!(request.method, "GET" | "HEAD");
        request.timeout_ms = policy::time_limit(limits, is_document, step == Step::Refresh);
        let url = request.url.clone();
        let response = self.http.send(request);
        Box::pin(async move {
            let response = response.await.map(Rc::new);
            response.map_err(|error| Error::new(step, error).at(&url))
        })
    }
}
