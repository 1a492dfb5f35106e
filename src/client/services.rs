//! How the services of a client are put together: each with what it needs.

use super::accounts::Accounts;
use super::authority::AuthorityCheck;
use super::callback::Callback;
use super::config::ClientOptions;
use super::directory::Directory;
use super::environment::Environment;
use super::exchange::Exchange;
use super::network::Network;
use super::notifications::Notifications;
use super::popup::PopupSignIn;
use super::refresh::Refresher;
use super::restore::Restore;
use super::session::SessionServices;
use super::sessions::Sessions;
use super::share::share;
use super::sign_in::SignIn;
use super::sign_out::SignOut;
use super::startup::Startup;
use crate::ports::{Observer, Page, Ports, Store};
use std::rc::Rc;

/// What the interface of a client delegates to.
pub(super) struct Services {
    pub(super) env: Rc<Environment>,
    pub(super) directory: Rc<Directory>,
    pub(super) accounts: Rc<Accounts>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) sign_out: Rc<SignOut>,
    pub(super) restore: Rc<Restore>,
    pub(super) sign_in: Rc<SignIn>,
    pub(super) callback: Rc<Callback>,
    pub(super) popups: Rc<PopupSignIn>,
    pub(super) startup: Startup,
    pub(super) page: Rc<dyn Page>,
    pub(super) store: Rc<dyn Store>,
}

impl Services {
    /// Puts the services together, and follows the other tabs.
    pub(super) fn new(
        options: ClientOptions,
        ports: Ports,
        observer: Option<Rc<dyn Observer>>,
    ) -> Self {
        let env = &Environment::new(options, ports.clock, ports.crypto, ports.spawn);
        let network = &Network::new(env, ports.http);
        let directory = &Directory::new(env, network, ports.delegate.clone());
        let exchange = &Exchange::new(env, network);
        let notifications = &Notifications::new(env, ports.channel.clone(), observer);
        let accounts = &Accounts::new(env, directory, notifications, ports.store.clone());
        let sessions = &Sessions::new(
            env,
            accounts,
            notifications,
            ports.store.clone(),
            ports.lock,
        );
        sessions.follow_tabs();
        let authority = &AuthorityCheck::new(env, directory, notifications, accounts, sessions);
        let refresher = Rc::new(Refresher {
            env: share(env),
            directory: share(directory),
            exchange: share(exchange),
            notifications: share(notifications),
            accounts: share(accounts),
            sessions: share(sessions),
            authority: share(authority),
            delegate: ports.delegate,
            store: ports.store.clone(),
        });
        let sign_out = SignOut::new(env, directory, exchange, accounts, sessions);
        let session_services = Rc::new(SessionServices {
            env: share(env),
            #[cfg(not(target_arch = "wasm32"))]
            network: share(network),
            exchange: share(exchange),
            sessions: share(sessions),
            refresher,
            sign_out: share(&sign_out),
        });
        let restore = Restore::new(accounts, sessions, authority, &session_services);
        let sign_in = SignIn::new(env, directory, exchange, ports.store.clone());
        let callback = Rc::new(Callback {
            env: share(env),
            directory: share(directory),
            exchange: share(exchange),
            notifications: share(notifications),
            accounts: share(accounts),
            sessions: share(sessions),
            services: session_services,
            store: ports.store.clone(),
        });
        let popups = PopupSignIn::new(
            env,
            accounts,
            &sign_in,
            &callback,
            &restore,
            ports.channel,
            ports.page.clone(),
        );
        let startup = Startup::new(
            env,
            accounts,
            &restore,
            &popups,
            ports.page.clone(),
            ports.store.clone(),
        );
        Self {
            env: share(env),
            directory: share(directory),
            accounts: share(accounts),
            sessions: share(sessions),
            sign_out,
            restore,
            sign_in,
            callback,
            popups,
            startup,
            page: ports.page,
            store: ports.store,
        }
    }
}
