//! `localStorage`: which account was used last, under the name the official client uses, and what is remembered of each
//! account and its servers' nonces, under names of our own.
//!
//! It points to a row of the database: where rows live in memory only, so does this, lest it point to nothing for a page
//! that comes later, or no more to the row that a page has stored before.
//!
//! A worker has no `localStorage`, and in some frames reading it throws. What cannot be stored is kept in memory, so
//! that at least this page remembers.

use super::indexed_db::Database;
use super::reflect::{get_str, global, set, set_text, texts};
use crate::http::mentions;
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::Issuer;
use crate::ports::{Account, AccountStatus, AccountStore, ActiveAccount, NonceStore, Storage};
use crate::time;
use js_sys::Reflect;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// An account's DID and the client id follow. One item for each, so that no tab writes over what another wrote of another.
const ACCOUNT: &str = "account:";
/// A DID follows.
const NONCES: &str = "nonces:";

#[wasm_bindgen(module = "/src/browser/active_account.js")]
extern "C" {
    #[wasm_bindgen(js_name = activeAccount)]
    fn active_account(names: &JsValue, client_id: &str) -> Option<String>;

    #[wasm_bindgen(js_name = setActiveAccount)]
    fn set_active_account(names: &JsValue, client_id: &str, did: Option<&str>) -> bool;
}

#[wasm_bindgen(module = "/src/browser/local_storage.js")]
extern "C" {
    #[wasm_bindgen(js_name = readItem)]
    fn read(name: &str) -> Option<String>;

    /// Writes an item, or removes it; whether that was done.
    #[wasm_bindgen(js_name = writeItem)]
    fn write(name: &str, value: Option<&str>) -> bool;
}

/// The stored account.
pub(super) struct ActivePointer {
    database: Rc<Database>,
    names: JsValue,
    /// What storage did not take, `None` inside where it did not even take the removal; it goes before what is stored.
    unstored: RefCell<Option<Option<String>>>,
}

impl ActivePointer {
    /// `names`: those of `names.js`.
    pub(super) fn new(database: Rc<Database>, names: &JsValue) -> Self {
        Self {
            database,
            names: names.clone(),
            unstored: RefCell::default(),
        }
    }
}

impl ActiveAccount for ActivePointer {
    fn get(&self, client_id: &str) -> Option<String> {
        if let Some(unstored) = &*self.unstored.borrow() {
            return unstored.clone();
        }
        active_account(&self.names, client_id)
    }

    fn set(&self, client_id: &str, did: Option<&Did>) -> bool {
        let did = did.map(Did::as_str);
        let stored =
            self.database.outlives_page() && set_active_account(&self.names, client_id, did);
        *self.unstored.borrow_mut() = (!stored).then(|| did.map(str::to_owned));
        stored
    }
}

/// The accounts that are remembered.
pub(super) struct AccountRecords {
    items: String,
    /// The items that storage did not take; they go before those that are stored.
    unstored: JsValue,
}

impl AccountRecords {
    /// `items`: what the names of items begin with.
    pub(super) fn new(items: &str) -> Self {
        Self {
            items: items.to_owned() + ACCOUNT,
            unstored: texts(&[]),
        }
    }
}

impl AccountStore for AccountRecords {
    fn list(&self, client_id: &str) -> Vec<Account> {
        let mut all: Vec<Account> = Vec::new();
        for items in [&self.unstored, &global("localStorage")] {
            for name in Reflect::own_keys(items).unwrap_or_default().iter() {
                let account = name.as_string().and_then(|name| {
                    let whose = name.strip_prefix(&self.items)?;
                    from_item(items, &name, whose.strip_suffix(client_id)?)
                });
                if let Some(account) = account
                    && all.iter().all(|other| other.did != account.did)
                {
                    all.push(account);
                }
            }
        }
        all
    }

    fn set(&self, client_id: &str, did: &Did, account: Option<&Account>) {
        let name = [&self.items, did.as_str(), " ", client_id].concat();
        let text = account.map(|account| Json::from_js(account_facts(account)).text());
        let stored = write(&name, text.as_deref());
        let unstored = text.filter(|_| !stored).map(JsValue::from);
        set(&self.unstored, &name, &unstored.unwrap_or_default());
    }
}

/// The nonces of sessions. Those that storage does not take are learned anew.
pub(super) struct Nonces(String);

impl Nonces {
    /// `items`: what the names of items begin with.
    pub(super) fn new(items: &str) -> Self {
        Self(items.to_owned() + NONCES)
    }
}

impl NonceStore for Nonces {
    fn get(&self, did: &Did) -> Option<String> {
        read(&(self.0.clone() + did.as_str()))
    }

    fn set(&self, did: &Did, nonces: Option<&str>) {
        write(&(self.0.clone() + did.as_str()), nonces);
    }
}

/// Whether an item, by its name, may say something of the accounts.
pub(super) fn is_of_accounts(name: &str) -> bool {
    [ACCOUNT, "active:", "(sub)"]
        .iter()
        .any(|part| mentions(name, part))
}

/// What is known of an account beside whose it is: `{handle, pds, issuer, lastUsed}`, as far as it is.
pub(crate) fn account_facts(account: &Account) -> JsValue {
    let facts = texts(&[]);
    for (name, value) in [
        ("handle", account.handle.as_ref().map(Handle::as_str)),
        ("pds", account.pds.as_deref()),
        ("issuer", account.issuer.as_ref().map(Issuer::as_str)),
    ] {
        if let Some(value) = value {
            set_text(&facts, name, value);
        }
    }
    if let Some(at) = account.last_used {
        set(&facts, "lastUsed", &JsValue::from_f64(at as f64));
    }
    facts
}

/// The account of an item, if it can be read. `whose` is its DID and a space.
fn from_item(items: &JsValue, name: &str, whose: &str) -> Option<Account> {
    let did = Did::parse(whose.strip_suffix(' ')?).ok()?;
    let record = Json::parse(&get_str(items, name)?).filter(Json::is_object)?;
    let last_used = record.get("lastUsed").and_then(|at| at.as_f64());
    Some(Account {
        did,
        handle: record
            .str("handle")
            .and_then(|handle| Handle::parse(&handle).ok()),
        pds: record.str("pds"),
        issuer: record.str("issuer").map(Issuer::known),
        status: AccountStatus::SignedOut,
        last_used: last_used.and_then(time::moment),
    })
}
