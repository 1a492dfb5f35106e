//! AT Protocol OAuth client for browser apps.
