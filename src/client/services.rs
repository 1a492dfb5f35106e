//! How the services of a client are put together: each with what it needs.

use super::accounts::Accounts;
use super::authority::AuthorityCheck;
use super::callback::Callback;
use super::config::ClientOptions;
use super::directory::Directory;
use super::exchange::Exchange;
use super::network::Network;
use super::notifications::Notifications;
use super::popup::PopupSignIn;
use super::refresh::Refresher;
use super::restore::Restore;
use super::session::SessionServices;
use super::sessions::{Preparation, SessionLocks, SessionRows, Sessions};
use super::sign_in::SignIn;
use super::sign_out::SignOut;
use super::startup::Startup;
use crate::ports::{Navigator, Observer, Ports, Spawn, Storage};
use std::rc::Rc;

/// What the interface of a client delegates to.
pub(super) struct Services {
    pub(super) options: Rc<ClientOptions>,
    pub(super) directory: Rc<Directory>,
    pub(super) accounts: Rc<Accounts>,
    pub(super) sessions: Rc<Sessions>,
    pub(super) sign_out: Rc<SignOut>,
    pub(super) restore: Rc<Restore>,
    pub(super) sign_in: Rc<SignIn>,
    pub(super) callback: Rc<Callback>,
    pub(super) popups: Rc<PopupSignIn>,
    pub(super) startup: Startup,
    pub(super) navigator: Rc<dyn Navigator>,
    pub(super) storage: Rc<dyn Storage>,
    pub(super) spawn: Rc<dyn Spawn>,
}

/// The services that flows build on.
struct Basis {
    options: Rc<ClientOptions>,
    network: Rc<Network>,
    directory: Rc<Directory>,
    exchange: Rc<Exchange>,
    notifications: Rc<Notifications>,
    accounts: Rc<Accounts>,
    sessions: Rc<Sessions>,
}

impl Basis {
    fn new(options: ClientOptions, ports: &Ports, observer: Option<Rc<dyn Observer>>) -> Self {
        let options = Rc::new(options);
        let network = Network::new(options.clone(), ports.http.clone());
        let directory = Directory::new(
            options.clone(),
            network.clone(),
            ports.resolver.clone(),
            ports.clock.clone(),
            ports.timer.clone(),
            ports.spawn.clone(),
        );
        let exchange = Exchange::new(
            options.clone(),
            network.clone(),
            ports.clock.clone(),
            ports.random.clone(),
        );
        let notifications = Notifications::new(options.clone(), ports.bus.clone(), observer);
        let accounts = Accounts::new(
            options.clone(),
            directory.clone(),
            notifications.clone(),
            ports.accounts.clone(),
            ports.active.clone(),
            ports.clock.clone(),
            ports.spawn.clone(),
        );
        let sessions = sessions(&options, ports, &accounts, &notifications);
        Self {
            options,
            network,
            directory,
            exchange,
            notifications,
            accounts,
            sessions,
        }
    }
}

fn sessions(
    options: &Rc<ClientOptions>,
    ports: &Ports,
    accounts: &Rc<Accounts>,
    notifications: &Rc<Notifications>,
) -> Rc<Sessions> {
    let locks = SessionLocks::new(
        options.clone(),
        ports.lock.clone(),
        ports.timer.clone(),
        accounts.clone(),
        notifications.clone(),
    );
    let preparation = Preparation {
        crypto: ports.crypto.clone(),
        random: ports.random.clone(),
    };
    Sessions::new(
        SessionRows::new(options.clone(), ports.sessions.clone()),
        locks,
        accounts.clone(),
        notifications.clone(),
        ports.nonces.clone(),
        preparation,
        ports.clock.clone(),
    )
}

fn refresher(basis: &Basis, ports: &Ports, authority: &Rc<AuthorityCheck>) -> Rc<Refresher> {
    Rc::new(Refresher {
        options: basis.options.clone(),
        directory: basis.directory.clone(),
        exchange: basis.exchange.clone(),
        notifications: basis.notifications.clone(),
        accounts: basis.accounts.clone(),
        sessions: basis.sessions.clone(),
        authority: authority.clone(),
        renewer: ports.renewer.clone(),
        storage: ports.storage.clone(),
        clock: ports.clock.clone(),
        timer: ports.timer.clone(),
        spawn: ports.spawn.clone(),
    })
}

fn sign_in(basis: &Basis, ports: &Ports) -> Rc<SignIn> {
    SignIn::new(
        basis.options.clone(),
        basis.directory.clone(),
        basis.exchange.clone(),
        ports.pending.clone(),
        ports.crypto.clone(),
        ports.random.clone(),
        ports.spawn.clone(),
    )
}

fn callback(basis: &Basis, ports: &Ports, session_services: &Rc<SessionServices>) -> Rc<Callback> {
    Rc::new(Callback {
        options: basis.options.clone(),
        directory: basis.directory.clone(),
        exchange: basis.exchange.clone(),
        notifications: basis.notifications.clone(),
        accounts: basis.accounts.clone(),
        sessions: basis.sessions.clone(),
        services: session_services.clone(),
        pending: ports.pending.clone(),
        clock: ports.clock.clone(),
        spawn: ports.spawn.clone(),
    })
}

impl Services {
    /// Puts the services together, and follows the other tabs.
    pub(super) fn new(
        options: ClientOptions,
        ports: &Ports,
        observer: Option<Rc<dyn Observer>>,
    ) -> Self {
        let basis = Basis::new(options, ports, observer);
        basis.sessions.follow_tabs(ports.spawn.clone());
        let authority = AuthorityCheck::new(
            basis.directory.clone(),
            basis.sessions.clone(),
            basis.accounts.clone(),
            basis.notifications.clone(),
            ports.clock.clone(),
            ports.spawn.clone(),
        );
        let sign_out = SignOut::new(
            basis.directory.clone(),
            basis.exchange.clone(),
            basis.accounts.clone(),
            basis.sessions.clone(),
            ports.spawn.clone(),
        );
        let session_services = Rc::new(SessionServices {
            network: basis.network.clone(),
            exchange: basis.exchange.clone(),
            sessions: basis.sessions.clone(),
            refresher: refresher(&basis, ports, &authority),
            sign_out: sign_out.clone(),
            clock: ports.clock.clone(),
        });
        let restore = Rc::new(Restore {
            accounts: basis.accounts.clone(),
            sessions: basis.sessions.clone(),
            authority,
            services: session_services.clone(),
        });
        let sign_in = sign_in(&basis, ports);
        let callback = callback(&basis, ports, &session_services);
        let popups = Rc::new(PopupSignIn {
            accounts: basis.accounts.clone(),
            sign_in: sign_in.clone(),
            callback: callback.clone(),
            restore: restore.clone(),
            link: ports.popup_link.clone(),
            random: ports.random.clone(),
            timer: ports.timer.clone(),
        });
        let startup = Startup {
            options: basis.options.clone(),
            accounts: basis.accounts.clone(),
            callback: callback.clone(),
            restore: restore.clone(),
            popups: popups.clone(),
            navigator: ports.navigator.clone(),
            pending: ports.pending.clone(),
            storage: ports.storage.clone(),
        };
        Self {
            options: basis.options,
            directory: basis.directory,
            accounts: basis.accounts,
            sessions: basis.sessions,
            sign_out,
            restore,
            sign_in,
            callback,
            popups,
            startup,
            navigator: ports.navigator.clone(),
            storage: ports.storage.clone(),
            spawn: ports.spawn.clone(),
        }
    }
}
