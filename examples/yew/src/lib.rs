//! An AT Protocol app drawn with Yew: sign in, write a post, change accounts, sign out.

mod accounts;
mod posts;
mod problem;
mod profile;
mod sign_in;

use accounts::Accounts;
use atproto_oauth_wasm::yew::{OAuthProvider, use_oauth_client, use_session};
use atproto_oauth_wasm::{BrowserOAuthClient, Did, Refresh, SessionState};
use example_shared::{Problem, Settings};
use posts::Posts;
use problem::{Problems, ToldProvider, use_told};
use profile::ProfileCard;
use sign_in::SignIn;
use wasm_bindgen::prelude::wasm_bindgen;
use yew::platform::spawn_local;
use yew::prelude::*;

/// Mounts the app in the page.
#[wasm_bindgen]
pub fn start(settings: &str) {
    match Settings::read(settings).client() {
        Ok(client) => {
            yew::Renderer::<App>::with_props(AppProps { client }).render();
        }
        Err(error) => {
            let text = AttrValue::from(error.to_string());
            yew::Renderer::<NotStarted>::with_props(NotStartedProps { text }).render();
        }
    }
}

#[derive(PartialEq, Properties)]
struct NotStartedProps {
    text: AttrValue,
}

#[component]
fn NotStarted(props: &NotStartedProps) -> Html {
    html! { <p role="alert">{props.text.clone()}</p> }
}

/// What [`App`] takes.
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// Does all of the OAuth work.
    pub client: BrowserOAuthClient,
}

/// The app.
#[component]
pub fn App(props: &AppProps) -> Html {
    html! {
        <OAuthProvider client={props.client.clone()}>
            <ToldProvider><Page /></ToldProvider>
        </OAuthProvider>
    }
}

#[component]
fn Page() -> Html {
    let session = use_session();
    let status = match &session {
        SessionState::SignedIn(_) => "Signed in",
        SessionState::SignedOut => "Signed out",
        SessionState::Offline { .. } => "Offline",
        SessionState::Loading => "Opening",
    };
    let content = match session {
        SessionState::SignedIn(session) => {
            // With a key, another account's page is another page.
            let key = session.did().to_string();
            html! {
                <key={key}>
                    <ProfileCard session={session.clone()} />
                    <Posts {session} />
                    <Accounts />
                </>
            }
        }
        SessionState::SignedOut => html! {
            <>
                <h1>{"Sign in with your AT Protocol account"}</h1>
                <p class="lead">{"Your password is typed at your own server, and nowhere else."}</p>
                <SignIn />
                <Accounts />
            </>
        },
        SessionState::Offline { did, error } => html! {
            <><Offline {did} help={error.help()} /><Accounts /></>
        },
        SessionState::Loading => html! { <p class="lead">{"One moment"}</p> },
    };
    html! {
        <>
            <header class="top">
                <p class="wordmark">{"atproto-oauth-wasm "}<span>{"with Yew"}</span></p>
                <p id="status" role="status">{status}</p>
            </header>
            <main><Problems />{content}</main>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct OfflineProps {
    did: Did,
    help: &'static str,
}

/// Says that the account is still signed in, and lets its user try again.
#[component]
fn Offline(props: &OfflineProps) -> Html {
    let (client, told) = (use_oauth_client(), use_told());
    let did = props.did.clone();
    let onclick = Callback::from(move |_| {
        let (client, told, did) = (client.clone(), told.clone(), did.clone());
        spawn_local(async move {
            let restored = client.restore(&did, Refresh::Auto).await;
            told.tell(Problem::of("Still not", restored));
        });
    });
    html! {
        <section id="offline">
            <h1>{"You are still signed in"}</h1>
            <p class="lead">{"The server cannot be reached now. The app goes on by itself when the network is back."}</p>
            <p class="hint">{props.help}</p>
            <p class="did">{props.did.to_string()}</p>
            <p class="actions"><button id="retry" {onclick}>{"Try again"}</button></p>
        </section>
    }
}
