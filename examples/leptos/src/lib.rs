//! An AT Protocol app drawn with Leptos: sign in, write a post, change accounts, sign out.
#![recursion_limit = "256"]
#![allow(
    unreachable_pub,
    reason = "the macro writes `pub` for a component, whatever it says itself"
)]

mod accounts;
mod posts;
mod problem;
mod profile;
mod sign_in;

use accounts::Accounts;
use atproto_oauth_wasm::leptos::{provide_oauth_client, use_oauth_client, use_session};
use atproto_oauth_wasm::{BrowserOAuthClient, Did, Refresh, SessionState};
use example_shared::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;
use posts::Posts;
use problem::{Problems, Told};
use profile::ProfileCard;
use sign_in::SignIn;

/// Mounts the app in the page, or takes over what a server has rendered of it.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(settings: &str) {
    use leptos::mount::{hydrate_body, mount_to_body};
    let client = example_shared::Settings::read(settings).client();
    let app = move || match client {
        Ok(client) => view! { <App client /> }.into_any(),
        Err(error) => view! { <p role="alert">{error.to_string()}</p> }.into_any(),
    };
    let body = document().body();
    match body.is_some_and(|body| body.first_element_child().is_some()) {
        true => hydrate_body(app),
        false => mount_to_body(app),
    }
}

/// The app.
#[component]
pub fn App(
    /// Does all of the OAuth work.
    client: BrowserOAuthClient,
) -> impl IntoView {
    provide_oauth_client(client);
    provide_context(Told::default());
    let session = use_session();
    let status = move || match session.get() {
        SessionState::SignedIn(_) => "Signed in",
        SessionState::SignedOut => "Signed out",
        SessionState::Offline { .. } => "Offline",
        SessionState::Loading => "Opening",
    };
    view! {
        <header class="top">
            <p class="wordmark">"atproto-oauth-wasm " <span>"with Leptos"</span></p>
            <p id="status" role="status">{status}</p>
        </header>
        <main>
            <Problems />
            {move || match session.get() {
                SessionState::SignedIn(session) => view! {
                    <ProfileCard session=session.clone() />
                    <Posts session />
                    <Accounts />
                }.into_any(),
                SessionState::SignedOut => view! {
                    <h1>"Sign in with your AT Protocol account"</h1>
                    <p class="lead">"Your password is typed at your own server, and nowhere else."</p>
                    <SignIn />
                    <Accounts />
                }.into_any(),
                SessionState::Offline { did, error } => view! {
                    <Offline did help=error.help() />
                    <Accounts />
                }.into_any(),
                SessionState::Loading => view! { <p class="lead">"One moment"</p> }.into_any(),
            }}
        </main>
    }
}

/// Says that the account is still signed in, and lets its user try again.
#[component]
fn Offline(did: Did, help: &'static str) -> impl IntoView {
    let (client, told) = (use_oauth_client(), Told::above());
    let name = did.to_string();
    let again = move |_| {
        let did = did.clone();
        spawn_local(async move {
            let restored = client.get().restore(&did, Refresh::Auto).await;
            told.set(Problem::of("Still not", restored));
        });
    };
    view! {
        <section id="offline">
            <h1>"You are still signed in"</h1>
            <p class="lead">"The server cannot be reached now. The app goes on by itself when the network is back."</p>
            <p class="hint">{help}</p>
            <p class="did">{name}</p>
            <p class="actions"><button id="retry" on:click=again>"Try again"</button></p>
        </section>
    }
}
