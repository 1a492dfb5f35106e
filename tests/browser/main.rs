//! The browser's adapters, in a browser, without a network.
//!
//! The tests go through the ports that `browser::Browser` bundles, as an app in Rust can, and so need nothing of the
//! crate's inside. What was stored is read back through `rexie`, and what was said through the browser's own objects:
//! nothing is checked by the code that did it.

#![cfg(target_arch = "wasm32")]
// A test says that something must be so by failing where it is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod app;
mod bus;
mod clients;
mod crypto;
mod database;
mod fetch;
mod lock;
mod memory;
mod page;
mod rows;
mod support;
mod typed_rows;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
