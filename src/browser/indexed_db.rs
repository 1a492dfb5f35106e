//! IndexedDB: the database of `indexed_db.js`, as the ports know it.

use super::reflect::{get, get_str, resolved, words};
use crate::ports::{Local, Storage, StorageError};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/indexed_db.js")]
extern "C" {
    #[wasm_bindgen(js_name = Database)]
    #[derive(Debug)]
    type Connection;

    #[wasm_bindgen(constructor, js_class = "Database")]
    fn new(name: Option<&str>) -> Connection;

    #[wasm_bindgen(method, getter)]
    fn durable(this: &Connection) -> bool;

    #[wasm_bindgen(method)]
    fn dispose(this: &Connection);

    #[wasm_bindgen(method)]
    fn settle(this: &Connection) -> Promise;

    #[wasm_bindgen(method)]
    fn connect(this: &Connection) -> Promise;
}

/// The database; closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Database(Connection);

impl Drop for Database {
    fn drop(&mut self) {
        self.dispose();
    }
}

impl Storage for Database {
    fn settle(&self) -> Local<'_, ()> {
        Box::pin(async {
            let _ = resolved(&self.0.settle()).await;
        })
    }

    fn outlives_page(&self) -> bool {
        self.0.durable()
    }
}

impl Database {
    /// The official client's database, or one of the app's own.
    pub(super) fn new(name: Option<&str>) -> Self {
        Self(Connection::new(name))
    }

    /// Keeps no connection open from now on. What is under way still ends.
    pub(crate) fn dispose(&self) {
        self.0.dispose();
    }

    /// The database of `indexed_db.js`, once it is open or found that there is none.
    pub(super) async fn connected(&self) -> Result<&JsValue, StorageError> {
        resolved(&self.0.connect()).await.map_err(failed)?;
        Ok(&self.0)
    }
}

/// What a failure of `indexed_db.js` is.
pub(super) fn failed(failure: JsValue) -> StorageError {
    let words = words(&get(&failure, "error"));
    match get_str(&failure, "kind").as_deref() {
        Some("denied") => StorageError::Denied(words),
        Some("full") => StorageError::Full,
        _ => StorageError::Failed(words),
    }
}
