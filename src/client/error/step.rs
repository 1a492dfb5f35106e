//! The steps of the flow, as named in progress reports and errors.

/// A step of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Setting the client up.
    Configure,
    /// Reading the user's input.
    Input,
    /// Resolving the handle.
    Handle,
    /// Reading the DID document.
    Did,
    /// Requesting the metadata of the PDS, which name its authorization server.
    Resource,
    /// Reading the authorization server's metadata.
    Issuer,
    /// Pushing the authorization request.
    Par,
    /// Redirecting to the authorization server.
    Redirect,
    /// Judging the authorization response.
    Callback,
    /// Exchanging the code.
    Token,
    /// Exchanging the refresh token.
    Refresh,
    /// Revoking a token.
    Revoke,
    /// Sending a request with the session.
    Request,
    /// Reading or writing storage.
    Storage,
}

impl Step {
    /// The name in JavaScript. Stable across releases. `spec/names.json` lists the names for both languages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Input => "input",
            Self::Handle => "handle",
            Self::Did => "did",
            Self::Resource => "resource",
            Self::Issuer => "issuer",
            Self::Par => "par",
            Self::Redirect => "redirect",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::Request => "request",
            Self::Storage => "storage",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;

    /// The step that follows this one in the table. A step that is missing here does not compile.
    fn behind(step: Step) -> Option<Step> {
        Some(match step {
            Step::Configure => Step::Input,
            Step::Input => Step::Handle,
            Step::Handle => Step::Did,
            Step::Did => Step::Resource,
            Step::Resource => Step::Issuer,
            Step::Issuer => Step::Par,
            Step::Par => Step::Redirect,
            Step::Redirect => Step::Callback,
            Step::Callback => Step::Token,
            Step::Token => Step::Refresh,
            Step::Refresh => Step::Revoke,
            Step::Revoke => Step::Request,
            Step::Request => Step::Storage,
            Step::Storage => return None,
        })
    }

    #[test]
    fn the_names_are_those_of_the_table() {
        let table = Json::parse(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/spec/names.json"
        )))
        .expect("JSON");
        let steps = std::iter::successors(Some(Step::Configure), |step| behind(*step));
        let names: Vec<String> = steps.map(|step| step.as_str().to_owned()).collect();
        assert_eq!(table.strings("steps"), Some(names));
    }
}
