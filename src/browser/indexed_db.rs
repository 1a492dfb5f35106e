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
    type Rows;

    #[wasm_bindgen(constructor, js_class = "Database")]
    fn new() -> Rows;

    #[wasm_bindgen(method, getter)]
    fn durable(this: &Rows) -> bool;

    #[wasm_bindgen(method)]
    fn dispose(this: &Rows);

    #[wasm_bindgen(method)]
    fn settle(this: &Rows) -> Promise;

    #[wasm_bindgen(method)]
    fn connect(this: &Rows) -> Promise;

    #[wasm_bindgen(method)]
    fn run(this: &Rows, store: &str, operation: &str, key: &str, row: &JsValue) -> Promise;
}

/// What to do, in one transaction.
pub(super) enum Operation<'a> {
    /// Read a row.
    Get(&'a str),
    /// Read all rows.
    List,
    /// Write a row.
    Put(&'a str, &'a JsValue),
    /// Read a row and remove it.
    Take(&'a str),
    /// Remove a row.
    Delete(&'a str),
}

/// The database; closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Database(Rows);

impl Default for Database {
    fn default() -> Self {
        Self(Rows::new())
    }
}

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
    /// Closes the connection, for good. What is under way still ends.
    pub(crate) fn dispose(&self) {
        self.0.dispose();
    }

    /// Does one operation on one store; the row where it reads one, an array where it reads all. Those that have expired
    /// count as absent. Done means committed.
    pub(super) async fn run(
        &self,
        store: &str,
        operation: &Operation<'_>,
    ) -> Result<JsValue, StorageError> {
        // By itself: who gives up before there is a database has stored nothing.
        resolved(&self.0.connect()).await.map_err(judge)?;
        let (name, key, row) = match operation {
            Operation::Get(key) => ("get", *key, &JsValue::UNDEFINED),
            Operation::List => ("list", "", &JsValue::UNDEFINED),
            Operation::Put(key, row) => ("put", *key, *row),
            Operation::Take(key) => ("take", *key, &JsValue::UNDEFINED),
            Operation::Delete(key) => ("delete", *key, &JsValue::UNDEFINED),
        };
        let done = self.0.run(store, name, key, row);
        resolved(&done).await.map_err(judge)
    }
}

fn judge(failure: JsValue) -> StorageError {
    let words = words(&get(&failure, "error"));
    match get_str(&failure, "kind").as_deref() {
        Some("disposed") => StorageError::Disposed,
        Some("denied") => StorageError::Denied(words),
        Some("full") => StorageError::Full,
        _ => StorageError::Failed(words),
    }
}
