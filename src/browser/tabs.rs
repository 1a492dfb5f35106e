//! The other tabs of `between_tabs.js`, as the port knows them.

use super::reflect::{get_str, set_text, texts};
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::{Bus, Guard, Message};
use std::cell::OnceCell;
use std::fmt;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The names of the messages: the official client's, and one of our own.
const UPDATED: &str = "onSessionUpdated";
const DELETED: &str = "onSessionDeleted";
const ACCOUNTS: &str = "accountsChanged";

#[wasm_bindgen(module = "/src/browser/between_tabs.js")]
extern "C" {
    #[derive(Clone)]
    type Tabs;

    #[wasm_bindgen(constructor)]
    fn new() -> Tabs;

    #[wasm_bindgen(method)]
    fn hear(this: &Tabs, heard: &Closure<dyn Fn(JsValue)>);

    #[wasm_bindgen(method)]
    fn post(this: &Tabs, name: &str, sub: &str, cause: &str, end: &JsValue);

    #[wasm_bindgen(method)]
    fn close(this: &Tabs);
}

/// The other tabs. Where there are no channels, nobody is told and nothing is heard: a session that another tab ended
/// is then noticed at its next refresh.
#[derive(Default)]
pub(super) struct OtherTabs(OnceCell<JsValue>);

impl OtherTabs {
    /// With a `Tabs` that was made before there was anybody to listen; otherwise one is made at first use.
    pub(super) fn new(given: Option<JsValue>) -> Self {
        Self(given.map(OnceCell::from).unwrap_or_default())
    }

    fn tabs(&self) -> &Tabs {
        let tabs = self.0.get_or_init(|| Tabs::new().into());
        tabs.unchecked_ref()
    }
}

impl Bus for OtherTabs {
    fn post(&self, message: &Message) {
        let tabs = self.tabs();
        let news = |name, sub| tabs.post(name, sub, "", &JsValue::UNDEFINED);
        match message {
            Message::Updated(sub) => news(UPDATED, sub.as_str()),
            Message::Accounts => news(ACCOUNTS, ""),
            Message::Deleted(sub, end) => {
                let ours = texts(&[("code", end.code())]);
                if let Some(words) = end.words() {
                    set_text(&ours, "words", words);
                }
                let cause = Words(end, sub).to_string();
                tabs.post(DELETED, sub.as_str(), &cause, &ours);
            }
        }
    }

    fn listen(&self, heard: Box<dyn Fn(Message)>) -> Guard {
        let listener: Closure<dyn Fn(JsValue)> = Closure::new(move |message| {
            if let Some(message) = understood(&message) {
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

/// The end of a session in the words the app sees.
struct Words<'a>(&'a SessionEnd, &'a Did);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, self.1)
    }
}

fn understood(message: &JsValue) -> Option<Message> {
    let name = get_str(message, "name")?;
    if name == ACCOUNTS {
        return Some(Message::Accounts);
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
