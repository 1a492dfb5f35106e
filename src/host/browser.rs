//! The browser as a host: `browser/host.js`, for apps in Rust.

use super::JsHost;
use super::door::Host;
use super::keys;
use crate::ports::{KeyError, Ports, Signer};
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a page may choose.
#[derive(Clone, Debug, Default)]
pub struct BrowserOptions {
    /// Called in place of `globalThis.fetch`, with one argument, a `Request`; returns a `Response` or a promise of one.
    pub fetch: Option<js_sys::Function>,
    /// Asked in the network's place: an object whose functions `identity`, `handle` and `did`, as far as it has them, take
    /// `(subject, noCache, signal)` and promise `{did, didDoc}`, a DID, or a DID document; or `null`: there is none.
    pub resolver: Option<JsValue>,
    /// What the page calls this client and the options that it would make a client with. A session that this client stores may
    /// be used by a page that calls its client the same, before that has loaded this module; `None`: by none.
    pub resume_client: Option<String>,
    /// A name for database, locks, channels and items of `localStorage`, which this app then has to itself; by default those of
    /// the official client and ours, which all apps of the origin share.
    pub storage_name: Option<String>,
}

/// The browser as a host. Works in a page and in a worker, and can be made where neither is: a server that renders the app.
#[derive(Clone)]
pub struct Browser(JsHost);

impl Browser {
    /// Touches no API of the browser yet.
    pub fn new(options: BrowserOptions) -> Self {
        let host = browser_host(
            options.storage_name.as_deref(),
            options.fetch.as_ref(),
            options.resolver.as_ref(),
        );
        Self(JsHost::new(host, options.resume_client))
    }

    /// The implementations; they share one database connection. All fields are public, so an app can put a
    /// [store](crate::ports::Store) of its own in place of the browser's: [`key_pair`](super::key_pair) gives what it stores of a
    /// key, and [`signer`](Self::signer) makes it a key again.
    pub fn ports(&self) -> Ports {
        self.0.ports()
    }

    /// The key of a `CryptoKeyPair` that was stored, with the id that its [`PublicJwk`](crate::ports::Signer::public_jwk) had.
    pub async fn signer(&self, pair: &JsValue, kid: &str) -> Result<Rc<dyn Signer>, KeyError> {
        keys::signer(&self.0.door, pair, kid).await
    }

    /// Keeps no connection to the database open from now on.
    pub fn dispose(&self) {
        self.0.dispose();
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Browser")
    }
}

#[wasm_bindgen(module = "/src/host/browser/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = browserHost)]
    fn browser_host(
        storage_name: Option<&str>,
        fetch: Option<&js_sys::Function>,
        resolver: Option<&JsValue>,
    ) -> Host;
}

// wasm-bindgen puts beside an app's wasm the modules that Rust names, and not what they import. It finds the names where what
// stands around them is linked: here, beside `browser_host`.
macro_rules! put_beside {
    ($($module:tt)*) => {
        $(const _: () = {
            #[wasm_bindgen::prelude::wasm_bindgen(module = $module)]
            extern "C" {
                type Module;
            }
        };)*
    };
}

put_beside! {
    "/src/host/browser/accounts.js"
    "/src/host/browser/active_account.js"
    "/src/host/browser/broadcast_channel.js"
    "/src/host/browser/change_mark.js"
    "/src/host/browser/fetch.js"
    "/src/host/browser/indexed_db.js"
    "/src/host/browser/local_storage.js"
    "/src/host/browser/names.js"
    "/src/host/browser/nonces.js"
    "/src/host/browser/page.js"
    "/src/host/browser/popup.js"
    "/src/host/browser/proof.js"
    "/src/host/browser/row_layout.js"
    "/src/host/browser/rows.js"
    "/src/host/browser/tabs.js"
    "/src/host/browser/web_crypto.js"
    "/src/host/browser/web_locks.js"
}
