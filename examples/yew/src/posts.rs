//! A new post, and the last ones.

use crate::problem::use_told;
use crate::profile::SessionProps;
use web_sys::HtmlTextAreaElement;
use yew::platform::spawn_local;
use yew::prelude::*;

#[component]
pub(crate) fn Posts(props: &SessionProps) -> Html {
    let (told, posts, busy) = (use_told(), use_state(Vec::new), use_state(|| false));
    // One more for each post made: they are read anew.
    let made = use_state(|| 0);
    let known = posts.setter();
    use_effect_with((props.session.clone(), *made), move |(session, _)| {
        let session = session.clone();
        spawn_local(
            async move { known.set(example_shared::posts(&session).await.unwrap_or_default()) },
        );
    });
    let field = use_node_ref();
    let (session, input, set_busy) = (props.session.clone(), field.clone(), busy.setter());
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = input.cast::<HtmlTextAreaElement>() else {
            return;
        };
        let (session, told, busy, made) = (
            session.clone(),
            told.clone(),
            set_busy.clone(),
            made.clone(),
        );
        spawn_local(async move {
            busy.set(true);
            let outcome = example_shared::publish(&session, &field.value()).await;
            if outcome.is_ok() {
                field.set_value("");
                made.set(*made + 1);
            }
            told.tell(outcome.err());
            busy.set(false);
        });
    });
    let rows = posts.iter().map(|post| {
        html! { <li key={post.uri.as_str()} data-uri={post.uri.clone()}>{&post.text}</li> }
    });
    html! {
        <section id="posts">
            <h2>{"Write a post"}</h2>
            <form id="post-form" {onsubmit}>
                <label for="post-text">{"Text"}</label>
                <textarea id="post-text" maxlength="300" rows="3" required=true ref={field} />
                <p class="hint">{"A real, public post in your repository."}</p>
                <p class="actions">
                    <button id="post" aria-busy={busy.to_string()} disabled={*busy}>{"Post"}</button>
                </p>
            </form>
            <ul id="post-list" class="rows" aria-label="Your last posts">{for rows}</ul>
        </section>
    }
}
