//! Accounts, as they are remembered without any secret: see `browser/accounts.js`.

use crate::identity::{Did, Handle};
use crate::json::{Json, Writer};
use crate::oauth::Issuer;
use crate::ports::{Account, AccountStatus};
use crate::time;

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
pub(super) fn remembered(record: &Json) -> Option<Account> {
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
