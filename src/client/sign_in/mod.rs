//! The beginning of a sign-in: from the user's input to the URL of the consent page.

mod push;
mod speculative;

use super::directory::{Directory, Typed};
use super::environment::Environment;
use super::error::{Error, Step};
use super::exchange::{Exchange, Prover};
use crate::client::share::share;
use crate::identity::Input;
use crate::oauth::AuthorizeOptions;
use crate::ports::{PendingLogin, Store};
use crate::url::Url;
use push::Pushed;
use std::rc::Rc;

/// Begins sign-ins.
pub(super) struct SignIn {
    env: Rc<Environment>,
    directory: Rc<Directory>,
    exchange: Rc<Exchange>,
    store: Rc<dyn Store>,
}

impl SignIn {
    pub(super) fn new(
        env: &Rc<Environment>,
        directory: &Rc<Directory>,
        exchange: &Rc<Exchange>,
        store: Rc<dyn Store>,
    ) -> Rc<Self> {
        Rc::new(Self {
            env: share(env),
            directory: share(directory),
            exchange: share(exchange),
            store,
        })
    }

    /// Prepares a sign-in. Returns the URL of the consent page and the `state` of the response to come.
    pub(super) async fn authorize(
        self: &Rc<Self>,
        input: &str,
        options: &AuthorizeOptions,
        progress: &dyn Fn(Step),
    ) -> Result<(Url, String), Error> {
        self.redirect_uri(options)?;
        if let Some(scope) = &options.scope {
            let checked = self.env.options.metadata.check_scope(scope);
            checked.map_err(|error| Error::new(Step::Input, error))?;
        }
        let input = &Input::normalize(input);
        let key = self.env.generate_key().await;
        let key = key.map_err(|error| Error::new(Step::Par, error))?;
        let prover = Prover::new(key);
        let speculative = self.speculate(input, &prover);
        let (server, account, pds, handle, login_hint) =
            match self.directory.identify(input, progress).await? {
                Typed::Service(url) => {
                    let (server, pds) = self.directory.server_of_service(url, progress).await?;
                    (server, None, pds, None, None)
                }
                Typed::Account {
                    did,
                    pds,
                    handle,
                    login_hint,
                } => {
                    if let (Some(speculative), Some(_)) = (&speculative, &handle) {
                        self.push_early(speculative, &prover, options, &login_hint);
                    }
                    let server = self.directory.server_of_pds(&pds, progress).await?;
                    (server, Some(did), Some(pds), handle, Some(login_hint))
                }
            };

        progress(Step::Par);
        let pushed = match &speculative {
            Some(speculative) => speculative.pushed(&server).await,
            None => None,
        };
        let Pushed {
            url,
            state,
            verifier,
        } = *match pushed {
            Some(pushed) => pushed?,
            None => {
                self.push(&server, &prover, options, login_hint.as_deref())
                    .await?
            }
        };
        let login = PendingLogin {
            client_id: Some(self.env.client_id().to_owned()),
            nonce: prover.nonce(&server.pushed_authorization_request_endpoint),
            issuer: server.issuer.clone(),
            key: prover.key.clone(),
            auth_method: self.env.options.metadata.auth.method(),
            verifier,
            app_state: options.state.clone(),
            account,
            pds,
            handle,
            redirect_uri: Some(self.redirect_uri(options)?.to_owned()),
            server: server.to_keep(),
            clock_offset: prover
                .offsets
                .get(&server.pushed_authorization_request_endpoint),
        };
        let stored = self.store.put_pending(&state, &login).await;
        stored.map_err(|error| Error::new(Step::Storage, error))?;
        Ok((url, state))
    }

    fn redirect_uri<'a>(&'a self, options: &'a AuthorizeOptions) -> Result<&'a str, Error> {
        let uri = options.redirect_uri.as_deref();
        let uri = self.env.options.metadata.redirect_uri(uri);
        uri.map_err(|error| Error::new(Step::Input, error))
    }
}
