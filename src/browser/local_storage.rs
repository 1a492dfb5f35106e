//! `localStorage`: which account was used last, under the name the official client uses.
//!
//! A worker has no `localStorage`, and in some frames reading it throws. What cannot be stored is kept in memory, so
//! that at least this page remembers.

use super::reflect::{call, global};
use crate::identity::Did;
use crate::ports::ActiveAccount;
use std::cell::RefCell;
use wasm_bindgen::JsValue;

const KEY: &str = "@@atproto/oauth-client-browser(sub)";

/// The stored account.
#[derive(Default)]
pub(super) struct ActivePointer {
    /// What storage did not take, `None` inside where it did not even take the removal; it goes before what is stored.
    unstored: RefCell<Option<Option<String>>>,
}

impl ActiveAccount for ActivePointer {
    fn get(&self) -> Option<String> {
        if let Some(unstored) = &*self.unstored.borrow() {
            return unstored.clone();
        }
        call(
            &global("localStorage"),
            "getItem",
            &[&JsValue::from_str(KEY)],
        )
        .ok()?
        .as_string()
    }

    fn set(&self, did: Option<&Did>) {
        let key = JsValue::from_str(KEY);
        let storage = global("localStorage");
        let stored = match did {
            Some(did) => call(
                &storage,
                "setItem",
                &[&key, &JsValue::from_str(did.as_str())],
            ),
            None => call(&storage, "removeItem", &[&key]),
        };
        *self.unstored.borrow_mut() = stored
            .is_err()
            .then(|| did.map(|did| did.as_str().to_owned()));
    }
}
