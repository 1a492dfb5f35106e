//! What reaches a page from outside its client.

#[cfg(target_arch = "wasm32")]
pub(super) use crate::browser::Outside;

/// What can happen outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        dead_code,
        reason = "where there is no browser, nothing happens outside"
    )
)]
pub(crate) enum Change {
    /// The browser says that it is online, having said that it is not.
    Online,
    /// Another tab has changed what is stored of the accounts; also a client that does not tell ours, as the official one
    /// in an app that changes over.
    Accounts,
}

/// Nothing happens outside.
#[cfg(not(target_arch = "wasm32"))]
pub(super) struct Outside;

#[cfg(not(target_arch = "wasm32"))]
impl Outside {
    pub(super) fn listen() -> Self {
        Self
    }

    pub(super) async fn next(&self) -> Change {
        std::future::pending().await
    }
}
