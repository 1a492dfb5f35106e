//! The authorization response, which the redirect carries (RFC 6749 section 4.1.2, RFC 9207).

use crate::secret::Secret;
use crate::sentences::{self, Arguments, Key, Message, key, said};
use crate::url::{Url, decode, form_of, parse_form};
use std::fmt;

/// Where in the redirect URI the server puts its response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// After `#`, so that it appears in no server log and no `Referer`.
    #[default]
    Fragment,
    /// After `?`.
    Query,
}

impl ResponseMode {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fragment => "fragment",
            Self::Query => "query",
        }
    }
}

/// The parameters of an authorization response, each of which comes at most once (RFC 6749 section 3.1).
const PARAMETERS: [&str; 7] = [
    "state",
    "code",
    "error",
    "iss",
    "response",
    "error_description",
    "error_uri",
];

/// The parameters of a response, as received.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CallbackParams(Vec<(String, String)>);

impl CallbackParams {
    /// Reads them from a URL, also from a hash router's route in its fragment. `None` if the URL has no response to an
    /// authorization request. The cases are in `spec/callback.json`.
    pub(crate) fn read(url: &Url, mode: ResponseMode) -> Option<Self> {
        let params = Self::parse(match mode {
            ResponseMode::Fragment => {
                let fragment = url.fragment()?;
                &fragment[route_length(fragment)..]
            }
            ResponseMode::Query => url.query()?,
        });
        let has_result = params.get("code").is_some() || params.get("error").is_some();
        (params.get("state").is_some() && has_result).then_some(params)
    }

    /// The path, query and fragment of a URL without the response. Query mode removes query and fragment. Fragment mode
    /// removes the fragment, except the route of a hash router and the other parameters of the route's query.
    pub(crate) fn removed_from(url: &Url, mode: ResponseMode) -> String {
        let page = match mode {
            ResponseMode::Fragment => url.without_fragment(),
            ResponseMode::Query => url.without_query(),
        };
        let mut kept = page[url.origin().len()..].to_owned();
        if mode == ResponseMode::Fragment && Self::read(url, mode).is_some() {
            push_route(&mut kept, url.fragment().unwrap_or_default());
        }
        kept
    }

    /// Reads them from their form-encoded text.
    pub(crate) fn parse(text: &str) -> Self {
        Self(parse_form(text))
    }

    /// Their form-encoded text.
    pub(crate) fn form(&self) -> Secret {
        Secret::new(form_of(&self.0))
    }

    /// All of them, in their order.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// All values of `state`, each of which may identify the sign-in.
    pub(crate) fn states(&self) -> impl Iterator<Item = &str> {
        self.values("state")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(n, _)| n == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// The length of the prefix that a hash router puts before a response in a fragment, such as `/`, `!/` or `/route?`; 0
/// without a router.
fn route_length(fragment: &str) -> usize {
    let has_route = fragment.starts_with('/') || fragment.starts_with('!');
    let (mut length, mut in_name) = (0, true);
    for (at, byte) in fragment.bytes().enumerate() {
        match byte {
            b'&' => break,
            b'?' if has_route => return at + 1,
            b'=' => in_name = false,
            b'/' | b'!' | b'#' | b'?' if in_name => length = at + 1,
            _ => {}
        }
    }
    length
}

/// Appends the route of a hash router as a fragment, with the parameters of its query that are not the response's.
fn push_route(out: &mut String, fragment: &str) {
    let (route, parameters) = fragment.split_at(route_length(fragment));
    let mut path = route;
    while let [start @ .., b'?' | b'#'] = path.as_bytes() {
        path = &path[..start.len()];
    }
    if path.is_empty() {
        return;
    }
    out.push('#');
    out.push_str(path);
    if !route.ends_with('?') {
        return;
    }
    let mut mark = '?';
    for pair in parameters.split('&') {
        let name = decode(pair.split('=').next().unwrap_or_default());
        if !pair.is_empty() && !PARAMETERS.contains(&name.as_str()) {
            out.push(mark);
            out.push_str(pair);
            mark = '&';
        }
    }
}

/// Prints names only, because one of the values is a code.
impl fmt::Debug for CallbackParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The server's response, before `iss` is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationResponse {
    pub(crate) state: String,
    pub(crate) issuer: Option<String>,
    pub(crate) code: Result<Secret, CallbackError>,
}

impl AuthorizationResponse {
    /// Reads the parameters. An error here leaves the pending sign-in in place, because the response does not identify it.
    pub(crate) fn read(params: &CallbackParams) -> Result<Box<Self>, CallbackError> {
        let repeated = |name: &&str| params.values(name).nth(1).is_some();
        if let Some(name) = PARAMETERS.into_iter().find(repeated) {
            return Err(CallbackError::Repeated(name));
        }
        if params.get("response").is_some() {
            return Err(CallbackError::Jarm);
        }
        let owned = |name| params.get(name).map(str::to_owned);
        let code = match (params.get("error"), params.get("code")) {
            (Some(error), _) => Err(CallbackError::Refused {
                error: error.to_owned(),
                description: owned("error_description"),
            }),
            (None, Some(code)) => Ok(Secret::new(code.to_owned())),
            (None, None) => Err(CallbackError::NoCode),
        };
        Ok(Box::new(Self {
            state: owned("state").ok_or(CallbackError::NoState)?,
            issuer: owned("iss"),
            code,
        }))
    }

