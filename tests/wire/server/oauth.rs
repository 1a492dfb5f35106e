//! The authorization server: pushed requests, consent, tokens, revocation.

use super::proof::{self, Proof};
use super::time::{Source, Timing};
use super::{Account, FOREIGN_ISSUER, ISSUER, Server, answer, form};
use atproto_oauth_wasm::{Request, Response, Url};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A pushed authorization request.
#[derive(Clone)]
pub(super) struct Pushed {
    form: BTreeMap<String, String>,
    thumbprint: String,
}

/// A code that waits to be exchanged, once.
pub(super) struct Code {
    pushed: Pushed,
    did: &'static str,
}

/// A grant: a session, as the server sees it.
pub(super) struct Granted {
    pub(super) did: &'static str,
    pub(super) thumbprint: String,
    pub(super) access_token: String,
    pub(super) issuer: &'static str,
    /// Milliseconds since the epoch.
    pub(super) expires_at: u64,
    pub(super) revoked: bool,
    client_id: String,
    refresh_token: String,
    spent: Vec<String>,
}

/// The outcome of an endpoint: a JSON answer, or the code of a refusal.
type Outcome = Result<Value, &'static str>;

impl Server {
    /// The user consents, as an account of their choice; what comes back is the answer in the redirect URI's fragment.
    pub(crate) fn consent(&self, url: &Url, account: &Account) -> String {
        let pushed = self.visit(url);
        let code = self.unique("code");
        let state = pushed.form["state"].clone();
        let did = account.did;
        let mut memory = self.state.borrow_mut();
        memory.codes.insert(code.clone(), Code { pushed, did });
        redirect(&[("iss", url.origin()), ("state", &state), ("code", &code)])
    }

    /// The user, or the server, says no.
    pub(crate) fn deny(&self, url: &Url, error: &str) -> String {
        let state = &self.visit(url).form["state"];
        redirect(&[
            ("iss", url.origin()),
            ("state", state),
            ("error", error),
            ("error_description", "So it is"),
        ])
    }

    /// What was pushed for the URL that a client sends the user to.
    pub(crate) fn pushed(&self, url: &Url) -> BTreeMap<String, String> {
        let query = form(url.query().unwrap_or_default());
        self.state.borrow().pushed[&query["request_uri"]]
            .form
            .clone()
    }

    /// Uses a pushed request up.
    fn visit(&self, url: &Url) -> Pushed {
        let issuer = url.origin();
        assert!([ISSUER, FOREIGN_ISSUER].contains(&issuer));
        assert_eq!(url.without_query(), format!("{issuer}/oauth/authorize"));
        let query = form(url.query().unwrap_or_default());
        let pushed = self.state.borrow_mut().pushed.remove(&query["request_uri"]);
        let pushed = pushed.expect("a request that was pushed and not yet used");
        assert_eq!(query["client_id"], pushed.form["client_id"]);
        assert_eq!(query.len(), 2, "all else was pushed");
        pushed
    }

    /// How many sessions of an account have not been revoked.
    pub(crate) fn sessions_of(&self, account: &Account) -> usize {
        let state = self.state.borrow();
        let alive = |g: &&Granted| g.did == account.did && !g.revoked;
        state.granted.iter().filter(alive).count()
    }

    /// The account's holder ends all its sessions elsewhere.
    pub(crate) fn revoke_all(&self, account: &Account) {
        for granted in &mut self.state.borrow_mut().granted {
            granted.revoked |= granted.did == account.did;
        }
    }

    /// The PDS no longer takes the access tokens it took, whatever their time.
    pub(crate) fn expire_access_tokens(&self) {
        for granted in &mut self.state.borrow_mut().granted {
            granted.expires_at = 0;
        }
    }

