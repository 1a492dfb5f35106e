//! Resolves a handle, a DID or another name of an account to the account's document.

use super::Directory;
use super::documents::{Freshness, Source};
use crate::client::error::{Error, Step};
use crate::identity::{
    Did, DidDocument, Handle, IdentityError, Input, did_document_request, judge_did_document,
    judge_handle_resolution, judge_identity, resolve_handle_request,
};
use crate::oauth::ConfigError;
use crate::ports::Question;
use crate::url::Url;

/// The user's input, resolved.
pub(in crate::client) enum Typed {
    /// A handle, a DID, or an input that the app's own resolver resolves.
    Account {
        did: Did,
        pds: Url,
        /// The account's handle, if the user typed it, checked both ways.
        handle: Option<Handle>,
        /// The name of the account to suggest to the server, as the user typed it.
        login_hint: String,
    },
    /// The address of a PDS or an authorization server.
    Service(Url),
}

impl Directory {
    /// Finds an account by its handle or DID: its document, and its handle if that resolves to the same DID.
    pub(in crate::client) async fn resolve(
        &self,
        input: &str,
        freshness: Freshness,
    ) -> Result<(DidDocument, Option<Handle>), Error> {
        let progress = &|_| ();
        let input = Input::normalize(input);
        let did = match Input::read(&input)? {
            Input::Did(did) => did,
            Input::Handle(handle) => {
                let found = self.account_of_handle(&handle, freshness, progress);
                return Ok((*found.await?, Some(handle)));
            }
            Input::Service(_) => {
                return Err(IdentityError::InvalidHandle(input).into());
            }
        };
        let document = self.did_document(&did, None, freshness).await?;
        // The handle is only a claim until it resolves to the same DID. If the resolver fails, it stays one.
        let claimed = match &document.handle {
            Some(handle) => self.did_of_handle(handle, freshness).await.ok(),
            None => None,
        };
        let handle = document.handle.clone().filter(|_| claimed == Some(did));
        Ok((*document, handle))
    }

    /// Resolves the user's normalized input.
    pub(in crate::client) async fn identify(
        &self,
        input: &str,
        progress: &dyn Fn(Step),
    ) -> Result<Typed, Error> {
        let identity = |error: Error| error.while_resolving("identity", input);
        let parsed = Input::read(input).map_err(Error::from);
        let is_account = parsed.is_ok();
        let typed = match &parsed {
            Ok(Input::Handle(handle)) => Some(handle.clone()),
            _ => None,
        };
        let reserved = typed.as_ref().map_or(Ok(()), |h| self.check_reserved(h));
        reserved.map_err(identity)?;
        let document = match parsed {
            Ok(Input::Service(url)) => return Ok(Typed::Service(url)),
            // The app's own resolver may accept more kinds of input.
            _ if self.documents.has_own(Question::Identity(input)) => {
                progress(Step::Handle);
                self.own_identity(input, Freshness::Recent).await
            }
            Ok(Input::Did(did)) => {
                progress(Step::Did);
                self.did_document(&did, None, Freshness::Recent).await
            }
            Ok(Input::Handle(handle)) => {
                self.account_of_handle(&handle, Freshness::Recent, progress)
                    .await
            }
            Err(error) => Err(error),
        }
        .map_err(identity)?;
        let named = if is_account {
            input
        } else {
            document.did.as_str()
        };
        Ok(Typed::Account {
            login_hint: named.to_owned(),
            handle: document
                .handle
                .filter(|claimed| typed.as_ref() == Some(claimed)),
            did: document.did,
            pds: document.pds,
        })
    }

    /// The account of a handle, checked both ways.
    async fn account_of_handle(
        &self,
        handle: &Handle,
        freshness: Freshness,
        progress: &dyn Fn(Step),
    ) -> Result<Box<DidDocument>, Error> {
        progress(Step::Handle);
        let did = self.did_of_handle(handle, freshness).await?;
        progress(Step::Did);
        self.did_document(&did, Some(handle), freshness).await
    }

    /// Refuses a handle under a reserved top-level domain, which cannot resolve.
    fn check_reserved(&self, handle: &Handle) -> Result<(), Error> {
        match handle.is_reserved(self.env.options.in_development()) {
            true => Err(IdentityError::ReservedName(handle.to_string()).into()),
            false => Ok(()),
        }
    }

    /// The DID that a handle resolves to, whether or not its document claims the handle.
    async fn did_of_handle(&self, handle: &Handle, freshness: Freshness) -> Result<Did, Error> {
        self.check_reserved(handle)?;
        let source = self.documents.source(Question::Handle(handle), || {
            let service = self.env.options.handle_resolver.as_ref();
            let service = service
                .ok_or_else(|| Error::new(Step::Configure, ConfigError::NoHandleResolver))?;
            Ok(resolve_handle_request(service, handle))
        })?;
        let document = self.documents.read(Step::Handle, source, freshness).await?;
        let judged = judge_handle_resolution(handle, &document.response);
        self.documents.judged(document, judged)
    }

    /// The account that the app's own resolver finds for the input.
    pub(super) async fn own_identity(
        &self,
        input: &str,
        freshness: Freshness,
    ) -> Result<Box<DidDocument>, Error> {
        let source = Source::App(Question::Identity(input));
        let document = self.documents.read(Step::Handle, source, freshness).await?;
        let judged = judge_identity(&document.response);
        self.documents.judged(document, judged)
    }

    /// The document of a DID. If the DID came from a handle, the document must claim that handle.
    pub(super) async fn did_document(
        &self,
        did: &Did,
        handle: Option<&Handle>,
        freshness: Freshness,
    ) -> Result<Box<DidDocument>, Error> {
        let directory = &self.env.options.plc_directory;
        let allow_http = self.env.options.allow_http;
        // Built first, so that a forbidden DID is refused for the app's own resolver too.
        let request = did_document_request(
            did,
            directory,
            allow_http,
            self.env.options.in_development(),
        )
        .map_err(|error| Error::new(Step::Did, error))?;
        let source = self
            .documents
            .source(Question::Document(did), || Ok(request))?;
        let document = self.documents.read(Step::Did, source, freshness).await?;
        let judged = judge_did_document(did, &document.response).map(|judged| {
            judged.and_then(|found| match handle {
                Some(handle) => found.confirm(handle).map(|()| found),
                None => Ok(found),
            })
        });
        self.documents.judged(document, judged)
    }
}
