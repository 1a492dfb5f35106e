//! Finds the metadata of the authorization server of a PDS or an issuer.

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
    /// The stored metadata of a server if they are valid, or else its current metadata. Stored metadata are judged again,
    /// because other code can write to storage.
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

    /// Reads the metadata of the authorization server that a resource named. If they list resources, that one must be listed.
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

    /// The authorization server of a PDS. A PDS without resource metadata may be its own authorization server.
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

    /// The metadata of a PDS, if it publishes any.
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

    /// The authorization server of a service's address. The address is that of a PDS, which is returned too, or the issuer's.
    pub(in crate::client) async fn server_of_service(
        &self,
        url: Url,
        progress: &dyn Fn(Step),
    ) -> Result<(Rc<ServerMetadata>, Option<Url>), Error> {
        let as_pds = match self.server_of_pds(&url, progress).await {
            Ok(server) => {
                // Only a PDS has resource metadata. They were read just now, so they are in the cache.
                let resource = self.resource(&url, Freshness::Recent).await;
                let is_pds = resource.is_ok_and(|resource| resource.is_some());
                return Ok((server, is_pds.then_some(url)));
            }
            Err(error) => error,
        };
        let is_no_pds = is_without_oauth(&as_pds);
        let as_issuer = self.server(url.origin(), Freshness::Recent).await;
        as_issuer.map(|server| (server, None)).map_err(|as_issuer| {
            // The error as a PDS is more helpful than that the address is no issuer either.
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
