//! How the client is set up.

use atproto_oauth_wasm::{BrowserOAuthClient, Error};
use serde::Deserialize;

/// What `page/start.js` finds out: a published app would have it in its code, and most of it by default.
#[derive(Debug, Deserialize)]
pub struct Settings {
    client_id: String,
    handle_resolver: String,
    plc_directory: Option<String>,
    #[serde(default)]
    allow_http: bool,
}

impl Settings {
    /// The settings of an app on the public network, under development.
    pub fn public(client_id: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            handle_resolver: "https://bsky.social".to_owned(),
            plc_directory: None,
            allow_http: false,
        }
    }

    /// Reads them from JSON. What cannot be read is an app on the public network.
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|_| Self::public("http://localhost"))
    }

    /// Makes the client.
    pub fn client(self) -> Result<BrowserOAuthClient, Error> {
        let mut builder = BrowserOAuthClient::builder()
            .client_id(self.client_id)
            .handle_resolver(self.handle_resolver);
        if let Some(directory) = self.plc_directory {
            builder = builder.plc_directory(directory);
        }
        if self.allow_http {
            builder = builder.allow_http(true);
        }
        builder.build()
    }
}
