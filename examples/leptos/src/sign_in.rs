//! The form that begins a sign-in.

use crate::problem::Told;
use atproto_oauth_wasm::AuthorizeOptions;
use atproto_oauth_wasm::leptos::{ProvidedClient, use_oauth_client};
use example_shared::Problem;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let (client, told) = (use_oauth_client(), Told::above());
    let (handle, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(sign_in(client, handle.get_untracked(), told, busy));
    };
    view! {
        <form id="sign-in-form" on:submit=submit>
            <label for="handle">"Handle, DID or server"</label>
            <input
                id="handle"
                name="username"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                required
                aria-describedby="handle-hint problem"
                bind:value=handle
            />
            <p id="handle-hint" class="hint">"For example " <code>"alice.bsky.social"</code></p>
            <p class="actions">
                <button id="sign-in" class="primary" aria-busy=move || busy.get().to_string() disabled=busy>
                    "Sign in"
                </button>
            </p>
        </form>
    }
}

/// Leaves for the account's server. It comes back here only if that fails, or the user does.
pub(crate) async fn sign_in(
    client: ProvidedClient,
    input: String,
    told: Told,
    busy: RwSignal<bool>,
) {
    told.set(None);
    busy.set(true);
    let outcome = client
        .get()
        .sign_in(input, AuthorizeOptions::default())
        .await;
    told.set(Problem::of("Signing in did not work", outcome));
    let _ = busy.try_set(false);
}
