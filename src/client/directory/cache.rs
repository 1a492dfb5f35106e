//! The document cache.

use crate::client::policy;
use crate::http::Response;
use std::cell::RefCell;
use std::rc::Rc;

/// Documents that were read recently. There are few, so a list is smaller than a map.
#[derive(Default)]
pub(super) struct DocumentCache(RefCell<Vec<Cached>>);

struct Cached {
    place: String,
    response: Rc<Response>,
    read_at: u64,
}

impl DocumentCache {
    pub(super) fn get(&self, place: &str, now: u64) -> Option<Rc<Response>> {
        let cache = self.0.borrow();
        let known = cache.iter().find(|known| known.place == place)?;
        policy::cached_document_serves(known.read_at, now).then(|| known.response.clone())
    }

    pub(super) fn put(&self, place: String, response: Rc<Response>, now: u64) {
        let mut cache = self.0.borrow_mut();
        cache.retain(|known| {
            policy::cached_document_serves(known.read_at, now) && known.place != place
        });
        cache.push(Cached {
            place,
            response,
            read_at: now,
        });
    }
}
