//! The other tabs of `tabs.js`, as the port knows them.

use super::reflect::{get_str, set_text, texts};
use crate::client::Error;
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::{AccountsChange, Bus, Guard, Message};
use std::cell::OnceCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The names of the messages: the official client's, and one for us alone. That client calls what hook of the app's has the name of
/// a message, and apps have none of that one.
const UPDATED: &str = "onSessionUpdated";
const DELETED: &str = "onSessionDeleted";
const ACCOUNTS: &str = "accountsChanged";

#[wasm_bindgen(module = "/src/browser/tabs.js")]
extern "C" {
    #[derive(Clone)]
    type Tabs;

    #[wasm_bindgen(constructor)]
    fn new(storage_name: Option<&str>) -> Tabs;

    #[wasm_bindgen(method)]
    fn hear(this: &Tabs, heard: &Closure<dyn Fn(JsValue)>);

    #[wasm_bindgen(method)]
    fn post(this: &Tabs, name: &str, sub: &str, cause: Option<&str>, ours: &JsValue);

    #[wasm_bindgen(method)]
    fn close(this: &Tabs);
}

#[wasm_bindgen(module = "/src/browser/change_mark.js")]
extern "C" {
    /// Not called from here. wasm-bindgen copies the modules that Rust names, and `tabs.js` imports this one.
    #[wasm_bindgen(js_name = markChange)]
    fn mark_change();
}

/// The other tabs. Where there are no channels, nobody is told and nothing is heard: a session that another tab ended
/// is then noticed at its next refresh.
pub(super) struct OtherTabs {
    storage_name: Option<String>,
    tabs: OnceCell<JsValue>,
}

impl OtherTabs {
    /// With a `Tabs` that was made before there was anybody to listen; otherwise one is made at first use.
    pub(super) fn new(given: Option<JsValue>, storage_name: Option<String>) -> Self {
        Self {
            storage_name,
            tabs: given.map(OnceCell::from).unwrap_or_default(),
        }
    }

    fn tabs(&self) -> &Tabs {
        let made = || Tabs::new(self.storage_name.as_deref()).into();
        self.tabs.get_or_init(made).unchecked_ref()
    }
}

impl Bus for OtherTabs {
    fn post(&self, client_id: &str, message: &Message) {
        let ours = texts(&[("client", client_id)]);
        let tabs = self.tabs();
        match message {
            Message::Updated(sub) => tabs.post(UPDATED, sub.as_str(), None, &ours),
            Message::Accounts(change) => {
                if let AccountsChange::End(sub) = change {
                    set_text(&ours, "ended", sub.as_str());
                }
                tabs.post(ACCOUNTS, "", None, &ours);
            }
            Message::Deleted(sub, end) => {
                set_text(&ours, "code", end.code());
                if let Some(words) = end.words() {
                    set_text(&ours, "words", words);
                }
                let cause = Error::ended(sub, end.clone()).to_string();
                tabs.post(DELETED, sub.as_str(), Some(&cause), &ours);
            }
        }
    }

    fn listen(&self, client_id: &str, heard: Box<dyn Fn(Message)>) -> Guard {
        let own = client_id.to_owned();
        let listener: Closure<dyn Fn(JsValue)> = Closure::new(move |message| {
            // The official client does not say which it is: it may be that of the same app.
            let is_own = get_str(&message, "client").is_none_or(|client_id| client_id == own);
            if let Some(message) = understood(&message).filter(|_| is_own) {
                heard(message);
            }
        });
        let tabs = self.tabs().clone();
        tabs.hear(&listener);
        Guard::new(move || {
            tabs.close();
            drop(listener);
        })
    }
}

fn understood(message: &JsValue) -> Option<Message> {
    let name = get_str(message, "name")?;
    if name == ACCOUNTS {
        let ended = get_str(message, "ended").and_then(|sub| Did::parse(&sub).ok());
        let change = ended.map_or(AccountsChange::Other, AccountsChange::End);
        return Some(Message::Accounts(change));
    }
    let sub = Did::parse(&get_str(message, "sub")?).ok()?;
    match name.as_str() {
        UPDATED => Some(Message::Updated(sub)),
        DELETED => {
            let end = get_str(message, "code")
                .and_then(|code| SessionEnd::from_code(&code, get_str(message, "words")));
            Some(Message::Deleted(sub, end.unwrap_or(SessionEnd::Vanished)))
        }
        _ => None,
    }
}
