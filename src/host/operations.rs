//! What the core asks of a JavaScript host: the one list of it in Rust. `browser/operations.d.ts` says the same to JavaScript, and a
//! test compares names and arguments of the two.
//!
//! What JavaScript alone can hold, keys and windows, stays with the host under a number until it is released.

use super::door::{Door, Effect};
use crate::http::{MAX_BODY, READ_HEADERS, Request};
use crate::json::{Json, Writer};
use crate::ports::Guard;
use std::rc::Rc;

/// Time.
impl Door {
    /// Milliseconds since the epoch.
    pub(super) fn now(&self) -> u64 {
        self.call("now", &mut Writer::list())
            .as_f64()
            .unwrap_or_default() as u64
    }

    /// See [`crate::ports::Clock::reference`].
    pub(super) fn time_reference(&self) -> Option<String> {
        self.call("timeReference", &mut Writer::list()).as_str()
    }

    /// Delivers after so many milliseconds.
    pub(super) fn sleep(self: &Rc<Self>, milliseconds: u32) -> Effect {
        self.begin("sleep", Writer::list().number(milliseconds.into()))
    }
}

/// Keys. `undefined` is delivered as the error where there is no WebCrypto.
impl Door {
    /// Delivers `{key, x, y}`: the key's number, and its public half.
    pub(super) fn generate_key(self: &Rc<Self>) -> Effect {
        self.begin("generateKey", &mut Writer::list())
    }

    /// Delivers the octets of an ES256 signature, a character each.
    pub(super) fn sign(self: &Rc<Self>, key: u32, input: &str) -> Effect {
        self.begin("sign", Writer::list().number(key.into()).text(input))
    }

    /// Delivers the octets of the SHA-256 digest, a character each, as those of `data` are.
    pub(super) fn digest(self: &Rc<Self>, data: &str) -> Effect {
        self.begin("digest", Writer::list().text(data))
    }

    /// Delivers the same of a `CryptoKeyPair` that the host holds, if it can sign.
    pub(super) fn open_key(self: &Rc<Self>, pair: u32) -> Effect {
        self.begin("openKey", Writer::list().number(pair.into()))
    }

    /// A key as a `CryptoKeyPair`.
    pub(super) fn key_pair(&self, key: u32) -> Json {
        self.call("keyPair", Writer::list().number(key.into()))
    }

    /// The private half of a key, for a script that signs by itself.
    pub(super) fn private_key(&self, key: u32) -> Json {
        self.call("privateKey", Writer::list().number(key.into()))
    }

    /// The core has no use any more for what is held under a number.
    pub(super) fn release(&self, number: u32) {
        self.call("release", Writer::list().number(number.into()));
    }
}

/// The network.
impl Door {
    /// Sends a request and delivers `{status, headers, body}`.
    pub(super) fn send(self: &Rc<Self>, request: &Request, milliseconds: Option<u32>) -> Effect {
        let mut headers = Writer::object();
        for (name, value) in &request.headers {
            headers.member(name, Some(value));
        }
        let mut wanted = Writer::list();
        for name in READ_HEADERS {
            wanted.text(name);
        }
        let mut arguments = Writer::list();
        arguments
            .text(request.method)
            .text(&request.url)
            .raw(&headers.end())
            .known(request.body.as_deref())
            .flag(request.revalidate)
            .number(milliseconds.unwrap_or_default().into())
            .number(MAX_BODY as i64)
            .raw(&wanted.end());
        self.begin("send", &mut arguments)
    }
}

/// Where a row is: a store, a client id and a key.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) store: &'static str,
    pub(super) client_id: &'a str,
    pub(super) key: &'a str,
}

/// What outlives the page.
impl Door {
    /// Delivers once it is known where rows are kept.
    pub(super) fn settle(self: &Rc<Self>) -> Effect {
        self.begin("settleStorage", &mut Writer::list())
    }

    /// Whether rows outlive the page, as far as is known.
    pub(super) fn is_durable(&self) -> bool {
        self.call("isDurable", &mut Writer::list()).as_bool() == Some(true)
    }

