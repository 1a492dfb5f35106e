//! The client, as JavaScript holds it.

use super::options;
use super::session::Session;
use super::{abortable, observer::Hooks, promise, set};
use crate::browser::{Browser, BrowserOptions, PopupWindow, account_facts};
use crate::client::{self, Error, Initialized, OAuthClient, Persistence, Refresh, SignedIn, Step};
use crate::identity::Handle;
use crate::json::Json;
use crate::oauth::AuthorizeOptions;
use crate::ports::{Account, AccountStatus};
use js_sys::{Array, Function, Object, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// One client, and the browser it runs in.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    browser: Browser,
    client: OAuthClient,
}

#[wasm_bindgen]
impl Client {
    /// Sets a client up; throws the details of what is wrong with its options.
    #[wasm_bindgen(constructor)]
    pub fn new(
        given: JsValue,
        fetch: Option<Function>,
        updated: Function,
        deleted: Function,
        changed: Function,
    ) -> Result<Client, JsValue> {
        let given = Json::from_js(given);
        let resolver = given.get("resolvers").map(|resolvers| resolvers.to_js());
        let renewer = given.get("renew").map(|_| given.to_js());
        let browser = Browser::new(BrowserOptions {
            fetch,
            resolver,
            renewer,
        });
        let ports = browser.ports();
        let page = ports.navigator.location();
        let options = options::read(&given, page.as_ref())
            .map_err(|error| Error::new(Step::Configure, error))?;
        let hooks = Hooks {
            updated,
            deleted,
            changed,
        };
        Ok(Self {
            client: OAuthClient::new(options, ports, Some(Rc::new(hooks))),
            browser,
        })
    }

    /// Resolves to the judged client metadata that a client id stands for.
    #[wasm_bindgen(js_name = loadMetadata)]
    pub fn load_metadata(client_id: String, fetch: Option<Function>) -> Promise {
        let ports = Browser::new(BrowserOptions {
            fetch,
            ..BrowserOptions::default()
        })
        .ports();
        promise(Box::pin(async move {
            let metadata = client::load_client_metadata(&ports, &client_id).await?;
            Ok(metadata.raw.to_js())
        }))
    }

    /// The judged client metadata.
    #[wasm_bindgen(getter, js_name = clientMetadata)]
    pub fn client_metadata(&self) -> JsValue {
        self.client.options().metadata.raw.to_js()
    }

    /// Whether sessions outlive the page, as far as is known yet.
    #[wasm_bindgen(getter)]
    pub fn durable(&self) -> bool {
        self.client.persistence() == Persistence::Durable
    }

