#![doc = include_str!("leptos.md")]

use crate::app::{BrowserOAuthClient, ClientState, PageLocal, SessionState};
use crate::client::Error;
use crate::ports::Account;
use ::leptos::logging::warn;
use ::leptos::prelude::*;
use ::leptos::reactive::spawn_local_scoped_with_cancellation;

/// Gives a client to all components below this one, and starts it once this one is mounted: it finishes the sign-in that
/// the page came back from, or restores the last session. To be called once, at the app's root.
///
/// When the component goes, the client is no longer followed, but not closed.
pub fn provide_oauth_client(client: BrowserOAuthClient) {
    let provided = Provided::new(Some(client));
    provide_context(provided);
    // Effects run in a browser only, after the first render.
    Effect::new(move |_| {
        spawn_local_scoped_with_cancellation(async move {
            let client = provided.client.get();
            client.follow(|state| provided.show(state)).await;
        });
    });
}

/// The client that a component above has [provided](provide_oauth_client).
pub fn use_oauth_client() -> ProvidedClient {
    provided().client
}

/// Whether somebody is signed in. It changes with what this tab and others do, and is told only if it has.
pub fn use_session() -> Signal<SessionState> {
    provided().session.into()
}

/// All accounts that are signed in here, and those that were: most recently used first.
pub fn use_accounts() -> Signal<Vec<Account>> {
    provided().accounts.into()
}

/// What failed last without any call of the app's to tell it: the sign-in that the page came back from, or why the
/// session is over.
pub fn use_oauth_error() -> Signal<Option<PageLocal<Error>>> {
    provided().error.into()
}

/// A client, for all handlers and views of an app to hold: it can be copied, and go where Leptos wants `Send`.
#[derive(Clone, Copy, Debug)]
pub struct ProvidedClient(StoredValue<Option<PageLocal<BrowserOAuthClient>>>);

impl ProvidedClient {
    /// The client itself.
    ///
    /// On a server, and once the app that it was provided to is gone, one whose calls all say
    /// [`crate::HostError::BROWSER_ONLY`].
    pub fn get(self) -> BrowserOAuthClient {
        let client = self.0.try_get_value().flatten();
        client.map_or_else(BrowserOAuthClient::nowhere, |client| (*client).clone())
    }
}

/// What is in the context. A server's threads share it, so it holds nothing there that belongs to one of them.
#[derive(Clone, Copy)]
struct Provided {
    client: ProvidedClient,
    session: RwSignal<SessionState>,
    accounts: RwSignal<Vec<Account>>,
    error: RwSignal<Option<PageLocal<Error>>>,
}

impl Provided {
    fn new(client: Option<BrowserOAuthClient>) -> Self {
        let client = client.filter(|client| client.core().is_ok());
        Self {
            client: ProvidedClient(StoredValue::new(client.map(PageLocal::new))),
            session: RwSignal::default(),
            accounts: RwSignal::default(),
            error: RwSignal::default(),
        }
    }

    fn show(self, state: &ClientState) {
        set(self.accounts, &state.accounts);
        set(self.error, &state.error);
        set(self.session, &state.session);
    }
}

/// Whoever reads a signal runs again whenever it is set: so only where it is another value.
fn set<T: Clone + PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: &T) {
    if signal.try_with_untracked(|known| known != value) == Some(true) {
        signal.set(value.clone());
    }
}

fn provided() -> Provided {
    use_context().unwrap_or_else(|| {
        warn!("no OAuth client: call `provide_oauth_client` in a component above this one");
        Provided::new(None)
    })
}
