//! From what the user typed to the authorization server.

use super::network::{Freshness, Source};
use super::race::Inbox;
use super::{Error, ErrorKind, OAuthClient, Shared, Step};
use crate::identity::{
    Did, DidDocument, Handle, IdentityError, Input, did_document_request, judge_did_document,
    judge_handle_resolution, judge_identity, resolve_handle_request,
};
use crate::json::Json;
use crate::oauth::{
    ConfigError, ResourceMetadata, ServerMetadata, resource_metadata_request,
    server_metadata_request,
};
use crate::ports::Question;
use crate::url::Url;
use std::rc::Rc;

/// What the user typed.
pub(super) enum Typed {
    /// A handle, a DID, or what the app's own resolver knows.
    Account {
        did: Did,
        pds: Url,
        /// The account's handle, where that was typed, checked both ways.
        handle: Option<Handle>,
        /// The account as the user knows it.
        login_hint: String,
    },
    /// The address of a PDS or an authorization server.
    Service(Url),
}

/// What a PDS says of itself, asked for before anybody needs it.
pub(super) struct AskedAhead {
    pds: Url,
    answer: Inbox<Result<Option<Box<ResourceMetadata>>, Error>>,
}

impl OAuthClient {
    /// Finds an account by its handle or DID: its document, and its handle, if that leads back to the account.
    pub async fn resolve_identity(
        &self,
        input: &str,
        fresh: bool,
    ) -> Result<(DidDocument, Option<Handle>), Error> {
        let freshness = match fresh {
            true => Freshness::Now,
            false => Freshness::Recent,
        };
        let progress = &|_| ();
        let input = Input::normalize(input);
        let did = match Input::read(&input)? {
            Input::Did(did) => did,
            Input::Handle(handle) => {
                let found = self.0.account_of_handle(&handle, freshness, progress);
                return Ok((*found.await?, Some(handle)));
            }
            Input::Service(_) => {
                return Err(IdentityError::InvalidHandle(input).into());
            }
        };
        let document = self.0.did_document(&did, None, freshness).await?;
        // Only a claim, until it leads back; a resolver that is away leaves it one.
        let claimed = match &document.handle {
            Some(handle) => self.0.did_of_handle(handle, freshness).await.ok(),
            None => None,
        };
        let handle = document.handle.clone().filter(|_| claimed == Some(did));
        Ok((*document, handle))
    }
}

