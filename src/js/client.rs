//! The client, as JavaScript holds it.

use super::observer::Hooks;
use super::options;
use super::session;
use super::value;
use crate::client::{self, Error, Initialized, OAuthClient, Persistence, Refresh, SignedIn, Step};
use crate::host::{Host, JsHost, PopupWindow, account_facts};
use crate::identity::Handle;
use crate::json::{Json, Writer};
use crate::ports::{Account, AccountStatus};
use crate::waiting::{First, race};
use js_sys::{Array, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// The types of `pkg-template/src/seam.ts`, and the one method whose types wasm-bindgen cannot write.
#[wasm_bindgen(typescript_custom_section)]
const SEAM: &str = "
import type { Call, CoreOptions, CoreTokenInfo } from './seam.js';
import type { Host } from '../../src/host/browser/operations.js';
import type { OAuthAuthorizationServerMetadata, OAuthClientMetadata } from './types.js';
export interface Client {
    /** Runs an operation. */
    call: Call;
}
";

/// One client, and its host.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    host: JsHost,
    client: OAuthClient,
}

#[wasm_bindgen]
impl Client {
    /// Makes a client; throws the details of the error if an option is invalid.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Host")] host: Host,
        #[wasm_bindgen(unchecked_param_type = "CoreOptions")] given: JsValue,
    ) -> Result<Client, JsValue> {
        let given = Json::from_js(given);
        options::storage_name(&given).map_err(|error| Error::new(Step::Configure, error))?;
        let host = JsHost::new(host, given.str("resumeClient"));
        let ports = host.ports();
        let page = ports.page.location();
        let options = options::read(&given, page.as_ref())
            .map_err(|error| Error::new(Step::Configure, error))?;
        let hooks = Hooks(host.clone());
        Ok(Self {
            client: OAuthClient::new(options, ports, Some(Rc::new(hooks))),
            host,
        })
    }

    /// Resolves to the validated client metadata of a client id.
    #[wasm_bindgen(js_name = loadMetadata, unchecked_return_type = "Promise<OAuthClientMetadata>")]
    pub fn load_metadata(
        #[wasm_bindgen(unchecked_param_type = "Host")] host: Host,
        client_id: String,
    ) -> Promise {
        let host = JsHost::new(host, None);
        let ports = host.ports();
        host.promise(Box::pin(async move {
            let metadata = client::load_client_metadata(&ports, &client_id).await?;
            Ok(metadata.raw.to_js())
        }))
    }

    /// Whether sessions outlive the page, as far as is known yet.
    #[wasm_bindgen(getter)]
    pub fn durable(&self) -> bool {
        self.client.persistence() == Persistence::Durable
    }

    /// Runs an operation with its arguments: see [`run`].
    #[wasm_bindgen(skip_typescript)]
    pub fn call(&self, operation: String, args: Array) -> Promise {
        let (client, host) = (self.client.clone(), self.host.clone());
        self.host.promise(Box::pin(async move {
            run(&client, &host, &operation, &args).await
        }))
    }

    /// The account that was used last.
    #[wasm_bindgen(getter)]
    pub fn active(&self) -> Option<String> {
        self.client.active().map(|did| did.to_string())
    }

    /// Stops listening to other tabs and closes the database. Operations under way still finish.
    pub fn dispose(&self) {
        self.client.close();
        self.host.dispose();
    }
}

