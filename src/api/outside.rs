//! Changes outside the client, received one after the other.

use crate::guard::Guard;
use crate::ports::{Change, Page};
use crate::waiting::{First, Inbox, race};
use std::rc::Rc;

/// Receives the page's changes until it is dropped.
pub(super) struct Outside {
    changes: Rc<[Inbox<()>; 2]>,
    _listener: Option<Guard>,
}

impl Outside {
    /// Without a page, there are no changes.
    pub(super) fn listen(page: Option<&dyn Page>) -> Self {
        let changes = Rc::<[Inbox<()>; 2]>::default();
        let inboxes = changes.clone();
        let listener: Box<dyn Fn(Change)> = Box::new(move |change| {
            let [online, accounts] = &*inboxes;
            match change {
                Change::Online => online.put(()),
                Change::Accounts => accounts.put(()),
            }
        });
        Self {
            changes,
            _listener: page.map(|page| page.listen(listener)),
        }
    }

    /// Waits for a change, or returns one since the last call at once. Dropping the future loses no change.
    pub(super) async fn next(&self) -> Change {
        let [online, accounts] = &*self.changes;
        match race(online.take(), accounts.take()).await {
            First::Left(()) => Change::Online,
            First::Right(()) => Change::Accounts,
        }
    }
}
