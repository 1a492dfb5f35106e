//! Services have several owners.

use std::rc::Rc;

/// Another owner of a service. Not inlined: services are shared some sixty times, all by the same code.
#[inline(never)]
pub(super) fn share<T>(service: &Rc<T>) -> Rc<T> {
    service.clone()
}
