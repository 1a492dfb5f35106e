//! The client against a scripted network, natively: no browser, no sockets, no clock but the test's.
//!
//! `server` is an atproto network that checks all that a client must do right, `world` a browser that visits it. The
//! files of `transcripts` are tables of what a server can answer and what must come of it; the others follow one user.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, a panic is the report; clippy.toml says so for test functions, not for their helpers"
)]

mod accounts;
mod app;
mod apps;
mod bounds;
mod callback;
mod cancelled;
mod client_auth;
mod clock;
mod clocks_apart;
mod ending;
mod follow;
mod giving_up;
mod other_client;
mod own_store;
mod page;
mod parsers;
mod popup;
mod redirects;
mod refresh;
mod refresh_elsewhere;
mod refusals;
mod resolver;
mod restore;
mod resume;
mod scope;
mod server;
mod session;
mod sign_in;
mod storage;
mod store;
mod tables;
mod tabs;
mod times;
mod transcripts;
mod trouble;
mod waiting;
mod world;
