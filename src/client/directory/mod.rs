//! The directory: resolves accounts and finds the servers responsible for them.

mod authority;
mod cache;
mod documents;
mod identities;
mod servers;

pub(super) use authority::EarlyResource;
pub(super) use documents::Freshness;
pub(super) use identities::Typed;

use super::environment::Environment;
use super::network::Network;
use crate::client::share::share;
use crate::ports::{Delegate, Question};
use documents::Documents;
use std::rc::Rc;

/// Finds accounts, and the servers of accounts.
pub(super) struct Directory {
    env: Rc<Environment>,
    documents: Documents,
}

impl Directory {
    pub(super) fn new(
        env: &Rc<Environment>,
        network: &Rc<Network>,
        delegate: Rc<dyn Delegate>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            documents: Documents::new(env, network, delegate),
        })
    }

    /// Whether the app's own resolver resolves this.
    pub(super) fn has_own(&self, question: Question<'_>) -> bool {
        self.documents.has_own(question)
    }
}
