//! The client in the frameworks' own terms. What to show is worked out in `app`; each file here only passes it on.

#[cfg(feature = "leptos")]
pub mod leptos;
#[cfg(feature = "yew")]
pub mod yew;
