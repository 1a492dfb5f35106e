//! The steps of the flow: what progress reports and errors call them.

/// A step of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Setting the client up.
    Configure,
    /// Reading what the user typed.
    Input,
    /// Resolving the handle.
    Handle,
    /// Reading the DID document.
    Did,
    /// Asking the PDS for its authorization server.
    Resource,
    /// Reading the authorization server's metadata.
    Issuer,
    /// Pushing the authorization request.
    Par,
    /// Leaving for the authorization server.
    Redirect,
    /// Judging the authorization response.
    Callback,
    /// Exchanging the code.
    Token,
    /// Exchanging the refresh token.
    Refresh,
    /// Revoking a token.
    Revoke,
    /// Making a request with the session.
    Request,
    /// Reading or writing storage.
    Storage,
}

impl Step {
    /// The name that JavaScript sees; no release changes it.
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
