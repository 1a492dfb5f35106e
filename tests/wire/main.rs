//! The client against scripted servers, natively: no browser, no sockets.
#![cfg(not(target_arch = "wasm32"))]
