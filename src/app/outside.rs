//! What reaches a page from outside its client.

#[cfg(target_arch = "wasm32")]
pub(super) use crate::browser::Outside;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use nothing::Outside;

use crate::waiting::{First, race};

/// What can happen outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The browser says that it is online, having said that it is not.
    Online,
    /// Another tab has changed what is stored of the accounts; also a client that does not notify ours, as the official one
    /// in an app that changes over.
    Accounts,
}

/// What happened since the last time, or happens next. Dropping the future loses nothing.
pub(super) async fn next_change(outside: &Outside) -> Change {
    match race(outside.online(), outside.accounts_written()).await {
        First::Left(()) => Change::Online,
        First::Right(()) => Change::Accounts,
    }
}

/// Where there is no browser, nothing happens outside.
#[cfg(not(target_arch = "wasm32"))]
mod nothing {
    use std::future::pending;

    pub(crate) struct Outside;

    impl Outside {
        pub(crate) fn listen() -> Self {
            Self
        }

        pub(crate) async fn online(&self) {
            pending().await
        }

        pub(crate) async fn accounts_written(&self) {
            pending().await
        }
    }
}
