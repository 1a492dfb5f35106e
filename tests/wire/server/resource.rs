//! A PDS, asked by the app with a session's credentials.

use super::time::Source;
use super::{Fault, Server, answer, proof, yield_now};
use atproto_oauth_wasm::{Credentials, Request, ResourceResponse, Response};
use serde_json::json;

/// A PDS's answer, as the app reads it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) challenge: Option<&'static str>,
    nonce: String,
    date: Option<String>,
}

impl ResourceResponse for Reply {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        match name {
            "dpop-nonce" => Some(self.nonce.clone()),
            "date" => self.date.clone(),
            "www-authenticate" => self.challenge.map(str::to_owned),
            _ => None,
        }
    }
}

impl Server {
    /// Answers a request that the app made with a session's credentials.
    pub(crate) async fn xrpc(&self, method: &str, credentials: Credentials<'_>) -> Reply {
        yield_now().await;
        let url = url::Url::parse(credentials.url).expect("credentials for an absolute URL");
        let origin = url.origin().ascii_serialization();
        let label = format!("{method} {origin}{}", url.path());
        self.state.borrow_mut().log.push(label.clone());
        let fault = self.status_instead(&label);
        let refused =
            fault.map_or_else(|| self.judge(method, &origin, &credentials).err(), |_| None);
        yield_now().await;
        Reply {
            status: fault.unwrap_or(if refused.is_some() { 401 } else { 200 }),
            challenge: refused,
            nonce: self.nonce(&origin),
            date: self.date(&origin, Source::Answers),
        }
    }

    /// The same for a request that came as the client's own do.
    pub(super) fn xrpc_answer(&self, origin: &str, request: &Request) -> Response {
        let header = |name| {
            let found = request.headers.iter().find(|(known, _)| *known == name);
            found.map_or("", |(_, value)| value)
        };
        let credentials = Credentials {
            url: &request.url,
            authorization: header("authorization"),
            dpop: header("dpop"),
        };
        let refused = self.judge(request.method, origin, &credentials).err();
        let status = if refused.is_some() { 401 } else { 200 };
        let body = json!({ "method": request.method, "body": request.body });
        let mut response = answer(status, &body);
        response.headers.push(("dpop-nonce", self.nonce(origin)));
        let challenge = refused.map(|refused| ("www-authenticate", refused.to_owned()));
        response.headers.extend(challenge);
        response
    }

    fn judge(
        &self,
        method: &str,
        origin: &str,
        credentials: &Credentials<'_>,
    ) -> Result<(), &'static str> {
        let proof = self
            .check_proof(origin, method, credentials.url, Some(credentials.dpop))
            .map_err(|error| match error {
                "use_dpop_nonce" => r#"DPoP error="use_dpop_nonce""#,
                _ => r#"DPoP algs="ES256", error="invalid_dpop_proof""#,
            })?;
        let invalid = r#"DPoP algs="ES256", error="invalid_token""#;
        let token = credentials.authorization.strip_prefix("DPoP ");
        let token = token.unwrap_or_default();
        if proof.ath.as_deref() != Some(proof::digest(token).as_str()) {
            self.blame(format!("{}: ath is not the token's", credentials.url));
            return Err(invalid);
        }
        let state = self.state.borrow();
        let granted = state.granted.iter().find(|g| g.access_token == token);
        let good = granted.is_some_and(|g| {
            let home = state.accounts.iter().find(|a| a.did == g.did);
            !g.revoked
                && g.thumbprint == proof.thumbprint
                && self.now(g.issuer) < g.expires_at
                && home.is_some_and(|account| account.pds == origin)
        });
        good.then_some(()).ok_or(invalid)
    }

    /// The status that a fault puts in place of the PDS's own.
    fn status_instead(&self, label: &str) -> Option<u16> {
        let state = self.state.borrow();
        state.faults.iter().find_map(|(asked, fault)| match fault {
            Fault::Instead(Ok(Response { status, .. })) if label.starts_with(asked) => {
                Some(*status)
            }
            _ => None,
        })
    }
}
