//! An app's client metadata, from its client id alone.

use super::error::{Error, Step};
use crate::oauth::ClientMetadata;
use crate::ports::Ports;

/// Reads the client metadata of a client id: a loopback id encodes them; any other is the URL of the published document.
pub async fn load_client_metadata(ports: &Ports, client_id: &str) -> Result<ClientMetadata, Error> {
    let failed = |error| Error::new(Step::Configure, error).at(client_id);
    if client_id.starts_with("http:") {
        return ClientMetadata::of_loopback_id(client_id).map_err(failed);
    }
    let request = ClientMetadata::request(client_id).map_err(failed)?;
    let response = ports.http.send(request).await;
    let response = response.map_err(|error| Error::new(Step::Configure, error).at(client_id))?;
    match ClientMetadata::judge_response(client_id, &response) {
        Ok(judged) => judged.map_err(failed),
        Err(error) => Err(Error::new(Step::Configure, error).at(client_id)),
    }
}
