#![doc = include_str!("yew.md")]

use crate::api::{BrowserOAuthClient, ClientState, PageLocal, SessionState};
use crate::client::Error;
use crate::ports::Account;
use crate::waiting::{Inbox, race};
use ::yew::platform::spawn_local;
use ::yew::prelude::*;
use std::rc::Rc;

/// The properties of [`OAuthProvider`].
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OAuthProviderProps {
    /// The client.
    pub client: BrowserOAuthClient,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// Provides a client to all components below this one, and starts it once this one is mounted: it finishes the sign-in
/// that redirected to this page, or restores the last session. Use one, in the app's root component.
///
/// When it unmounts, it stops following the client; the client is not closed.
#[component]
pub fn OAuthProvider(props: &OAuthProviderProps) -> Html {
    let state = use_state(ClientState::default);
    let show = state.setter();
    use_effect_with(props.client.clone(), move |client| {
        let (client, unmounted) = (client.clone(), Rc::new(Inbox::default()));
        let until = unmounted.clone();
        spawn_local(async move {
            let following = client.follow(|state| show.set(state.clone()));
            race(until.take(), following).await;
        });
        move || unmounted.put(())
    });
    let provided = Provided {
        client: props.client.clone(),
        state: (*state).clone(),
    };
    html! { <ContextProvider<Provided> context={provided}>{props.children.clone()}</ContextProvider<Provided>> }
}

/// The client of the [`OAuthProvider`] above; without one, a client whose calls fail with
/// [`crate::HostError::BROWSER_ONLY`].
#[hook]
pub fn use_oauth_client() -> BrowserOAuthClient {
    let provided = use_context::<Provided>();
    provided.map_or_else(BrowserOAuthClient::without_host, |provided| provided.client)
}

/// Whether an account is signed in. It updates when this tab or another changes it.
#[hook]
pub fn use_session() -> SessionState {
    use_client_state().session
}

/// All accounts that are signed in here or were before, most recently used first.
#[hook]
pub fn use_accounts() -> Vec<Account> {
    use_client_state().accounts
}

/// The last error that no call of the app returns: the failure of the sign-in that redirected to this page, or the reason
/// that the session ended.
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
