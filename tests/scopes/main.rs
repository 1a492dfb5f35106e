//! Permission scopes, natively: the table that the npm package's module is held to as well, and what holds for every scope.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, a panic is the report; clippy.toml says so for test functions, not for their helpers"
)]

mod builder;
mod meaning;
mod properties;
mod table;
