//! The project's commands: `cargo xtask demo | test | build`.
fn main() {}
