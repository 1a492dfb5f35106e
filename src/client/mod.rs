//! The flow over the ports: authorize, callback, restore, refresh, revoke; and the session.

mod error;
mod session_end;
mod step;

pub use error::{CallbackContext, Error, ErrorKind};
pub use session_end::SessionEnd;
pub use step::Step;