    /// Does one operation on the rows of a store: see `rows.js`.
    pub(super) fn perform(
        self: &Rc<Self>,
        operation: &str,
        place: Place<'_>,
        row: Option<&str>,
        expected: Option<&str>,
    ) -> Effect {
        let mut arguments = Writer::list();
        arguments
            .text(operation)
            .text(place.store)
            .text(place.client_id)
            .text(place.key)
            .raw(row.unwrap_or("null"))
            .known(expected);
        self.begin("perform", &mut arguments)
    }

    /// The account that a client used last.
    pub(super) fn active_account(&self, client_id: &str) -> Option<String> {
        self.call("activeAccount", Writer::list().text(client_id))
            .as_str()
    }

    /// Remembers an account as that, or forgets it; whether other tabs see it.
    pub(super) fn set_active_account(&self, client_id: &str, did: Option<&str>) -> bool {
        let mut arguments = Writer::list();
        arguments.text(client_id).known(did);
        self.call("setActiveAccount", &mut arguments).as_bool() == Some(true)
    }

    /// The accounts that are remembered: a list of `{did, handle, pds, issuer, lastUsed}`, unchecked.
    pub(super) fn remembered_accounts(&self, client_id: &str) -> Json {
        self.call("rememberedAccounts", Writer::list().text(client_id))
    }

    /// Remembers an account, or forgets it.
    pub(super) fn remember_account(&self, client_id: &str, did: &str, account: Option<&str>) {
        let mut arguments = Writer::list();
        arguments.text(client_id).text(did);
        self.call("rememberAccount", arguments.raw(account.unwrap_or("null")));
    }

    /// The nonces that were kept for an account.
    pub(super) fn nonces(&self, did: &str) -> Option<String> {
        self.call("nonces", Writer::list().text(did)).as_str()
    }

    /// Keeps them, or forgets them.
    pub(super) fn set_nonces(&self, did: &str, nonces: Option<&str>) {
        self.call("setNonces", Writer::list().text(did).known(nonces));
    }

    /// Keeps no connection to the database open. What is under way goes on.
    pub(super) fn dispose(&self) {
        self.call("dispose", &mut Writer::list());
    }
}

/// Other tabs.
impl Door {
    /// Delivers once the lock is held; it is released at the effect's end.
    pub(super) fn lock(self: &Rc<Self>, name: &str) -> Effect {
        self.begin("lock", Writer::list().text(name))
    }

    /// Whether locks hold against other tabs.
    pub(super) fn locks_span_tabs(&self) -> bool {
        self.call("locksSpanTabs", &mut Writer::list()).as_bool() == Some(true)
    }

    /// Delivers the messages of other tabs: `{name, sub, client, code, words}`, unchecked.
    pub(super) fn listen_to_tabs(self: &Rc<Self>, listener: Rc<dyn Fn(Json)>) -> Guard {
        self.listen("listenToTabs", &mut Writer::list(), listener)
    }

    /// Posts a message to the other tabs. `cause` is for the official client; `details` are for ours.
    pub(super) fn post_to_tabs(&self, name: &str, sub: &str, cause: Option<&str>, details: &str) {
        let mut arguments = Writer::list();
        arguments.text(name).text(sub).known(cause);
        self.call("postToTabs", arguments.raw(details));
    }
}

/// Popups.
impl Door {
    /// Delivers what popups and the pages that opened them post, `{key, params, did, failure, failureParams}`.
    pub(super) fn listen_to_popups(self: &Rc<Self>, listener: Rc<dyn Fn(Json)>) -> Guard {
        self.listen("listenToPopups", &mut Writer::list(), listener)
    }

    /// Whether there is a way between popups and the pages that open them.
    pub(super) fn has_popup_channel(&self) -> bool {
        self.call("hasPopupChannel", &mut Writer::list()).as_bool() == Some(true)
    }

    /// Posts such a message.
    pub(super) fn post_to_popups(&self, message: &str) {
        self.call("postToPopups", Writer::list().raw(message));
    }

    /// Opens a blank popup and gives its number.
    pub(super) fn open_popup(&self) -> Option<u32> {
        let popup = self.call("openPopup", &mut Writer::list()).as_f64();
        popup.map(|popup| popup as u32)
    }

