//! A network that is a function.

use crate::http::{HttpError, Request, Response};
use crate::ports::{Http, Local};

/// Sends requests by calling an async function.
pub(super) struct Function<F>(pub(super) F);

impl<F: AsyncFn(Request) -> Result<Response, HttpError>> Http for Function<F> {
    fn send(&self, request: Request) -> Local<'_, Result<Response, HttpError>> {
        Box::pin(async move { (self.0)(request).await })
    }
}
