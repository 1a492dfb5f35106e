//! Who is signed in.

use crate::problem::Told;
use atproto_oauth_wasm::{OAuthSession, PageLocal};
use example_shared::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
pub(crate) fn ProfileCard(session: PageLocal<OAuthSession>) -> impl IntoView {
    let told = Told::above();
    let did = session.did().to_string();
    let reading = session.clone();
    let profile = LocalResource::new(move || {
        let session = reading.clone();
        async move { example_shared::profile(&session).await }
    });
    // What the server says, once it has said it.
    let known = move || profile.get().and_then(Result::ok).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(Err(problem)) = profile.get() {
            told.set(Some(problem));
        }
    });
    let sign_out = move |_| {
        let session = session.clone();
        spawn_local(async move {
            let outcome = session.sign_out().await;
            told.set(Problem::of("Signing out did not work", outcome));
        });
    };
    view! {
        <section id="profile">
            <h1 id="name">{move || known().name}</h1>
            <p class="handle">"@" <span id="handle-shown">{move || known().handle}</span></p>
            <p class="did" id="did">{did}</p>
            <p class="lead">{move || known().description}</p>
            <p class="actions"><button id="sign-out" on:click=sign_out>"Sign out"</button></p>
        </section>
    }
}