impl Shared {
    /// Finds out what the user typed, normalized.
    pub(super) async fn identify(
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
            // The app's own resolver may know more ways to name an account.
            _ if self.has_own(Question::Identity(input)) => {
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

    /// Asks a PDS for its authorization server, past every cache, beside whatever else is done.
    pub(super) fn ask_ahead(self: &Rc<Self>, pds: &Url) -> Rc<AskedAhead> {
        let asked = Rc::new(AskedAhead {
            pds: pds.clone(),
            answer: Inbox::default(),
        });
        let (shared, inner) = (self.clone(), asked.clone());
        self.ports.spawn.spawn(Box::pin(async move {
            let answer = shared.resource(&inner.pds, Freshness::Now).await;
            inner.answer.put(answer);
        }));
        asked
    }

    /// Checks that an authorization server, whose metadata is fresh, is the one an account trusts, past every cache; the
    /// account's PDS.
    ///
    /// Source: atproto specification, "OAuth", section "Identity Authentication".
    pub(super) async fn verify_authority(
        &self,
        sub: &Did,
        server: &ServerMetadata,
        asked: Option<&AskedAhead>,
    ) -> Result<Url, Error> {
        let found = if self.has_own(Question::Identity(sub.as_str())) {
            self.own_identity(sub.as_str(), Freshness::Now).await
        } else {
            self.did_document(sub, None, Freshness::Now).await
        };
        let document = found
            .and_then(|document| {
                if document.did == *sub {
                    return Ok(document);
                }
                let other = IdentityError::DocumentOfAnother(sub.clone());
                Err(Error::new(Step::Did, other))
            })
            .map_err(|error| error.while_resolving("identity", sub.as_str()))?;
        let found = self
            .issuer_of_pds(&document.pds, server, asked)
            .await
            .map_err(|error| of_resource(error, &document.pds))?;
        if found == server.issuer {
            Ok(document.pds)
        } else {
            Err(Error::new(
                Step::Issuer,
                ErrorKind::NotAuthoritative {
                    sub: sub.clone(),
                    issuer: server.issuer.clone(),
                    found,
                },
            ))
        }
    }

    /// The issuer that a PDS names now. Where that is `known`, it must know of the PDS.
    async fn issuer_of_pds(
        &self,
        pds: &Url,
        known: &ServerMetadata,
        asked: Option<&AskedAhead>,
    ) -> Result<String, Error> {
        let named = match asked.filter(|asked| asked.pds == *pds) {
            Some(asked) => asked.answer.take().await,
            None => self.resource(pds, Freshness::Now).await,
        };
        match named? {
            Some(named) if named.issuer == known.issuer => known
                .check_protects(&named.resource)
                .map(|()| named.issuer)
                .map_err(|error| Error::new(Step::Issuer, error)),
            Some(named) => Ok(named.issuer),
            None if pds.origin() == known.issuer => Ok(known.issuer.clone()),
            None => {
                let own = self.server(pds.origin(), Freshness::Now).await?;
                Ok(own.issuer.clone())
            }
        }
    }

    /// The metadata of a server that was stored when it was last seen, or else what the server says now. What was
    /// stored is judged again: it was in storage.
    pub(super) async fn known_server(
        &self,
        issuer: &str,
        stored: Option<Json>,
    ) -> Result<Rc<ServerMetadata>, Error> {
        match stored.and_then(|raw| ServerMetadata::read(issuer, raw).ok()) {
            Some(server) => Ok(server),
            None => self.server(issuer, Freshness::Recent).await,
        }
    }

    /// Reads the metadata of an authorization server.
    pub(super) async fn server(
        &self,
        issuer: &str,
        freshness: Freshness,
    ) -> Result<Rc<ServerMetadata>, Error> {
        self.server_of(issuer, None, freshness).await
    }

    /// Reads the metadata of the authorization server that a resource named, which must know of that resource.
    async fn server_of(
        &self,
        issuer: &str,
        resource: Option<&str>,
        freshness: Freshness,
    ) -> Result<Rc<ServerMetadata>, Error> {
        let request = server_metadata_request(issuer, self.allows_http(), self.in_development())
            .map_err(|error| Error::new(Step::Issuer, error).at(issuer));
        match request {
            Ok(request) => {
                let source = Source::Server(request);
                let read = self.read(Step::Issuer, source, freshness).await;
                read.and_then(|document| {
                    let judged = ServerMetadata::judge(issuer, &document.response);
                    let judged = judged.and_then(|server| {
                        resource.map_or(Ok(()), |resource| server.check_protects(resource))?;
                        Ok(server)
                    });
                    self.judged(document, Ok(judged))
                })
            }
            Err(error) => Err(error),
        }
        .map_err(|error| {
            error
                .asking_for_metadata()
                .while_resolving("OAuth server metadata for issuer", issuer)
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

    /// A handle that leads nowhere by its top-level domain is not asked for.
    fn check_reserved(&self, handle: &Handle) -> Result<(), Error> {
        match handle.is_reserved(self.in_development()) {
            true => Err(IdentityError::ReservedName(handle.to_string()).into()),
            false => Ok(()),
        }
    }

    /// Where a handle leads, whether or not that account claims it.
    async fn did_of_handle(&self, handle: &Handle, freshness: Freshness) -> Result<Did, Error> {
        self.check_reserved(handle)?;
        let source = self.source(Question::Handle(handle), || {
            let service = self.options.handle_resolver.as_ref();
            let service = service
                .ok_or_else(|| Error::new(Step::Configure, ConfigError::NoHandleResolver))?;
            Ok(resolve_handle_request(service, handle))
        })?;
        let document = self.read(Step::Handle, source, freshness).await?;
        let judged = judge_handle_resolution(handle, &document.response);
        self.judged(document, judged)
    }

    /// The account that the app's own resolver finds behind what was typed.
    async fn own_identity(
        &self,
        input: &str,
        freshness: Freshness,
    ) -> Result<Box<DidDocument>, Error> {
        let source = Source::App(Question::Identity(input));
        let document = self.read(Step::Handle, source, freshness).await?;
        let judged = judge_identity(&document.response);
        self.judged(document, judged)
    }

    /// The document of a DID, which must claim the handle that led to it, if one did.
    async fn did_document(
        &self,
        did: &Did,
        handle: Option<&Handle>,
        freshness: Freshness,
    ) -> Result<Box<DidDocument>, Error> {
        let directory = &self.options.plc_directory;
        let allow_http = self.options.allow_http;
        // A DID that may not be asked for is not for the app's own resolver either.
        let request = did_document_request(did, directory, allow_http, self.in_development())
            .map_err(|error| Error::new(Step::Did, error))?;
        let source = self.source(Question::Document(did), || Ok(request))?;
        let document = self.read(Step::Did, source, freshness).await?;
        let judged = judge_did_document(did, &document.response).map(|judged| {
            judged.and_then(|found| match handle {
                Some(handle) => found.confirm(handle).map(|()| found),
                None => Ok(found),
            })
        });
        self.judged(document, judged)
    }

    /// The authorization server of a PDS. One that publishes no resource metadata is asked whether it is its own.
    pub(super) async fn server_of_pds(
        &self,
        pds: &Url,
        progress: &dyn Fn(Step),
    ) -> Result<Rc<ServerMetadata>, Error> {
        let found = async {
            progress(Step::Resource);
            let resource = self.resource(pds, Freshness::Recent).await?;
            progress(Step::Issuer);
            match resource {
                None => self.server(pds.origin(), Freshness::Recent).await,
                Some(named) => {
                    let resource = Some(named.resource.as_str());
                    self.server_of(&named.issuer, resource, Freshness::Recent)
                        .await
                }
            }
        };
        found.await.map_err(|error| of_resource(error, pds))
    }

    /// What a PDS says of itself, if anything.
    async fn resource(
        &self,
        pds: &Url,
        freshness: Freshness,
    ) -> Result<Option<Box<ResourceMetadata>>, Error> {
        let request = resource_metadata_request(pds, self.allows_http(), self.in_development())
            .map_err(|error| Error::new(Step::Resource, error).at(pds.as_str()))?;
        let source = Source::Server(request);
        let document = self.read(Step::Resource, source, freshness).await;
        let document = document.map_err(Error::asking_for_metadata)?;
        let judged = ResourceMetadata::judge(pds, &document.response);
        self.judged(document, Ok(judged))
    }

    /// The authorization server behind a server's address, and the PDS: the address is that of a PDS, or the issuer itself.
    pub(super) async fn server_of_service(
        &self,
        url: Url,
        progress: &dyn Fn(Step),
    ) -> Result<(Rc<ServerMetadata>, Option<Url>), Error> {
        let as_pds = match self.server_of_pds(&url, progress).await {
            Ok(server) => {
                // An issuer that is not a PDS as well has nothing to say as one. It was asked just now.
                let said = self.resource(&url, Freshness::Recent).await;
                return Ok((server, said.is_ok_and(|said| said.is_some()).then_some(url)));
            }
            Err(error) => error,
        };
        let is_no_pds = is_without_oauth(&as_pds);
        let as_issuer = self.server(url.origin(), Freshness::Recent).await;
        as_issuer.map(|server| (server, None)).map_err(|as_issuer| {
            // What was wrong with the address as a PDS says more than that it is no issuer either.
            match is_no_pds && !is_without_oauth(&as_issuer) {
                true => as_issuer,
                false => as_pds,
            }
        })
    }
}

fn is_without_oauth(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WithoutOauth(_))
}

fn of_resource(error: Error, pds: &Url) -> Error {
    error.while_resolving("OAuth server metadata for resource", pds.as_str())
}
