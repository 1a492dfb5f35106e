//! What is remembered beside the rows, without any secret: see `browser/accounts.js`.

use super::JsHost;
use crate::identity::{Did, Handle};
use crate::json::{Json, Writer};
use crate::oauth::Issuer;
use crate::ports::{Account, AccountStatus, AccountStore, ActiveAccount, NonceStore};
use crate::time;

impl ActiveAccount for JsHost {
    fn get(&self, client_id: &str) -> Option<String> {
        self.door.active_account(client_id)
    }

    fn set(&self, client_id: &str, did: Option<&Did>) -> bool {
        self.door
            .set_active_account(client_id, did.map(Did::as_str))
    }
}

impl AccountStore for JsHost {
    fn list(&self, client_id: &str) -> Vec<Account> {
        accounts(self.door.remembered_accounts(client_id), account)
    }

    fn set(&self, client_id: &str, did: &Did, account: Option<&Account>) {
        let facts = account.map(|account| facts(account).end());
        self.door
            .remember_account(client_id, did.as_str(), facts.as_deref());
    }
}

impl NonceStore for JsHost {
    fn get(&self, did: &Did) -> Option<String> {
        self.door.nonces(did.as_str())
    }

    fn set(&self, did: &Did, nonces: Option<&str>) {
        self.door.set_nonces(did.as_str(), nonces);
    }
}

/// What is known of an account beside whose it is: `{handle, pds, issuer, lastUsed}`, as far as it is.
pub(crate) fn facts(account: &Account) -> Writer {
    let mut facts = Writer::object();
    facts
        .member("handle", account.handle.as_ref().map(Handle::as_str))
        .member("pds", account.pds.as_deref())
        .member("issuer", account.issuer.as_ref().map(Issuer::as_str))
        .number_member("lastUsed", account.last_used.map(|at| at as i64));
    facts
}

/// Those of a list that can be read.
pub(super) fn accounts(list: Json, read: fn(&Json) -> Option<Account>) -> Vec<Account> {
    let mut accounts = Vec::new();
    for item in list.as_array().unwrap_or_default() {
        if let Some(account) = read(&item) {
            accounts.push(account);
        }
    }
    accounts
}

/// An account as it was remembered, if it can be read.
fn account(record: &Json) -> Option<Account> {
    let last_used = record.get("lastUsed").and_then(|at| at.as_f64());
    Some(Account {
        did: Did::parse(&record.str("did")?).ok()?,
        handle: record
            .str("handle")
            .and_then(|handle| Handle::parse(&handle).ok()),
        pds: record.str("pds"),
        issuer: record.str("issuer").map(Issuer::known),
        status: AccountStatus::SignedOut,
        last_used: last_used.and_then(time::moment),
    })
}
