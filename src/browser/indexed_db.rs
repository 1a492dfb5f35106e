//! IndexedDB: the database of the official client, so that users stay signed in when an app changes over.
//!
//! Every operation is one short transaction that waits for nothing but its own requests: Firefox ends a transaction
//! that waits for WebCrypto. Event handlers are resolvers of promises, so none needs to be freed.

use super::environment::timeout;
use super::reflect::{call, deferred, get, get_str, global, resolved, set, texts, words};
use crate::ports::{Local, Storage, StorageError};
use js_sys::{Array, Date, Reflect};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
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

/// The two of them.
const OWN_STORES: [&str; 2] = ["state", "session"];

/// The index over the rows' time of expiry, an ISO text.
const EXPIRY: &str = "expiresAt";

/// How long to wait for the database to open: this many times half a second. A page that was asleep, or busy with its
/// own scripts, loses one of them and not all: the answer may be there and only not be heard yet.
const PATIENCE: u32 = 10;

thread_local! {
    /// The rows of a page that has no database. All clients of the page share them, as they would share the database.
    static ROWS: JsValue = texts(&[]);
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
    /// Remove the rows that have expired.
    Sweep,
}

/// The database, opened at first use. A client to whom it does not open then keeps its rows in memory for good, so that
/// no row is ever in both places; one to whom it did open never does.
#[derive(Default)]
pub(super) struct Database {
    connection: Rc<RefCell<Option<JsValue>>>,
    /// Why there is none; rows are in memory then.
    denied: OnceCell<String>,
    /// Whether it was opened once.
    worked: Cell<bool>,
    swept: Cell<bool>,
    disposed: Cell<bool>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.dispose();
    }
}

impl Storage for Database {
    fn settle(&self) -> Local<'_, ()> {
        Box::pin(async {
            drop(self.connect().await);
            self.sweep_once();
        })
    }

    fn outlives_page(&self) -> bool {
        self.denied.get().is_none()
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
        let (mut reopened, mut freed) = (false, false);
        loop {
            self.connect().await?;
            if let Some(why) = self.denied.get() {
                return in_memory(store, operation, why);
            }
            let Some(connection) = self.connection.borrow().clone() else {
                continue;
            };
            let error = match transact(&connection, store, operation).await {
                Ok(row) => {
                    self.sweep_once();
                    return Ok(row);
                }
                Err(error) => error,
            };
            // The connection was closed under us: another tab deletes the database, or the browser dropped it. Its
            // transaction did nothing, so that it can be repeated, once, through a new connection.
            if is_lost(&error) && !reopened {
                reopened = true;
                self.close();
            } else if is_full(&error) && !freed {
                freed = true;
                // The next transaction waits for this one, which has the same stores.
                let _ = clean(&connection, &STORES);
            } else {
                return Err(judge(&error));
            }
        }
    }

    /// Lets the next operation be followed by a sweep, as the first is.
    pub(super) fn sweep_again(&self) {
        self.swept.set(false);
    }

    /// Nobody waits for this. It comes after the first operation, which would have to wait for it.
    fn sweep_once(&self) {
        if let Some(connection) = &*self.connection.borrow()
            && !self.swept.replace(true)
        {
            let _ = clean(connection, &OWN_STORES);
        }
    }

    fn close(&self) {
        if let Some(connection) = self.connection.take() {
            close(&connection);
        }
    }

    /// Opens a connection unless there is one, or finds that there is none to be had.
    async fn connect(&self) -> Result<(), StorageError> {
        let mut retried = false;
        loop {
            if self.disposed.get() {
                return Err(StorageError::Disposed);
            }
            if self.connection.borrow().is_some() || !self.outlives_page() {
                return Ok(());
            }
            match self.open().await {
                // Others may have opened one too, given up, or disposed of us, in the meantime.
                Ok(superfluous)
                    if self.disposed.get()
                        || self.connection.borrow().is_some()
                        || !self.outlives_page() =>
                {
                    close(&superfluous);
                }
                Ok(connection) => {
                    self.worked.set(true);
                    *self.connection.borrow_mut() = Some(connection);
                }
                Err(error) if is_lost(&error) && !retried => retried = true,
                // What it stored is there, and must not be taken for absent.
                Err(error) if self.worked.get() => return Err(judge(&error)),
                Err(error) => drop(self.denied.set(words(&error))),
            }
        }
    }

    async fn open(&self) -> Result<JsValue, JsValue> {
        let name = JsValue::from_str(NAME);
        let request = call(&global("indexedDB"), "open", &[&name, &VERSION.into()])?;
        // This closure must outlive whoever waits here: a database whose creation nobody attends to would be without
        // stores for ever. JavaScript's garbage collector frees it.
        let upgrade = Closure::once_into_js(|event: JsValue| create(&result(&event)));
        set(&request, "onupgradeneeded", &upgrade);
        // `blocked` cannot come: version 1 is upgraded from nothing, which no other tab can have open.
        for _ in 0..PATIENCE {
            let (heard, hear) = deferred();
            set(&request, "onsuccess", &hear);
            set(&request, "onerror", &hear);
            let _tick = timeout(&hear, 500);
            let event = resolved(&heard).await?;
            match get_str(&event, "type").as_deref() {
                Some("success") => {
                    let connection = result(&event);
                    // Else the other tab that wants to delete or upgrade the database would wait for ever. And one
                    // that the browser closed is of no use any more. The next operation opens it anew.
                    let held = self.connection.clone();
                    let gone = Closure::once_into_js(move |event: JsValue| {
                        let gone = get(&event, "target");
                        close(&gone);
                        held.borrow_mut().take_if(|held| *held == gone);
                    });
                    set(&connection, "onversionchange", &gone);
                    set(&connection, "onclose", &gone);
                    return Ok(connection);
                }
                Some(_) => return Err(get(&request, "error")),
                None => {}
            }
        }
        // It may open yet, when nobody wants it any more.
        let late = Closure::once_into_js(|event: JsValue| close(&result(&event)));
        set(&request, "onsuccess", &late);
        Err(JsValue::UNDEFINED)
    }
}