    /// Resolves to `{did, didDoc, handle}`.
    #[wasm_bindgen(js_name = resolveIdentity)]
    pub fn resolve_identity(&self, input: String, fresh: bool) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let (document, handle) = client.resolve_identity(&input, fresh).await?;
            let object = Object::new();
            set(&object, "did", document.did.as_str());
            set(&object, "didDoc", document.raw.to_js());
            set(
                &object,
                "handle",
                handle.as_ref().map_or("handle.invalid", Handle::as_str),
            );
            Ok(object.into())
        }))
    }

    /// Resolves to the URL of the consent page. `aborted` rejects when the app gives up.
    pub fn authorize(
        &self,
        input: String,
        options: JsValue,
        progress: Option<Function>,
        aborted: Option<Promise>,
    ) -> Promise {
        self.begin(
            options,
            progress,
            aborted,
            async move |client, options, told| {
                let url = client.authorize(&input, options, told).await?;
                Ok(JsValue::from_str(url.as_str()))
            },
        )
    }

    /// Leaves for the consent page. Rejects if the user comes back without an answer.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(
        &self,
        input: String,
        options: JsValue,
        progress: Option<Function>,
        aborted: Option<Promise>,
    ) -> Promise {
        self.begin(
            options,
            progress,
            aborted,
            async move |client, options, told| {
                client.sign_in(&input, options, told).await?;
                Ok(JsValue::UNDEFINED)
            },
        )
    }

    /// Signs in through a popup that the caller has opened. Resolves to a session.
    #[wasm_bindgen(js_name = signInPopup)]
    pub fn sign_in_popup(
        &self,
        input: String,
        options: JsValue,
        progress: Option<Function>,
        aborted: Option<Promise>,
        popup: JsValue,
    ) -> Promise {
        let popup = Rc::new(PopupWindow::new(popup));
        self.begin(
            options,
            progress,
            aborted,
            async move |client, options, told| {
                let session = client.sign_in_popup(&input, options, popup, told).await?;
                Ok(Session::wrap(session))
            },
        )
    }

    /// Resolves to `{session, state}`.
    pub fn callback(&self, params: String, redirect_uri: Option<String>) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let signed_in = client.callback(&params, redirect_uri.as_deref()).await?;
            Ok(outcome(signed_in))
        }))
    }

    /// Resolves to `{session, state}`, `{session}` or `undefined`.
    pub fn init(&self, refresh: Option<bool>) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            Ok(match client.init(refresh.into()).await? {
                None => JsValue::UNDEFINED,
                Some(Initialized::SignedIn(signed_in)) => outcome(signed_in),
                Some(Initialized::Restored(session)) => Session::wrap(session),
            })
        }))
    }

    /// Resolves to a session or `undefined`.
    #[wasm_bindgen(js_name = initRestore)]
    pub fn init_restore(&self, refresh: Option<bool>) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let restored = client.init_restore(refresh.into()).await?;
            Ok(restored.map_or(JsValue::UNDEFINED, Session::wrap))
        }))
    }

    /// Resolves to `{session, state}`.
    #[wasm_bindgen(js_name = initCallback)]
    pub fn init_callback(&self, params: Option<String>, redirect_uri: Option<String>) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let signed_in = client
                .init_callback(params.as_deref(), redirect_uri.as_deref())
                .await?;
            Ok(outcome(signed_in))
        }))
    }

    /// Resolves to a session.
    pub fn restore(&self, sub: String, refresh: Option<bool>) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let session = client.restore(&sub, refresh.into()).await?;
            Ok(Session::wrap(session))
        }))
    }

    /// Ends the session of an account, and on request forgets the account.
    pub fn revoke(&self, sub: String, forget: bool) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            match forget {
                true => client.forget(&sub).await?,
                false => client.revoke(&sub).await?,
            }
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// Resolves to a list of `{did, handle, pds, issuer, signedIn, lastUsed}`; the time in milliseconds since the epoch.
    pub fn accounts(&self) -> Promise {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let accounts = client.accounts().await?;
            Ok(accounts.iter().map(account).collect::<Array>().into())
        }))
    }

    /// The account that was used last.
    #[wasm_bindgen(getter)]
    pub fn active(&self) -> Option<String> {
        self.client.active().map(|did| did.to_string())
    }

    /// Stops hearing the other tabs and closes the database.
    pub fn dispose(&self) {
        self.client.close();
        self.browser.dispose();
    }
}

impl Client {
    /// What all ways to begin a sign-in have in common: options read, steps told, and given up when `aborted` rejects.
    fn begin<W>(
        &self,
        options: JsValue,
        progress: Option<Function>,
        aborted: Option<Promise>,
        work: W,
    ) -> Promise
    where
        W: AsyncFnOnce(&OAuthClient, &AuthorizeOptions, &dyn Fn(Step)) -> Result<JsValue, Error>
            + 'static,
    {
        let client = self.client.clone();
        promise(Box::pin(async move {
            let options = options::authorize(&Json::from_js(options));
            let told = report(progress.as_ref());
            abortable(aborted, Box::pin(work(&client, &options, &told))).await
        }))
    }
}

fn account(account: &Account) -> JsValue {
    let object = account_facts(account).into();
    set(&object, "did", account.did.as_str());
    let signed_in = account.status == AccountStatus::SignedIn;
    set(&object, "signedIn", signed_in);
    object.into()
}

/// `{session, state}`; `state` is `null` where the app gave none, which tells a sign-in from a restored session.
fn outcome(signed_in: SignedIn) -> JsValue {
    let object = Object::new();
    set(&object, "session", Session::wrap(signed_in.session));
    let state = signed_in.state.as_deref();
    set(
        &object,
        "state",
        state.map_or(JsValue::NULL, JsValue::from_str),
    );
    object.into()
}

/// Tells the app of each step. What its callback throws is its own affair.
fn report(progress: Option<&Function>) -> impl Fn(Step) {
    move |step| {
        if let Some(progress) = progress {
            let _ = progress.call1(&JsValue::UNDEFINED, &JsValue::from_str(step.as_str()));
        }
    }
}

impl Session {
    fn wrap(session: crate::client::OAuthSession) -> JsValue {
        JsValue::from(Session::new(session))
    }
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
