//! What happens outside the client, one change after the other.

use crate::guard::Guard;
use crate::ports::{Change, Page};
use crate::waiting::{First, Inbox, race};
use std::rc::Rc;

/// Receives what happens outside, from when this was made until it is dropped.
pub(super) struct Outside {
    changes: Rc<[Inbox<()>; 2]>,
    _listener: Option<Guard>,
}

impl Outside {
    /// Without a page, nothing happens outside.
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

    /// What happened since the last time, or happens next. Dropping the future loses nothing.
    pub(super) async fn next(&self) -> Change {
        let [online, accounts] = &*self.changes;
        match race(online.take(), accounts.take()).await {
            First::Left(()) => Change::Online,
            First::Right(()) => Change::Accounts,
        }
    }
}
