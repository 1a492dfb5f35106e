#![doc = include_str!("yew.md")]

use crate::app::{BrowserOAuthClient, ClientState, PageLocal, SessionState};
use crate::client::Error;
use crate::ports::Account;
use crate::waiting::{Inbox, race};
use ::yew::platform::spawn_local;
use ::yew::prelude::*;
use std::rc::Rc;

/// What [`OAuthProvider`] takes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OAuthProviderProps {
    /// The client.
    pub client: BrowserOAuthClient,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// Gives a client to all components below this one, and starts it once this one is mounted: it finishes the sign-in that
/// the page came back from, or restores the last session. One is for the app's root.
///
/// When it goes, the client is no longer followed, but not closed.
#[component]
pub fn OAuthProvider(props: &OAuthProviderProps) -> Html {
    let state = use_state(ClientState::default);
    let show = state.setter();
    use_effect_with(props.client.clone(), move |client| {
        let (client, gone) = (client.clone(), Rc::new(Inbox::default()));
        let until = gone.clone();
        spawn_local(async move {
            let following = client.follow(|state| show.set(state.clone()));
            race(until.take(), following).await;
        });
        move || gone.put(())
    });
    let provided = Provided {
        client: props.client.clone(),
        state: (*state).clone(),
    };
    html! { <ContextProvider<Provided> context={provided}>{props.children.clone()}</ContextProvider<Provided>> }
}

/// The client of the [`OAuthProvider`] above; without one, a client whose calls all say [`crate::HostError::BROWSER_ONLY`].
#[hook]
pub fn use_oauth_client() -> BrowserOAuthClient {
    let provided = use_context::<Provided>();
    provided.map_or_else(BrowserOAuthClient::nowhere, |provided| provided.client)
}

/// Whether somebody is signed in. It changes with what this tab and others do.
#[hook]
pub fn use_session() -> SessionState {
    use_client_state().session
}

/// All accounts that are signed in here, and those that were: most recently used first.
#[hook]
pub fn use_accounts() -> Vec<Account> {
    use_client_state().accounts
}

/// What failed last without any call of the app's to tell it: the sign-in that the page came back from, or why the
/// session is over.
#[hook]
pub fn use_oauth_error() -> Option<PageLocal<Error>> {
    use_client_state().error
}

#[hook]
fn use_client_state() -> ClientState {
    let provided = use_context::<Provided>();
    provided.map(|provided| provided.state).unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq)]
struct Provided {
    client: BrowserOAuthClient,
    state: ClientState,
}
