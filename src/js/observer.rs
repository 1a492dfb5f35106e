//! The app's hooks, as the client's observer.

use super::error;
use crate::client::Error;
use crate::host::JsHost;
use crate::identity::Did;
use crate::json::Writer;
use crate::oauth::{SessionEnd, TokenSet};
use crate::ports::{By, Local, Observer};
use crate::secret::Secret;

/// Functions of the package's TypeScript, which the host calls.
pub(super) struct Hooks(pub(super) JsHost);

impl Observer for Hooks {
    /// The facts of the new tokens; the tokens themselves only in the tab that got them.
    fn updated<'a>(&'a self, tokens: &'a TokenSet, by: By) -> Local<'a, Result<(), String>> {
        let mut facts = Writer::object();
        facts
            .member("iss", Some(&tokens.issuer))
            .member("sub", Some(tokens.sub.as_str()))
            .member("aud", Some(&tokens.audience))
            .member("scope", Some(&tokens.scope))
            .number_member("expires_at", tokens.expires_at.map(|at| at as i64));
        if by == By::ThisTab {
            let refresh_token = tokens.refresh_token.as_ref().map(Secret::expose);
            facts
                .member("access_token", Some(tokens.access_token.expose()))
                .member("refresh_token", refresh_token);
        }
        self.0.notify_updated(&tokens.sub, &facts.end())
    }

    fn deleted<'a>(&'a self, sub: &'a Did, end: &'a SessionEnd) -> Local<'a, Result<(), String>> {
        let mut details = error::facts(&Error::ended(sub, end.clone()));
        self.0.notify_deleted(sub, &details.end())
    }

    fn accounts_changed(&self) {
        self.0.notify_accounts_changed();
    }
}
