//! What outlives the page.

use super::{Account, KeyError, Local, Signer};
use crate::identity::{Did, Handle};
use crate::json::Json;
use crate::oauth::{AuthMethod, TokenSet};
use crate::secret::Secret;
use crate::sentences::{self, Arguments, Key, Message, key, said};
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

/// What keeps the rows of both stores.
pub trait Storage {
    /// Ends when it is known where they are kept.
    fn settle(&self) -> Local<'_, ()>;

    /// Whether they are there when the page is loaded again, as far as is known.
    fn outlives_page(&self) -> bool;
}

/// Keeps pending sign-ins, each for 10 minutes. The clients of an origin do not see each other's; a row that names no client
/// is whoever's asks first.
pub trait PendingStore {
    /// Stores one under its `state`, and removes those that have expired.
    fn put<'a>(
        &'a self,
        state: &'a str,
        login: &'a PendingLogin,
    ) -> Local<'a, Result<(), StorageError>>;

    /// Reads one of this client id, and leaves it there.
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>>;

    /// Removes one of this client id and returns it. Of two callers, in whatever tabs, at most one gets it.
    fn take<'a>(
        &'a self,
        client_id: &'a str,
        state: &'a str,
    ) -> Local<'a, Result<Option<Box<PendingLogin>>, StorageError>>;

    /// The client that began one, where there is one that names its client.
    fn owner<'a>(&'a self, state: &'a str) -> Local<'a, Result<Option<String>, StorageError>>;
}

/// Keeps sessions, one for a client and an account. The clients of an origin do not see each other's; a row that names no client
/// is whoever's asks first.
///
/// Each operation is atomic. Where it is given the access token that it expects, it changes only a row that still has that token, and
/// says whether it did: a sign-out or a new sign-in does not wait for a refresh, whose answer then finds its row gone.
pub trait SessionStore {
    /// Reads one. `None` only where it is certain that there is none.
    fn get<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
    ) -> Local<'a, Result<Option<Rc<StoredSession>>, StorageError>>;

    /// Stores one, in place of any older. Done means durable.
    fn put<'a>(
        &'a self,
        client_id: &'a str,
        session: &'a StoredSession,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>>;

    /// Removes one. No error where there is none.
    fn delete<'a>(
        &'a self,
        client_id: &'a str,
        did: &'a Did,
        expected: Option<&'a Secret>,
    ) -> Local<'a, Result<bool, StorageError>>;

    /// Whose sessions there are, as far as they can be read.
    fn list<'a>(&'a self, client_id: &'a str) -> Local<'a, Result<Vec<Account>, StorageError>>;

    /// The client that holds an account's first session on this origin, where it has one and names its client.
    fn owner<'a>(&'a self, did: &'a Did) -> Local<'a, Result<Option<String>, StorageError>>;
}

/// Remembers which account each client used last. A convenience: where it cannot, it forgets.
pub trait ActiveAccount {
    /// The account.
    fn get(&self, client_id: &str) -> Option<String>;

    /// Remembers an account, or forgets it. Whether other tabs see that too.
    fn set(&self, client_id: &str, did: Option<&Did>) -> bool;
}

/// Why storage did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageError {
    /// The browser refuses storage to this page.
    Denied(String),
    /// No space left.
    Full,
    /// The connection or the transaction died; the browser's words.
    Failed(String),
    /// A stored row does not have the form it must have: the member that is wrong.
    Corrupt(&'static str),
    /// There is a row that the browser does not give out here. Other tabs or workers may be able to read it.
    Unreadable,
    /// The row is good, but its key cannot be used: this page is not where it was stored.
    Key(KeyError),
    /// The client was disposed of.
    Disposed,
}

impl StorageError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.key().code()
    }

    /// Whether the same operation may well succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full | Self::Failed(_))
    }

    /// What the app or its user can do.
    pub fn help(&self) -> &'static str {
        sentences::help_of(self)
    }
}

impl Message for StorageError {
    fn key(&self) -> Key {
        match self {
            Self::Denied(_) => key!("STORAGE_DENIED"),
            Self::Full => key!("STORAGE_FULL"),
            Self::Failed(_) => key!("STORAGE_FAILED"),
            Self::Corrupt(_) => key!("STORAGE_CORRUPT"),
            Self::Unreadable => key!("STORAGE_UNREADABLE"),
            Self::Key(error) => error.key(),
            Self::Disposed => key!("DISPOSED"),
        }
    }

    fn arguments(&self, to: &mut Arguments) {
        match self {
            Self::Denied(why) | Self::Failed(why) => to.text("reason", why),
            Self::Corrupt(member) => to.text("member", member),
            Self::Key(error) => error.arguments(to),
            _ => {}
        }
    }
}

said!(StorageError);