fn create(database: &JsValue) {
    let options = texts(&[]);
    set(&options, "autoIncrement", &JsValue::TRUE);
    let key_path = JsValue::from_str(EXPIRY);
    for name in STORES {
        let name = JsValue::from_str(name);
        let store = call(database, "createObjectStore", &[&name, &options]);
        let _ = store.and_then(|store| call(&store, "createIndex", &[&key_path, &key_path]));
    }
}

fn close(connection: &JsValue) {
    let _ = call(connection, "close", &[]);
}

/// The result of the request that an event is of.
fn result(event: &JsValue) -> JsValue {
    get(&get(event, "target"), "result")
}

/// The same operations on the rows in memory. Of a row that was never there, nobody knows whether the database would
/// have it, so that it is not taken for absent; one that was removed is.
fn in_memory(store: &str, operation: &Operation<'_>, why: &str) -> Result<JsValue, StorageError> {
    let name = |key: &str| format!("{store}{key}");
    ROWS.with(|rows| {
        match operation {
            Operation::List => {
                let names = Reflect::own_keys(rows).unwrap_or_default();
                let of_store =
                    |name: JsValue| name.as_string().filter(|name| name.starts_with(store));
                let found: Array = names
                    .iter()
                    .filter_map(of_store)
                    .map(|name| get(rows, &name))
                    .collect();
                return Ok(found.into());
            }
            Operation::Get(key) => {
                let row = get(rows, &name(key));
                return if row.is_undefined() {
                    Err(StorageError::Denied(why.to_owned()))
                } else {
                    Ok(row)
                };
            }
            Operation::Take(key) => {
                let row = get(rows, &name(key));
                set(rows, &name(key), &JsValue::NULL);
                return Ok(row);
            }
            Operation::Put(key, row) => set(rows, &name(key), row),
            Operation::Delete(key) => set(rows, &name(key), &JsValue::NULL),
            // They end with the page, and who reads one looks at its time.
            Operation::Sweep => {}
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Begins a transaction on some stores.
fn begin(connection: &JsValue, stores: &JsValue, mode: &str) -> Result<JsValue, JsValue> {
    let strict = texts(&[("durability", "strict")]);
    let mode = JsValue::from_str(mode);
    call(connection, "transaction", &[stores, &mode, &strict])
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
    let transaction = begin(connection, &store, mode)?;
    let (ended, end) = deferred();
    set(&transaction, "oncomplete", &end);
    set(&transaction, "onabort", &end);
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
        Operation::Put(key, row) => drop(call(&rows, "put", &[row, &JsValue::from_str(key)])?),
        Operation::Sweep => sweep(&rows)?,
    }
    let ended = resolved(&ended).await?;
    if get_str(&ended, "type").as_deref() == Some("complete") {
        Ok(get(&read, "result"))
    } else {
        Err(get(&transaction, "error"))
    }
}

/// Makes room, in one transaction that nobody waits for: removes the rows that have expired, and the whole of the
/// official client's caches, where they are among the stores.
fn clean(connection: &JsValue, stores: &[&str]) -> Result<(), JsValue> {
    let names: Array = stores.iter().map(|name| JsValue::from_str(name)).collect();
    let transaction = begin(connection, &names, "readwrite")?;
    for name in names.iter() {
        let rows = call(&transaction, "objectStore", &[&name])?;
        if name
            .as_string()
            .is_some_and(|name| OWN_STORES.contains(&&*name))
        {
            sweep(&rows)?;
        } else {
            call(&rows, "clear", &[])?;
        }
    }
    Ok(())
}

/// Removes the rows that have expired. Times are ISO texts, so the range is one of texts: as numbers, which sort before
/// any text, they would match nothing.
fn sweep(rows: &JsValue) -> Result<(), JsValue> {
    let now = Date::new_0().to_iso_string().into();
    let range = call(&global("IDBKeyRange"), "upperBound", &[&now])?;
    let index = call(rows, "index", &[&JsValue::from_str(EXPIRY)])?;
    let request = call(&index, "openCursor", &[&range])?;
    let remove: Closure<dyn Fn(JsValue)> = Closure::new(|event: JsValue| {
        let cursor = result(&event);
        if call(&cursor, "delete", &[]).is_ok() {
            let _ = call(&cursor, "continue", &[]);
        }
    });
    set(&request, "onsuccess", &remove.into_js_value());
    Ok(())
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

fn is_full(error: &JsValue) -> bool {
    get_str(error, "name").as_deref() == Some("QuotaExceededError")
}

fn judge(error: &JsValue) -> StorageError {
    match get_str(error, "name").as_deref() {
        Some("SecurityError" | "NotAllowedError") => StorageError::Denied(words(error)),
        _ if is_full(error) => StorageError::Full,
        _ => StorageError::Failed(words(error)),
    }
}
