//! What no other tab tells: the network is back, or what another tab has written can be read.

use super::listener::Listener;
use super::local_storage::is_of_accounts;
use super::reflect::get_str;
use crate::waiting::Inbox;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Hears of what happens outside, from when this was made until it is dropped.
pub(crate) struct Outside {
    online: Rc<Inbox<()>>,
    accounts: Rc<Inbox<()>>,
    _listeners: [Listener; 2],
}

impl Outside {
    pub(crate) fn listen() -> Self {
        let (online, accounts) = (Rc::<Inbox<()>>::default(), Rc::<Inbox<()>>::default());
        let (back, written) = (online.clone(), accounts.clone());
        let on_storage = move |event: JsValue| {
            if get_str(&event, "key").is_none_or(|name| is_of_accounts(&name)) {
                written.put(());
            }
        };
        let listeners = [
            Listener::new(&js_sys::global(), "online", move |_| back.put(())),
            Listener::new(&js_sys::global(), "storage", on_storage),
        ];
        Self {
            online,
            accounts,
            _listeners: listeners,
        }
    }

    /// Ends once the browser is back online. Dropping the future loses nothing.
    pub(crate) async fn online(&self) {
        self.online.take().await;
    }

    /// Ends once another tab has written what is stored of accounts. Dropping the future loses nothing.
    pub(crate) async fn accounts_written(&self) {
        self.accounts.take().await;
    }
}