    /// An endpoint of the authorization server: every request must prove its key.
    pub(super) fn endpoint(
        &self,
        issuer: &'static str,
        path: &str,
        request: &Request,
        form: &BTreeMap<String, String>,
    ) -> Response {
        let header = |name| {
            let found = request.headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.as_str())
        };
        if header("content-type") != Some("application/x-www-form-urlencoded") {
            self.blame(format!("{path}: no form"));
        }
        self.check_client(path, form);
        let outcome = self
            .check_proof(issuer, "POST", &request.url, header("dpop"))
            .and_then(|proof| match path {
                "/oauth/par" => self.push(form, proof),
                "/oauth/token" => self.token(issuer, form, &proof),
                "/oauth/revoke" => self.revoke(form, &proof),
                _ => Err("not_found"),
            });
        let mut response = match outcome {
            Ok(body) => answer(if path == "/oauth/par" { 201 } else { 200 }, &body),
            Err(error) => {
                let words = match error {
                    "invalid_dpop_proof" => "\"iat\" claim timestamp check failed",
                    _ => "No.",
                };
                answer(400, &json!({ "error": error, "error_description": words }))
            }
        };
        let date = self.date(issuer, Source::Answers);
        let date = date.map(|date| ("date", date));
        response.headers.extend(date);
        response.headers.push(("dpop-nonce", self.nonce(issuer)));
        response
    }

    /// A public client names itself in every request, and authenticates itself by nothing else.
    fn check_client(&self, path: &str, form: &BTreeMap<String, String>) {
        let client_id = form.get("client_id");
        if !client_id.is_some_and(|id| id.starts_with("https://app.example.com/")) {
            self.blame(format!("{path}: client_id is {client_id:?}"));
        }
        let of_other_methods = ["client_secret", "client_assertion", "client_assertion_type"];
        for name in of_other_methods {
            if form.contains_key(name) {
                self.blame(format!("{path}: {name} of a public client"));
            }
        }
    }

    /// The proof's place among all others: signature, time, uniqueness, nonce.
    pub(super) fn check_proof(
        &self,
        origin: &str,
        method: &str,
        url: &str,
        jwt: Option<&str>,
    ) -> Result<Proof, &'static str> {
        let nonce = self.nonce(origin);
        let verdict = match jwt {
            None => Err("absent".to_owned()),
            Some(jwt) => proof::verify(jwt, method, url),
        };
        let unique = |proof: &Proof| self.state.borrow_mut().jtis.insert(proof.jti.clone());
        let wrong = match verdict {
            Err(why) => why,
            Ok(proof) => match self.timing(origin, proof.issued_at) {
                Timing::Mistaken => "not of now".to_owned(),
                Timing::Refused => return Err("invalid_dpop_proof"),
                Timing::Good if !unique(&proof) => "replayed".to_owned(),
                Timing::Good if proof.nonce.as_ref() != Some(&nonce) => {
                    return Err("use_dpop_nonce");
                }
                Timing::Good => return Ok(proof),
            },
        };
        self.blame(format!("{method} {url}: proof is {wrong}"));
        Err("invalid_dpop_proof")
    }

    /// The one nonce that a server takes now.
    pub(super) fn nonce(&self, origin: &str) -> String {
        let mut state = self.state.borrow_mut();
        let generation = state.nonces.entry(origin.to_owned()).or_default();
        format!("{origin} {generation}")
    }

    fn push(&self, form: &BTreeMap<String, String>, proof: Proof) -> Outcome {
        let demands = [
            ("redirect_uri", "https://app.example.com/"),
            ("response_type", "code"),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in demands {
            if !form.get(name).is_some_and(|found| found.starts_with(value)) {
                self.blame(format!("PAR: {name} is {:?}", form.get(name)));
                return Err("invalid_request");
            }
        }
        let request_uri = self.unique("urn:ietf:params:oauth:request_uri:req");
        let pushed = Pushed {
            form: form.clone(),
            thumbprint: proof.thumbprint,
        };
        let mut state = self.state.borrow_mut();
        state.pushed.insert(request_uri.clone(), pushed);
        Ok(json!({ "request_uri": request_uri, "expires_in": 299 }))
    }

    fn token(
        &self,
        issuer: &'static str,
        form: &BTreeMap<String, String>,
        proof: &Proof,
    ) -> Outcome {
        let at = match form["grant_type"].as_str() {
            "authorization_code" => self.exchange_code(issuer, form, proof)?,
            "refresh_token" => self.rotate(form, proof)?,
            _ => return Err("unsupported_grant_type"),
        };
        let (access_token, refresh_token) = (self.unique("access"), self.unique("refresh"));
        let now = self.now(issuer);
        let mut state = self.state.borrow_mut();
        let lifetime = state.lifetime;
        let granted = &mut state.granted[at];
        granted.expires_at = now + lifetime.unwrap_or(3600) * 1000;
        granted.access_token.clone_from(&access_token);
        let spent = std::mem::replace(&mut granted.refresh_token, refresh_token.clone());
        granted.spent.push(spent);
        Ok(json!({
            "access_token": access_token,
            "token_type": "DPoP",
            "expires_in": lifetime,
            "refresh_token": refresh_token,
            "scope": "atproto",
            "sub": granted.did,
        }))
    }

    fn exchange_code(
        &self,
        issuer: &'static str,
        form: &BTreeMap<String, String>,
        proof: &Proof,
    ) -> Result<usize, &'static str> {
        let code = self.state.borrow_mut().codes.remove(&form["code"]);
        let Some(Code { pushed, did }) = code else {
            self.blame("a code that is unknown, or used".into());
            return Err("invalid_grant");
        };
        let same = |name: &str| form.get(name) == pushed.form.get(name);
        let right = [
            ("client_id", same("client_id")),
            ("redirect_uri", same("redirect_uri")),
            ("key", proof.thumbprint == pushed.thumbprint),
            (
                "code_verifier",
                (43..=128).contains(&form["code_verifier"].len())
                    && proof::digest(&form["code_verifier"]) == pushed.form["code_challenge"],
            ),
        ];
        if let Some((what, _)) = right.iter().find(|(_, right)| !right) {
            self.blame(format!("code exchange: another {what}"));
            return Err("invalid_grant");
        }
        let mut state = self.state.borrow_mut();
        state.granted.push(Granted {
            did,
            thumbprint: proof.thumbprint.clone(),
            access_token: String::new(),
            issuer,
            expires_at: 0,
            revoked: false,
            client_id: form["client_id"].clone(),
            refresh_token: String::new(),
            spent: Vec::new(),
        });
        Ok(state.granted.len() - 1)
    }

    /// Finds the session of a refresh token. A spent one was stolen, as far as the server can tell: its session ends.
    fn rotate(
        &self,
        form: &BTreeMap<String, String>,
        proof: &Proof,
    ) -> Result<usize, &'static str> {
        let token = &form["refresh_token"];
        let mut state = self.state.borrow_mut();
        if let Some(replayed) = state.granted.iter_mut().find(|g| g.spent.contains(token)) {
            replayed.revoked = true;
        }
        let at = state.granted.iter().position(|g| {
            g.refresh_token == *token
                && !g.revoked
                && g.thumbprint == proof.thumbprint
                && g.client_id == form["client_id"]
        });
        at.ok_or("invalid_grant")
    }

    fn revoke(&self, form: &BTreeMap<String, String>, proof: &Proof) -> Outcome {
        let token = &form["token"];
        let mut state = self.state.borrow_mut();
        let found = state
            .granted
            .iter_mut()
            .find(|g| g.access_token == *token || g.refresh_token == *token);
        if let Some(granted) = found {
            if granted.thumbprint != proof.thumbprint {
                drop(state);
                self.blame("revocation with another key".into());
                return Err("invalid_request");
            }
            granted.revoked = true;
        }
        Ok(json!({}))
    }
}

fn redirect(fields: &[(&str, &str)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(fields).finish()
}
