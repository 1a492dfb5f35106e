//! The form that begins a sign-in.

use crate::problem::{Tell, use_told};
use atproto_oauth_wasm::yew::use_oauth_client;
use atproto_oauth_wasm::{AuthorizeOptions, BrowserOAuthClient};
use example_shared::Problem;
use web_sys::HtmlInputElement;
use yew::platform::spawn_local;
use yew::prelude::*;

#[component]
pub(crate) fn SignIn() -> Html {
    let (client, told, busy) = (use_oauth_client(), use_told(), use_state(|| false));
    let field = use_node_ref();
    let input = field.clone();
    let set_busy = busy.setter();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = input.cast::<HtmlInputElement>() else {
            return;
        };
        let (client, told, busy) = (client.clone(), told.clone(), set_busy.clone());
        spawn_local(async move {
            busy.set(true);
            sign_in(client, field.value(), told).await;
            busy.set(false);
        });
    });
    html! {
        <form id="sign-in-form" {onsubmit}>
            <label for="handle">{"Handle, DID or server"}</label>
            <input
                id="handle"
                name="username"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                required=true
                aria-describedby="handle-hint problem"
                ref={field}
            />
            <p id="handle-hint" class="hint">{"For example "}<code>{"alice.bsky.social"}</code></p>
            <p class="actions">
                <button id="sign-in" class="primary" aria-busy={busy.to_string()} disabled={*busy}>{"Sign in"}</button>
            </p>
        </form>
    }
}

/// Leaves for the account's server. It comes back here only if that fails, or the user does.
pub(crate) async fn sign_in(client: BrowserOAuthClient, input: String, told: Tell) {
    told.tell(None);
    let outcome = client.sign_in(input, AuthorizeOptions::default()).await;
    told.tell(Problem::of("Signing in did not work", outcome));
}
