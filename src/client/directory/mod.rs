//! Who an account is, and which servers are responsible for it.

mod authority;
mod cache;
mod documents;
mod identities;
mod servers;

pub(super) use authority::EarlyResource;
pub(super) use documents::Freshness;
pub(super) use identities::Typed;

use super::config::ClientOptions;
use super::network::Network;
use crate::ports::{Clock, Question, Resolver, Spawn, Timer};
use documents::Documents;
use std::rc::Rc;

/// Finds accounts, and the servers of accounts.
pub(super) struct Directory {
    options: Rc<ClientOptions>,
    documents: Documents,
    spawn: Rc<dyn Spawn>,
}

impl Directory {
    pub(super) fn new(
        options: Rc<ClientOptions>,
        network: Rc<Network>,
        resolver: Option<Rc<dyn Resolver>>,
        clock: Rc<dyn Clock>,
        timer: Rc<dyn Timer>,
        spawn: Rc<dyn Spawn>,
    ) -> Rc<Self> {
        let documents = Documents::new(options.clone(), network, resolver, clock, timer);
        Rc::new(Self {
            options,
            documents,
            spawn,
        })
    }

    /// Whether the app finds this kind of account by itself.
    pub(super) fn has_own(&self, question: Question<'_>) -> bool {
        self.documents.has_own(question)
    }
}
