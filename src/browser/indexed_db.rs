//! IndexedDB: the database of the official client, so that users stay signed in when an app changes over.
//!
//! Every operation is one short transaction that waits for nothing but its own requests: Firefox ends a transaction
//! that waits for WebCrypto. Event handlers are resolvers of promises, so none needs to be freed.

use super::reflect::{call, deferred, get, get_str, global, object, resolved, set, words};
use crate::ports::StorageError;
use js_sys::Array;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

const NAME: &str = "@atproto-oauth-client";
const VERSION: u32 = 1;

/// All stores of the official client. This one uses two; a database without the others would break that one.
const STORES: [&str; 7] = [
    "state",
    "session",
    "didCache",
    "dpopNonceCache",
    "handleCache",
    "authorizationServerMetadataCache",
    "protectedResourceMetadataCache",
];

/// The index over the rows' time of expiry, an ISO text.
const EXPIRY: &str = "expiresAt";

/// What to do, in one transaction.
pub(super) enum Operation<'a> {
    /// Read a row.
    Get(&'a str),
    /// Read all rows.
    List,
    /// Write a row, and remove those that have expired by the given time, if any.
    Put(&'a str, &'a JsValue, Option<&'a JsValue>),
    /// Read a row and remove it.
    Take(&'a str),
    /// Remove a row.
    Delete(&'a str),
    /// Remove the rows that have expired by the given time.
    Sweep(&'a JsValue),
}

/// The database, opened at first use.
#[derive(Default)]
pub(super) struct Database {
    connection: RefCell<Option<JsValue>>,
    disposed: Cell<bool>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.dispose();
    }
}

impl Database {
    /// Closes the connection, for good. What is under way still ends.
    pub(super) fn dispose(&self) {
        self.disposed.set(true);
        self.close();
    }

    /// Does one operation on one store; the row where it reads one, an array where it reads all, else `undefined`. Done means committed.
    pub(super) async fn run(
        &self,
        store: &str,
        operation: &Operation<'_>,
    ) -> Result<JsValue, StorageError> {
        match transact(&self.connection().await?, store, operation).await {
            // The connection was closed under us: another tab deletes the database, or the browser dropped it. Its
            // transaction did nothing, so that it can be repeated, once, through a new connection.
            Err(error) if is_lost(&error) => {
                self.close();
                transact(&self.connection().await?, store, operation).await
            }
            outcome => outcome,
        }
        .map_err(|error| judge(&error))
    }

    fn close(&self) {
        if let Some(connection) = self.connection.take() {
            let _ = call(&connection, "close", &[]);
        }
    }

    async fn connection(&self) -> Result<JsValue, StorageError> {
        if self.disposed.get() {
            return Err(StorageError::Disposed);
        }
        if let Some(connection) = &*self.connection.borrow() {
            return Ok(connection.clone());
        }
        let connection = open().await.map_err(|error| {
            // Firefox without permission to store says it this way.
            match get_str(&error, "name").as_deref() {
                Some("InvalidStateError") => StorageError::Denied(words(&error)),
                _ if error.is_undefined() => StorageError::Denied(words(&error)),
                _ => judge(&error),
            }
        })?;
        // Others may have opened one too, or disposed of us, in the meantime.
        if self.disposed.get() {
            let _ = call(&connection, "close", &[]);
            return Err(StorageError::Disposed);
        }
        if let Some(superfluous) = self.connection.replace(Some(connection.clone())) {
            let _ = call(&superfluous, "close", &[]);
        }
        Ok(connection)
    }
}

async fn open() -> Result<JsValue, JsValue> {
    let request = call(
        &global("indexedDB"),
        "open",
        &[&JsValue::from_str(NAME), &VERSION.into()],
    )?;
    // This closure must outlive whoever waits here: a database whose creation nobody attends to would be without
    // stores for ever. JavaScript's garbage collector frees it.
    let upgrade = Closure::once_into_js(move |event: JsValue| {
        let database = get(&get(&event, "target"), "result");
        let options = object(&[("autoIncrement", &JsValue::TRUE)]);
        let key_path = JsValue::from_str(EXPIRY);
        for name in STORES {
            let store = call(
                &database,
                "createObjectStore",
                &[&JsValue::from_str(name), &options],
            );
            let _ = store.and_then(|store| call(&store, "createIndex", &[&key_path, &key_path]));
        }
    });
    set(&request, "onupgradeneeded", &upgrade);
    // `blocked` cannot come: version 1 is upgraded from nothing, which no other tab can have open.
    let connection = settled(&request).await?;
    // Else the other tab that wants to delete or upgrade the database would wait for ever. The next use opens it anew.
    let close = call(&get(&connection, "close"), "bind", &[&connection])?;
    set(&connection, "onversionchange", &close);
    Ok(connection)
}

async fn transact(
    connection: &JsValue,
    store: &str,
    operation: &Operation<'_>,
) -> Result<JsValue, JsValue> {
    let mode = match operation {
        Operation::Get(_) | Operation::List => "readonly",
        _ => "readwrite",
    };
    let store = JsValue::from_str(store);
    let transaction = call(
        connection,
        "transaction",
        &[
            &store,
            &JsValue::from_str(mode),
            &object(&[("durability", &JsValue::from_str("strict"))]),
        ],
    )?;
    let ended = event(&transaction, &["oncomplete", "onabort"]);
    let rows = call(&transaction, "objectStore", &[&store])?;
    let on_row = |method, key: &str| call(&rows, method, &[&JsValue::from_str(key)]);
    let mut read = JsValue::UNDEFINED;
    match operation {
        Operation::Get(key) => read = on_row("get", key)?,
        Operation::List => read = call(&rows, "getAll", &[])?,
        Operation::Take(key) => {
            read = on_row("get", key)?;
            on_row("delete", key)?;
        }
        Operation::Delete(key) => drop(on_row("delete", key)?),
        Operation::Put(key, row, expired_by) => {
            call(&rows, "put", &[row, &JsValue::from_str(key)])?;
            if let Some(now) = expired_by {
                sweep(&rows, now).await?;
            }
        }
        Operation::Sweep(now) => sweep(&rows, now).await?,
    }
    let ended = resolved(&ended).await?;
    if get_str(&ended, "type").as_deref() == Some("complete") {
        Ok(get(&read, "result"))
    } else {
        Err(get(&transaction, "error"))
    }
}

/// Removes the rows that have expired. Times are ISO texts, so the range is one of texts: as numbers, which sort before
/// any text, they would match nothing.
async fn sweep(rows: &JsValue, now: &JsValue) -> Result<(), JsValue> {
    let range = call(&global("IDBKeyRange"), "upperBound", &[now])?;
    let index = call(rows, "index", &[&JsValue::from_str(EXPIRY)])?;
    let keys = settled(&call(&index, "getAllKeys", &[&range])?).await?;
    for key in Array::from(&keys).iter() {
        call(rows, "delete", &[&key])?;
    }
    Ok(())
}

/// A request's result, or its error.
async fn settled(request: &JsValue) -> Result<JsValue, JsValue> {
    let event = resolved(&event(request, &["onsuccess", "onerror"])).await?;
    if get_str(&event, "type").as_deref() == Some("success") {
        Ok(get(request, "result"))
    } else {
        Err(get(request, "error"))
    }
}

/// A promise of the first of these events. It is never rejected: nobody may be there any more to see that.
fn event(target: &JsValue, handlers: &[&str]) -> JsValue {
    let (promise, resolve) = deferred();
    for handler in handlers {
        set(target, handler, &resolve);
    }
    promise
}

/// Whether the connection, and not the operation, is at fault. An aborted transaction without an error was ended by
/// the browser.
fn is_lost(error: &JsValue) -> bool {
    error.is_null()
        || matches!(
            get_str(error, "name").as_deref(),
            Some("InvalidStateError" | "UnknownError" | "AbortError")
        )
}

fn judge(error: &JsValue) -> StorageError {
    match get_str(error, "name").as_deref() {
        Some("SecurityError" | "NotAllowedError") => StorageError::Denied(words(error)),
        Some("QuotaExceededError") => StorageError::Full,
        _ => StorageError::Failed(words(error)),
    }
}
