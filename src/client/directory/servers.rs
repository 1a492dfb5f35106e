//! From a PDS or an issuer to the metadata of the authorization server.

use super::Directory;
use super::documents::{Freshness, Source};
use crate::client::error::{Error, ErrorKind, Step};
use crate::json::Json;
use crate::oauth::{
    ResourceMetadata, ServerMetadata, resource_metadata_request, server_metadata_request,
};
use crate::url::Url;
use std::rc::Rc;

impl Directory {
    /// The metadata of a server that was stored when it was last seen, or else what the server says now. What was
    /// stored is judged again: it was in storage.
    pub(in crate::client) async fn known_server(
        &self,
        issuer: &str,
        stored: Option<Json>,
    ) -> Result<Rc<ServerMetadata>, Error> {
        let auth = self.env.options.metadata.auth;
        match stored.and_then(|raw| ServerMetadata::read(issuer, auth, raw).ok()) {
            Some(server) => Ok(server),
            None => self.server(issuer, Freshness::Recent).await,
        }
    }

    /// Reads the metadata of an authorization server.
    pub(in crate::client) async fn server(
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
        let request = server_metadata_request(
            issuer,
            self.env.options.allows_http(),
            self.env.options.in_development(),
        )
        .map_err(|error| Error::new(Step::Issuer, error).at(issuer));
        match request {
            Ok(request) => {
                let source = Source::Server(request);
                let read = self.documents.read(Step::Issuer, source, freshness).await;
                read.and_then(|document| {
                    let auth = self.env.options.metadata.auth;
                    let judged = ServerMetadata::judge(issuer, auth, &document.response);
                    let judged = judged.and_then(|server| {
                        resource.map_or(Ok(()), |resource| server.check_protects(resource))?;
                        Ok(server)
                    });
                    self.documents.judged(document, Ok(judged))
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

    /// The authorization server of a PDS. One that publishes no resource metadata is asked whether it is its own.
    pub(in crate::client) async fn server_of_pds(
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
    pub(super) async fn resource(
        &self,
        pds: &Url,
        freshness: Freshness,
    ) -> Result<Option<Box<ResourceMetadata>>, Error> {
        let request = resource_metadata_request(
            pds,
            self.env.options.allows_http(),
            self.env.options.in_development(),
        )
        .map_err(|error| Error::new(Step::Resource, error).at(pds.as_str()))?;
        let source = Source::Server(request);
        let document = self.documents.read(Step::Resource, source, freshness).await;
        let document = document.map_err(Error::asking_for_metadata)?;
        let judged = ResourceMetadata::judge(pds, &document.response);
        self.documents.judged(document, Ok(judged))
    }

    /// The authorization server behind a server's address, and the PDS: the address is that of a PDS, or the issuer itself.
    pub(in crate::client) async fn server_of_service(
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

pub(super) fn of_resource(error: Error, pds: &Url) -> Error {
    error.while_resolving("OAuth server metadata for resource", pds.as_str())
}
