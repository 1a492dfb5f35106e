//! Handles, DIDs and DID documents: their syntax, and their resolution as pure functions that build requests and judge
//! responses.

mod did;
mod document;
mod error;
mod handle;
mod input;
mod resolve;

pub use did::Did;
pub use document::DidDocument;
pub use error::IdentityError;
pub use handle::Handle;
pub use input::Input;
pub(crate) use resolve::{
    did_document_request, judge_did_document, judge_handle_resolution, judge_identity,
    resolve_handle_request,
};