/// The `Operations` of `pkg-template/src/seam.ts`. All asynchronous operations share one exported function and one future: each
/// further one costs every visitor a kilobyte or two.
async fn run(
    client: &OAuthClient,
    host: &JsHost,
    operation: &str,
    args: &Array,
) -> Result<JsValue, JsValue> {
    let text = |at| args.get(at).as_string();
    let flag = |at| args.get(at).as_bool();
    let (first, second) = (text(0), text(1));
    let (given, redirect_uri) = (first.as_deref(), second.as_deref());
    let subject = given.unwrap_or_default();
    Ok(match operation {
        // `refresh`; resolves to `{session, state}`, a session or `undefined`.
        "init" => match client.init(flag(0).into()).await? {
            None => JsValue::UNDEFINED,
            Some(Initialized::SignedIn(signed_in)) => outcome(host, signed_in),
            Some(Initialized::Restored(session)) => session::wrap(host, session),
        },
        // `refresh`; resolves to a session or `undefined`.
        "initRestore" => {
            let restored = client.init_restore(flag(0).into()).await?;
            restored.map_or(JsValue::UNDEFINED, |session| session::wrap(host, session))
        }
        // `params?, redirectUri?`; resolves to `{session, state}`.
        "initCallback" => outcome(host, client.init_callback(given, redirect_uri).await?),
        // `params, redirectUri?`; resolves to `{session, state}`.
        "callback" => outcome(host, client.callback(subject, redirect_uri).await?),
        // `sub, refresh`; resolves to a session.
        "restore" => session::wrap(host, client.restore(subject, flag(1).into()).await?),
        // `sub, refresh`; resolves to a session, and leaves the active account unchanged.
        "attach" => session::wrap(host, client.resume(subject, flag(1).into(), false).await?),
        // `sub`
        "revoke" => {
            client.revoke(subject).await?;
            JsValue::UNDEFINED
        }
        // `sub`
        "forget" => {
            client.forget(subject).await?;
            JsValue::UNDEFINED
        }
        // Resolves to a list of `{did, handle, pds, issuer, signedIn, lastUsed}`; the time in milliseconds since the epoch.
        "accounts" => {
            let accounts = client.accounts().await?;
            let mut list = Writer::list();
            for item in &accounts {
                list.raw(&account(item));
            }
            value(&mut list)
        }
        // `input, fresh`; resolves to `{did, didDoc, handle}`.
        "resolveIdentity" => {
            let fresh = flag(1) == Some(true);
            let (document, handle) = client.resolve_identity(subject, fresh).await?;
            let handle = handle.as_ref().map_or("handle.invalid", Handle::as_str);
            let mut identity = Writer::object();
            identity
                .member("did", Some(document.did.as_str()))
                .json_member("didDoc", Some(&document.raw))
                .member("handle", Some(handle));
            value(&mut identity)
        }
        // `input, options, progress?, aborted?, popup`
        _ => {
            let kind = SignInKind::named(operation).ok_or_else(|| unknown(operation))?;
            let work = sign_in(client, host, kind, subject, args);
            let aborted = args.get(3);
            if aborted.is_undefined() {
                return Ok(work.await?);
            }
            // The signal first: if it is aborted from the start, nothing begins.
            match race(host.rejected(&aborted), work).await {
                First::Left(reason) => return Err(reason),
                First::Right(outcome) => outcome?,
            }
        }
    })
}

/// The ways to begin a sign-in.
#[derive(Clone, Copy)]
enum SignInKind {
    /// Resolves to the URL of the consent page.
    Authorize,
    /// Redirects the page to the consent page. Rejects if the user comes back without a response.
    SignIn,
    /// Resolves to a session. The caller has opened the popup.
    Popup,
}

impl SignInKind {
    fn named(operation: &str) -> Option<Self> {
        Some(match operation {
            "authorize" => Self::Authorize,
            "signIn" => Self::SignIn,
            "signInPopup" => Self::Popup,
            _ => return None,
        })
    }
}

/// The error for an unknown operation: the files of the package are from two versions.
fn unknown(operation: &str) -> JsValue {
    let mut error = Writer::object();
    error
        .member("code", Some("OPERATION_UNKNOWN"))
        .member("operation", Some(operation));
    value(&mut error)
}

/// Begins a sign-in. The caller drops this when the promise `aborted` rejects.
async fn sign_in(
    client: &OAuthClient,
    host: &JsHost,
    kind: SignInKind,
    input: &str,
    args: &Array,
) -> Result<JsValue, Error> {
    let options = &options::authorize(&Json::from_js(args.get(1)));
    let report = &host.reporter(&args.get(2));
    Ok(match kind {
        SignInKind::Authorize => {
            let url = client.authorize(input, options, report).await?;
            JsValue::from_str(url.as_str())
        }
        SignInKind::Popup => {
            let popup = Rc::new(PopupWindow::given(host, &args.get(4)));
            session::wrap(
                host,
                client.sign_in_popup(input, options, popup, report).await?,
            )
        }
        SignInKind::SignIn => {
            client.sign_in(input, options, report).await?;
            JsValue::UNDEFINED
        }
    })
}

fn account(account: &Account) -> String {
    let is_signed_in = account.status == AccountStatus::SignedIn;
    let mut facts = account_facts(account);
    facts.member("did", Some(account.did.as_str()));
    facts.flag_member("signedIn", is_signed_in);
    facts.end()
}

/// `{session, state}`; `state` is `null` if the app gave none. A restored session has no `state`.
fn outcome(host: &JsHost, signed_in: SignedIn) -> JsValue {
    let mut outcome = Writer::object();
    match signed_in.state.as_deref() {
        Some(state) => outcome.member("state", Some(state)),
        None => outcome.raw_member("state", "null"),
    };
    let outcome = value(&mut outcome);
    let session = session::wrap(host, signed_in.session);
    // An object literal of ours has no setter that could refuse.
    let _ = Reflect::set(&outcome, &JsValue::from_str("session"), &session);
    outcome
}

/// The refresh modes of the JavaScript API: `true`, `false`, or neither.
impl From<Option<bool>> for Refresh {
    fn from(refresh: Option<bool>) -> Self {
        match refresh {
            Some(true) => Self::Force,
            Some(false) => Self::Never,
            None => Self::Auto,
        }
    }
}
