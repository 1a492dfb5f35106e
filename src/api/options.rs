//! The options of one sign-in.

use crate::client::Step;
use crate::oauth::AuthorizeOptions;
use std::fmt;
use std::rc::Rc;

/// The options of one sign-in, with a handler for its progress. [`AuthorizeOptions`] convert into it.
#[derive(Clone, Default)]
pub struct SignInOptions {
    pub(super) request: AuthorizeOptions,
    progress: Option<Rc<dyn Fn(Step)>>,
}

impl SignInOptions {
    /// Calls `handler` as each step of the sign-in begins.
    pub fn on_progress(mut self, handler: impl Fn(Step) + 'static) -> Self {
        self.progress = Some(Rc::new(handler));
        self
    }

    pub(super) fn report(&self, step: Step) {
        if let Some(progress) = &self.progress {
            progress(step);
        }
    }
}

impl From<AuthorizeOptions> for SignInOptions {
    fn from(request: AuthorizeOptions) -> Self {
        Self {
            request,
            progress: None,
        }
    }
}

impl fmt::Debug for SignInOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignInOptions").field(&self.request).finish()
    }
}

impl AuthorizeOptions {
    /// Sets a text of the app's own, which the finished sign-in returns. It is never sent to a server.
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Sets the redirect URI: one of those in the client metadata; by default the first.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Sets the scope to request, as text or a [`crate::Scope`]; by default all of the scope in the client metadata.
    pub fn scope(mut self, scope: impl fmt::Display) -> Self {
        self.scope = Some(scope.to_string());
        self
    }

    /// Adds a request parameter, for example `("prompt", "login")`. [`crate::FORWARDED`] lists the permitted names.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Calls `handler` as each step of the sign-in begins.
    pub fn on_progress(self, handler: impl Fn(Step) + 'static) -> SignInOptions {
        SignInOptions::from(self).on_progress(handler)
    }
}
