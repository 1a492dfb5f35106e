//! A new post, and the last ones.

use crate::problem::Told;
use atproto_oauth_wasm::{OAuthSession, PageLocal};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
pub(crate) fn Posts(session: PageLocal<OAuthSession>) -> impl IntoView {
    let told = Told::above();
    let (text, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let reading = session.clone();
    let posts = LocalResource::new(move || {
        let session = reading.clone();
        async move { example_shared::posts(&session).await.unwrap_or_default() }
    });
    let publish = move |event: SubmitEvent| {
        event.prevent_default();
        let session = session.clone();
        spawn_local(async move {
            busy.set(true);
            let outcome = example_shared::publish(&session, &text.get_untracked()).await;
            if outcome.is_ok() {
                let _ = text.try_set(String::new());
                posts.refetch();
            }
            told.set(outcome.err());
            let _ = busy.try_set(false);
        });
    };
    view! {
        <section id="posts">
            <h2>"Write a post"</h2>
            <form id="post-form" on:submit=publish>
                <label for="post-text">"Text"</label>
                <textarea id="post-text" maxlength="300" rows="3" required bind:value=text></textarea>
                <p class="hint">"A real, public post in your repository."</p>
                <p class="actions">
                    <button id="post" aria-busy=move || busy.get().to_string() disabled=busy>"Post"</button>
                </p>
            </form>
            <ul id="post-list" class="rows" aria-label="Your last posts">
                {move || posts.get().unwrap_or_default().into_iter().map(|post| view! {
                    <li data-uri=post.uri>{post.text}</li>
                }).collect_view()}
            </ul>
        </section>
    }
}
