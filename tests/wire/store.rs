//! Stores over another: what a test does not change goes to that one.

pub(crate) use atproto_oauth_wasm::ports::{
    Account, Local, PendingLogin, StorageError, StoredSession,
};
pub(crate) use atproto_oauth_wasm::{Did, Secret};
pub(crate) use std::rc::Rc;

/// What an operation that takes time gives.
pub(crate) type Stored<'a, T> = Local<'a, Result<T, StorageError>>;

/// Defines operations of a [`Store`](atproto_oauth_wasm::ports::Store) as those of the store in a field: single ones, or all
/// of `pending`, `sessions` or `items`.
macro_rules! forward {
    ($field:tt: $($operation:ident),+) => {
        $(crate::store::forward!(@$operation $field);)+
    };
    (@pending $field:tt) => {
        crate::store::forward!($field: put_pending, get_pending, take_pending, pending_owner);
    };
    (@sessions $field:tt) => {
        crate::store::forward!($field: get_session, put_session, delete_session);
        crate::store::forward!($field: list_sessions, session_owner);
    };
    (@items $field:tt) => {
        crate::store::forward!($field: active_account, set_active_account, remembered_accounts);
        crate::store::forward!($field: remember_account, nonces, set_nonces);
    };
    (@settle $field:tt) => {
        fn settle(&self) -> crate::store::Local<'_, ()> {
            self.$field.settle()
        }
    };
    (@outlives_page $field:tt) => {
        fn outlives_page(&self) -> bool {
            self.$field.outlives_page()
        }
    };
    (@put_pending $field:tt) => {
        fn put_pending<'a>(
            &'a self,
            state: &'a str,
            login: &'a crate::store::PendingLogin,
        ) -> crate::store::Stored<'a, ()> {
            self.$field.put_pending(state, login)
        }
    };
    (@get_pending $field:tt) => {
        fn get_pending<'a>(
            &'a self,
            client_id: &'a str,
            state: &'a str,
        ) -> crate::store::Stored<'a, Option<Box<crate::store::PendingLogin>>> {
            self.$field.get_pending(client_id, state)
        }
    };
    (@take_pending $field:tt) => {
        fn take_pending<'a>(
            &'a self,
            client_id: &'a str,
            state: &'a str,
        ) -> crate::store::Stored<'a, Option<Box<crate::store::PendingLogin>>> {
            self.$field.take_pending(client_id, state)
        }
    };
    (@pending_owner $field:tt) => {
        fn pending_owner<'a>(
            &'a self,
            state: &'a str,
        ) -> crate::store::Stored<'a, Option<String>> {
            self.$field.pending_owner(state)
        }
    };
    (@get_session $field:tt) => {
        fn get_session<'a>(
            &'a self,
            client_id: &'a str,
            did: &'a crate::store::Did,
        ) -> crate::store::Stored<'a, Option<crate::store::Rc<crate::store::StoredSession>>> {
            self.$field.get_session(client_id, did)
        }
    };
    (@put_session $field:tt) => {
        fn put_session<'a>(
            &'a self,
            client_id: &'a str,
            session: &'a crate::store::StoredSession,
            expected: Option<&'a crate::store::Secret>,
        ) -> crate::store::Stored<'a, bool> {
            self.$field.put_session(client_id, session, expected)
        }
    };
    (@delete_session $field:tt) => {
        fn delete_session<'a>(
            &'a self,
            client_id: &'a str,
            did: &'a crate::store::Did,
            expected: Option<&'a crate::store::Secret>,
        ) -> crate::store::Stored<'a, bool> {
            self.$field.delete_session(client_id, did, expected)
        }
    };
    (@list_sessions $field:tt) => {
        fn list_sessions<'a>(
            &'a self,
            client_id: &'a str,
        ) -> crate::store::Stored<'a, Vec<crate::store::Account>> {
            self.$field.list_sessions(client_id)
        }
    };
    (@session_owner $field:tt) => {
        fn session_owner<'a>(
            &'a self,
            did: &'a crate::store::Did,
        ) -> crate::store::Stored<'a, Option<String>> {
            self.$field.session_owner(did)
        }
    };
    (@active_account $field:tt) => {
        fn active_account(&self, client_id: &str) -> Option<String> {
            self.$field.active_account(client_id)
        }
    };
    (@set_active_account $field:tt) => {
        fn set_active_account(&self, client_id: &str, did: Option<&crate::store::Did>) -> bool {
            self.$field.set_active_account(client_id, did)
        }
    };
    (@remembered_accounts $field:tt) => {
        fn remembered_accounts(&self, client_id: &str) -> Vec<crate::store::Account> {
            self.$field.remembered_accounts(client_id)
        }
    };
    (@remember_account $field:tt) => {
        fn remember_account(
            &self,
            client_id: &str,
            did: &crate::store::Did,
            account: Option<&crate::store::Account>,
        ) {
            self.$field.remember_account(client_id, did, account);
        }
    };
    (@nonces $field:tt) => {
        fn nonces(&self, did: &crate::store::Did) -> Option<String> {
            self.$field.nonces(did)
        }
    };
    (@set_nonces $field:tt) => {
        fn set_nonces(&self, did: &crate::store::Did, nonces: Option<&str>) {
            self.$field.set_nonces(did, nonces);
        }
    };
}

pub(crate) use forward;
