//! What outlives the page.

use super::{Account, Local, Signer, StorageError};
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::{AuthMethod, TokenSet};
use crate::secret::Secret;
use crate::url::Url;
use std::rc::Rc;

/// A sign-in that waits for its callback.
#[derive(Clone, Debug)]
pub struct PendingLogin {
    /// The client that began it. Absent in rows that another client library stored.
    pub client_id: Option<String>,
    /// The authorization server it was begun with.
    pub issuer: String,
    /// The key its tokens will be bound to.
    pub key: Rc<dyn Signer>,
    /// How the client that began it authenticates itself.
    pub auth_method: AuthMethod,
    /// The PKCE verifier.
    pub verifier: Secret,
    /// The app's own text.
    pub app_state: Option<String>,
    /// The account it was begun with; absent where it was begun with a server's address.
    pub account: Option<Did>,
    /// That account's PDS, or else the one it was begun with. The issuer is its authorization server.
    pub pds: Option<Url>,
    /// The handle it was begun with, which was found to be that account's.
    pub handle: Option<Handle>,
    /// The redirect URI that was used. Absent in rows that another client stored.
    pub redirect_uri: Option<String>,
    /// The server's metadata, verified when the sign-in began. Absent in rows that another client stored.
    pub server: Option<Json>,
    /// The last DPoP nonce of the authorization server.
    pub nonce: Option<String>,
    /// By how many milliseconds the authorization server's time was ahead of this machine's; 0 where they agreed.
    pub clock_offset: i64,
}

/// A session.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Its tokens.
    pub tokens: TokenSet,
    /// The key they are bound to.
    pub key: Rc<dyn Signer>,
    /// How the client that they were granted to authenticates itself.
    pub auth_method: AuthMethod,
    /// The client that it was granted to. Absent in rows that another client stored.
    pub client_id: Option<String>,
    /// The authorization server's metadata. Absent in rows that another client stored.
    pub server: Option<Json>,
    /// When it was last verified that the account belongs to this authorization server, in milliseconds since the epoch.
    /// Absent in rows that another client stored.
    pub verified_at: Option<u64>,
    /// When a refresh of these very tokens was begun, in milliseconds since the epoch. Whoever finds this while holding
    /// the account's lock knows that its answer was lost, and that the refresh token may be spent.
    pub refresh_started_at: Option<u64>,
    /// When the authorization server refused to refresh these tokens, which had expired, without saying that the session is
    /// over; in milliseconds since the epoch. The user counts as signed out, but to ask again may succeed.
    pub refused_at: Option<u64>,
    /// By how many milliseconds the authorization server's time was ahead of this machine's, which the tokens' times are in,
    /// when the tokens came; 0 where they agreed.
    pub clock_offset: i64,
    /// What a page may do with the session before it has loaded the core. The client writes it, and never reads it.
    pub resume: Option<ResumeTicket>,
}

/// What a page may send with a stored session before it has loaded the core, to which server and until when. It is good for
/// the tokens that it is stored with; there is none while these may not be sent without asking the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeTicket {
    /// The PDS, as an origin: the only server that may be sent the access token.
    pub pds: String,
    /// The `ath` claim: the encoded digest of the access token (RFC 9449 section 4.2).
    pub token_id: String,
    /// The encoded header of every proof, with the dot behind it.
    pub proof_head: String,
    /// By how many milliseconds the servers' time is ahead of this machine's.
    pub clock_offset: i64,
    /// Until when the token may be sent, in milliseconds since the epoch by the servers' time.
    pub until: u64,
}

/// Keeps what outlives the page: pending sign-ins, sessions, and beside them, without any secret, what is remembered of accounts.
///
/// The clients of an origin do not see each other's rows; a row that names no client belongs to the first that asks for it.
///
/// A store keeps a [`Signer`] as the host's own key, whose private half cannot be read out: a browser's is a `CryptoKeyPair`, from
/// and to which `host::key_pair` and `host::Browser::signer` lead. Its id, [`kid`](crate::oauth::PublicJwk::kid), is stored with
/// it.
pub trait Store {
    /// Ends when it is known where rows are kept.
    fn settle(&self) -> Local<'_, ()>;

    /// Whether rows are there when the page is loaded again, as far as is known.
    fn outlives_page(&self) -> bool;

    /// Stores a pending sign-in under its `state` for 10 minutes, and removes those that have expired.
    fn put_pending<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>>;

    /// Reads a pending sign-in of this client id, and leaves it there.
    fn get_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>>;

    /// Removes a pending sign-in of this client id and returns it. Of two callers, in whatever tabs, at most one gets it.
    fn take_pending<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>>;

    /// The client that began a sign-in, if there is one that names its client.
    fn pending_owner<'a>(
        &'a self,
        state: &'a str,
    ) -> Local<'a, Result<Option<String>, StorageError>>;

    /// Reads the session of a client and an account. `None` only if it is certain that there is none.
    fn get_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>>;

    /// Stores a session in place of any older one of this client and account. Done means durable.
    ///
    /// If an access token is expected, the store changes only a row that still has that token, in one atomic operation, and
    /// returns whether it did: a sign-out or a new sign-in does not wait for a refresh, whose response then finds its row gone.
    fn put_session<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>>;

    /// Removes a session; for the expected access token see [`put_session`](Self::put_session). Whether there was one.
    fn delete_session<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>>;

    /// The accounts of this client's sessions, as far as they can be read.
    fn list_sessions<'a>(
        &'a self,
        client_id: &'a str,
    ) -> Local<'a, Result<Vec<Account>, StorageError>>;

    /// The client that holds an account's first session on this origin, if it has one that names its client.
    fn session_owner<'a>(&'a self, did: &'a Did)
    -> Local<'a, Result<Option<String>, StorageError>>;

    /// The account that a client used last. A convenience, as all that follows: a store that cannot remember it forgets.
    fn active_account(&self, client_id: &str) -> Option<String>;

    /// Remembers the account that a client used last, or forgets it. Whether other tabs see that too.
    fn set_active_account(&self, client_id: &str, did: Option<&Did>) -> bool;

    /// All accounts that a client remembers and that can be read, in any order, signed in or not: each with the status
    /// [`SignedOut`](super::AccountStatus::SignedOut).
    fn remembered_accounts(&self, client_id: &str) -> Vec<Account>;

    /// Remembers what is known of an account, or forgets it.
    fn remember_account(&self, client_id: &str, did: &Did, account: Option<&Account>);

    /// The DPoP nonces that were kept for an account, so that a new page need not learn them again. They are no secrets, and
    /// go stale within minutes.
    fn nonces(&self, did: &Did) -> Option<String>;

    /// Keeps a text of nonces for an account, or forgets it.
    fn set_nonces(&self, did: &Did, nonces: Option<&str>);
}
