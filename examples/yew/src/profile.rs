//! Who is signed in.

use crate::problem::use_told;
use atproto_oauth_wasm::{OAuthSession, PageLocal};
use example_shared::{Problem, Profile};
use yew::platform::spawn_local;
use yew::prelude::*;

/// What the components of a session take.
#[derive(PartialEq, Properties)]
pub(crate) struct SessionProps {
    pub(crate) session: PageLocal<OAuthSession>,
}

#[component]
pub(crate) fn ProfileCard(props: &SessionProps) -> Html {
    let (told, profile) = (use_told(), use_state(Profile::default));
    let (known, problems) = (profile.setter(), told.clone());
    use_effect_with(props.session.clone(), move |session| {
        let session = session.clone();
        spawn_local(async move {
            match example_shared::profile(&session).await {
                Ok(profile) => known.set(profile),
                Err(problem) => problems.tell(Some(problem)),
            }
        });
    });
    let session = props.session.clone();
    let onclick = Callback::from(move |_| {
        let (session, told) = (session.clone(), told.clone());
        spawn_local(async move {
            let outcome = session.sign_out().await;
            told.tell(Problem::of("Signing out did not work", outcome));
        });
    });
    html! {
        <section id="profile">
            <h1 id="name">{&profile.name}</h1>
            <p class="handle">{"@"}<span id="handle-shown">{&profile.handle}</span></p>
            <p class="did" id="did">{props.session.did().to_string()}</p>
            <p class="lead">{profile.description.clone()}</p>
            <p class="actions"><button id="sign-out" {onclick}>{"Sign out"}</button></p>
        </section>
    }
}
