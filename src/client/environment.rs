//! The client's options and the machine's services. Nothing here stores, sends or has state.

use super::config::ClientOptions;
use crate::ports::{Clock, Crypto, KeyError, Local, Signer, Spawn};
use crate::waiting::Inbox;
use std::rc::Rc;

/// The options, time, randomness, keys and work in the background.
pub(super) struct Environment {
    pub(super) options: ClientOptions,
    clock: Rc<dyn Clock>,
    crypto: Rc<dyn Crypto>,
    spawn: Rc<dyn Spawn>,
}

impl Environment {
    pub(super) fn new(
        options: ClientOptions,
        clock: Rc<dyn Clock>,
        crypto: Rc<dyn Crypto>,
        spawn: Rc<dyn Spawn>,
    ) -> Rc<Self> {
        Rc::new(Self {
            options,
            clock,
            crypto,
            spawn,
        })
    }

    /// Identifies this client. Sessions, accounts and messages of other clients of this origin are ignored.
    pub(super) fn client_id(&self) -> &str {
        &self.options.metadata.client_id
    }

    /// Milliseconds since the epoch, by this machine's clock.
    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// A URL whose responses have a readable `Date`.
    pub(super) fn time_reference(&self) -> Option<String> {
        self.clock.reference()
    }

    pub(super) fn sleep(&self, milliseconds: u32) -> Local<'static, ()> {
        self.clock.sleep(milliseconds)
    }

    pub(super) fn fill_random(&self, buffer: &mut [u8]) {
        self.crypto.fill_random(buffer);
    }

    pub(super) fn generate_key(&self) -> Local<'_, Result<Rc<dyn Signer>, KeyError>> {
        self.crypto.generate_key()
    }

    pub(super) fn sha256<'a>(&'a self, data: &'a [u8]) -> Local<'a, Result<[u8; 32], KeyError>> {
        self.crypto.sha256(data)
    }

    /// Runs work in the background.
    pub(super) fn spawn(&self, work: Local<'static, ()>) {
        self.spawn.spawn(work);
    }

    /// Runs work to its end, even if the caller is dropped before: if nothing stores the server's response, the session is
    /// lost.
    pub(super) fn detached<T: 'static>(&self, work: Local<'static, T>) -> Rc<Inbox<T>> {
        let outcome = Rc::new(Inbox::default());
        let done = outcome.clone();
        self.spawn(Box::pin(async move { done.put(work.await) }));
        outcome
    }
}
