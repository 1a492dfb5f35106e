//! What a server renders: the page before anything is known, for the browser to take over.
//!
//! `server.html` is that page. An end-to-end test has a browser take it over; this one says that it is what is rendered.

use example_leptos::App;
use example_shared::Settings;
use leptos::prelude::*;
use std::thread;

#[test]
fn a_server_renders_the_page_before_anything_is_known() {
    let client = Settings::public("http://localhost").client();
    let client = client.expect("a client, of which nothing can be asked");
    let owner = Owner::new_root(None);
    let rendered = owner.with(|| view! { <App client /> }.to_html());
    assert_eq!(rendered, include_str!("../server.html").trim_end());
    // A server's threads take turns: the one that is done with the page need not be the one that began it.
    let dropped = thread::spawn(move || drop(owner));
    dropped.join().expect("a page that belongs to no thread");
}
