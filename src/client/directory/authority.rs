//! Checks that an authorization server is the one that an account trusts.

use super::Directory;
use super::documents::Freshness;
use super::servers::of_resource;
use crate::client::error::{Error, ErrorKind, Step};
use crate::identity::{Did, IdentityError};
use crate::oauth::{ResourceMetadata, ServerMetadata};
use crate::ports::Question;
use crate::url::Url;
use crate::waiting::Inbox;
use std::rc::Rc;

/// The metadata of a PDS, requested before they are needed.
pub(in crate::client) struct EarlyResource {
    pds: Url,
    found: Inbox<Result<Option<Box<ResourceMetadata>>, Error>>,
}

impl Directory {
    /// Requests the metadata of a PDS in the background, bypassing every cache.
    pub(in crate::client) fn request_early(self: &Rc<Self>, pds: &Url) -> Rc<EarlyResource> {
        let early = Rc::new(EarlyResource {
            pds: pds.clone(),
            found: Inbox::default(),
        });
        let (directory, inner) = (self.clone(), early.clone());
        self.env.spawn(Box::pin(async move {
            let found = directory.resource(&inner.pds, Freshness::Now).await;
            inner.found.put(found);
        }));
        early
    }

    /// Checks that an authorization server, whose metadata are fresh, is the one that an account trusts, bypassing every
    /// cache. Returns the account's PDS.
    ///
    /// Source: atproto specification, "OAuth", section "Identity Authentication".
    pub(in crate::client) async fn verify_authority(
        &self,
        sub: &Did,
        server: &ServerMetadata,
        early: Option<&EarlyResource>,
    ) -> Result<Url, Error> {
        let found = if self.documents.has_own(Question::Identity(sub.as_str())) {
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
            .issuer_of_pds(&document.pds, server, early)
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

    /// The issuer that a PDS names now. If that is `known`, its metadata must not exclude the PDS.
    async fn issuer_of_pds(
        &self,
        pds: &Url,
        known: &ServerMetadata,
        early: Option<&EarlyResource>,
    ) -> Result<String, Error> {
        let named = match early.filter(|early| early.pds == *pds) {
            Some(early) => early.found.take().await,
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
}
