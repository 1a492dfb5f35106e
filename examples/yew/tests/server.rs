//! What a server renders: the page before anything is known.

use example_shared::Settings;
use example_yew::{App, AppProps};
use yew::LocalServerRenderer;

const PAGE: &str = "<header class=\"top\"><p class=\"wordmark\">atproto-oauth-wasm <span>with Yew</span></p>\
    <p id=\"status\" role=\"status\">Opening</p></header>\
    <main><div id=\"problem\" role=\"alert\"></div><p class=\"lead\">One moment</p></main>";

#[test]
fn a_server_renders_the_page_before_anything_is_known() {
    let client = Settings::public("http://localhost").client();
    let client = client.expect("a client, of which nothing can be asked");
    let page = LocalServerRenderer::<App>::with_props(AppProps { client }).hydratable(false);
    assert_eq!(futures::executor::block_on(page.render()), PAGE);
}
