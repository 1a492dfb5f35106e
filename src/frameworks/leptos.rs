#![doc = include_str!("leptos.md")]

use crate::api::{BrowserOAuthClient, ClientState, PageLocal, SessionState};
use crate::client::Error;
use crate::ports::Account;
use ::leptos::logging::warn;
use ::leptos::prelude::*;
use ::leptos::reactive::spawn_local_scoped_with_cancellation;

/// Provides a client to all components below this one, and starts it once this one is mounted: it finishes the sign-in
/// that redirected to this page, or restores the last session. Call it once, in the app's root component.
///
/// When the component unmounts, the signals stop following the client; the client is not closed.
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

/// Whether an account is signed in. The signal updates when this tab or another changes it, and notifies only if the value
/// differs.
pub fn use_session() -> Signal<SessionState> {
    provided().session.into()
}

/// All accounts that are signed in here or were before, most recently used first.
pub fn use_accounts() -> Signal<Vec<Account>> {
    provided().accounts.into()
}

/// The last error that no call of the app returns: the failure of the sign-in that redirected to this page, or the reason
/// that the session ended.
pub fn use_oauth_error() -> Signal<Option<PageLocal<Error>>> {
    provided().error.into()
}

/// A client for the handlers and views of an app: it is `Copy`, and `Send` as Leptos requires.
#[derive(Clone, Copy, Debug)]
pub struct ProvidedClient(StoredValue<Option<PageLocal<BrowserOAuthClient>>>);

impl ProvidedClient {
    /// The client itself.
    ///
    /// On a server, and after the app that provided it was unmounted, this is a client whose calls fail with
    /// [`crate::HostError::BROWSER_ONLY`].
    pub fn get(self) -> BrowserOAuthClient {
        let client = self.0.try_get_value().flatten();
        client.map_or_else(BrowserOAuthClient::without_host, |client| (*client).clone())
    }
}

/// The value in the context. The threads of a server share it, so there it holds nothing that belongs to one thread.
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

/// Sets a signal only if the value differs, because setting it reruns every effect that reads it.
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