    /// Sends a popup to an address.
    pub(super) fn navigate_popup(&self, popup: u32, url: &str) {
        self.call(
            "navigatePopup",
            Writer::list().number(popup.into()).text(url),
        );
    }

    /// `own`, `foreign`, `hidden` or `gone`: see [`crate::ports::PopupState`].
    pub(super) fn popup_state(&self, popup: u32) -> Option<String> {
        self.call("popupState", Writer::list().number(popup.into()))
            .as_str()
    }

    /// Closes a popup.
    pub(super) fn close_popup(&self, popup: u32) {
        self.call("closePopup", Writer::list().number(popup.into()));
    }

    /// Closes the window this runs in, if it is a popup.
    pub(super) fn close_own_window(&self) {
        self.call("closeOwnWindow", &mut Writer::list());
    }
}

/// The page.
impl Door {
    /// The page's address; `None` where there is no page.
    pub(super) fn location(&self) -> Option<String> {
        self.call("location", &mut Writer::list()).as_str()
    }

    /// Changes the address shown.
    pub(super) fn replace_location(&self, url: &str) {
        self.call("replaceLocation", Writer::list().text(url));
    }

    /// Leaves for another page; delivers if this one is shown again.
    pub(super) fn leave(self: &Rc<Self>, url: &str) -> Effect {
        self.begin("leave", Writer::list().text(url))
    }

    /// Delivers whenever the browser is online again, and whenever another tab has written what may concern the accounts:
    /// whether it is the former.
    pub(super) fn listen_to_page(self: &Rc<Self>, listener: Rc<dyn Fn(Json)>) -> Guard {
        self.listen("listenToPage", &mut Writer::list(), listener)
    }
}

/// What the app does itself.
impl Door {
    /// Whether the app has a resolver of this kind: `identity`, `handle` or `did`.
    pub(super) fn resolves(&self, kind: &str) -> bool {
        self.call("resolves", Writer::list().text(kind)).as_bool() == Some(true)
    }

    /// Delivers what it finds.
    pub(super) fn resolve(self: &Rc<Self>, kind: &str, subject: &str, fresh: bool) -> Effect {
        let mut arguments = Writer::list();
        arguments.text(kind).text(subject).flag(fresh);
        self.begin("resolve", &mut arguments)
    }

    /// Whether sessions are refreshed where it outlives the page.
    pub(super) fn refreshes_elsewhere(&self) -> bool {
        self.call("refreshesElsewhere", &mut Writer::list())
            .as_bool()
            == Some(true)
    }

    /// Delivers `{error?}`, or nothing where nobody was there to do it.
    pub(super) fn refresh(self: &Rc<Self>, sub: &str, token_id: &str) -> Effect {
        self.begin("refresh", Writer::list().text(sub).text(token_id))
    }

    /// Delivers what comes of the promise that is held under a number, which is released.
    #[cfg(feature = "js")]
    pub(super) fn settled(self: &Rc<Self>, promise: u32) -> Effect {
        self.begin("settled", Writer::list().number(promise.into()))
    }

    /// Calls the function that is held under a number with the name of a step.
    #[cfg(feature = "js")]
    pub(super) fn report(&self, listener: u32, step: &str) {
        let mut arguments = Writer::list();
        self.call("report", arguments.number(listener.into()).text(step));
    }

    /// Tells the app of a session's new tokens. Delivers when it has heard.
    #[cfg(feature = "js")]
    pub(super) fn notify_updated(self: &Rc<Self>, sub: &str, tokens: &str) -> Effect {
        self.begin("notifyUpdated", Writer::list().text(sub).raw(tokens))
    }

    /// Tells the app of a session's end: the details of the error that says why. Delivers when it has heard.
    #[cfg(feature = "js")]
    pub(super) fn notify_deleted(self: &Rc<Self>, sub: &str, details: &str) -> Effect {
        self.begin("notifyDeleted", Writer::list().text(sub).raw(details))
    }

    /// Tells the app that its accounts, or which of them is active, have changed.
    #[cfg(feature = "js")]
    pub(super) fn notify_accounts_changed(&self) {
        self.call("notifyAccountsChanged", &mut Writer::list());
    }
}