    /// Compares `iss` with the issuer that the sign-in began with (RFC 9207 section 2.4). The server declared the parameter,
    /// as the profile requires, so a response without it is an error too.
    pub(crate) fn check_issuer(&self, expected: &str) -> Result<(), CallbackError> {
        match &self.issuer {
            None => Err(CallbackError::NoIssuer),
            Some(found) if found == expected => Ok(()),
            Some(_) => Err(CallbackError::IssuerMismatch),
        }
    }
}

/// A failure in a popup: the message, and the parameters of the authorization response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopupFailure {
    /// The error's message.
    pub message: String,
    /// The parameters.
    pub params: Vec<(String, String)>,
}

impl PopupFailure {
    fn error(&self) -> Option<&str> {
        let mut params = self.params.iter();
        let (_, error) = params.find(|(name, _)| name == "error")?;
        Some(error)
    }
}

/// An error in an authorization response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The named parameter occurs more than once (RFC 6749 section 3.1).
    Repeated(&'static str),
    /// The response is wrapped in a token (JARM), which was not requested.
    Jarm,
    /// No `state`.
    NoState,
    /// No pending sign-in has this `state`: it was used, it is older than 10 minutes, or it began elsewhere.
    UnknownState(String),
    /// The server or the user refused (RFC 6749 section 4.1.2.1).
    Refused {
        /// The `error` code, such as `access_denied`.
        error: String,
        /// The `error_description`.
        description: Option<String>,
    },
    /// Neither `code` nor `error`.
    NoCode,
    /// No `iss`, although the server declares that it sends one.
    NoIssuer,
    /// `iss` is another server than the one the sign-in began with: a mix-up attack (RFC 9207 section 1).
    IssuerMismatch,
    /// The tokens are for an account other than the one that the sign-in began with.
    AccountMismatch,
    /// The URL has no response.
    NoParameters,
    /// The callback failed in a popup, which reported the failure.
    InPopup(PopupFailure),
}

impl CallbackError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.narrower_code().unwrap_or_else(|| self.key().code())
    }

    /// A code that is more specific than the one of the message.
    pub(crate) fn narrower_code(&self) -> Option<&'static str> {
        let is_denied = self.error() == Some("access_denied");
        is_denied.then_some("ACCESS_DENIED")
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help(None, self.code(), "")
    }

    /// The `error` code of a refusal.
    fn error(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } => Some(error),
            Self::InPopup(failure) => failure.error(),
            _ => None,
        }
    }
}

impl Message for CallbackError {
    fn key(&self) -> Key {
        match self {
            Self::Repeated(_) => key!("CALLBACK_PARAMETER_REPEATED"),
            Self::Jarm => key!("CALLBACK_JARM"),
            Self::NoState => key!("CALLBACK_NO_STATE"),
            Self::UnknownState(_) => key!("CALLBACK_UNKNOWN_STATE"),
            Self::Refused { .. } => key!("AUTHORIZATION_REFUSED"),
            Self::NoCode => key!("CALLBACK_NO_CODE"),
            Self::NoIssuer => key!("CALLBACK_NO_ISSUER"),
            Self::IssuerMismatch => key!("CALLBACK_ISSUER_MISMATCH"),
            Self::AccountMismatch => key!("ACCOUNT_MISMATCH"),
            Self::NoParameters => key!("CALLBACK_NO_PARAMETERS"),
            Self::InPopup(_) => key!("POPUP_FAILED"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        if let Some(error) = self.error() {
            to.text("error", error);
        }
        match self {
            Self::Repeated(name) => to.text("member", name),
            Self::UnknownState(state) => to.text("value", state),
            Self::Refused {
                description: Some(description),
                ..
            } => to.text("description", description),
            Self::InPopup(failure) => to.text("message", &failure.message),
            _ => {}
        }
    }
}

said!(CallbackError);
