//! The client for each framework. `api` derives the state to show; each file here only passes it to the framework.

#[cfg(feature = "leptos")]
pub mod leptos;
#[cfg(feature = "yew")]
pub mod yew;
