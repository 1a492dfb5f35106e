//! What an app asks of one sign-in.

use crate::client::Step;
use crate::oauth::AuthorizeOptions;
use std::fmt;
use std::rc::Rc;

/// What an app asks of one sign-in, and whom to tell how far it is. [`AuthorizeOptions`] turn into it, wherever it is
/// asked for.
#[derive(Clone, Default)]
pub struct SignInOptions {
    pub(super) request: AuthorizeOptions,
    progress: Option<Rc<dyn Fn(Step)>>,
}

impl SignInOptions {
    /// Tells of each step of the sign-in as it begins.
    pub fn on_progress(mut self, told: impl Fn(Step) + 'static) -> Self {
        self.progress = Some(Rc::new(told));
        self
    }

    pub(super) fn tell(&self, step: Step) {
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
    /// Sets the app's own text, which the callback hands back. It is never sent.
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Comes back to another of the registered redirect URIs than the first.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Asks for another scope than all that is registered: a text, or a [`crate::Scope`].
    pub fn scope(mut self, scope: impl fmt::Display) -> Self {
        self.scope = Some(scope.to_string());
        self
    }

    /// Adds a request parameter, of those that [`crate::FORWARDED`] names: `("prompt", "login")`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Tells of each step of the sign-in as it begins.
    pub fn on_progress(self, told: impl Fn(Step) + 'static) -> SignInOptions {
        SignInOptions::from(self).on_progress(told)
    }
}
