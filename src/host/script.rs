//! What the npm package's TypeScript gives the core and is given by it: promises, functions, hooks.

use super::JsHost;
use super::door::Outcome;
use crate::client::Step;
use crate::identity::Did;
use crate::ports::Local;
use js_sys::Promise;
use wasm_bindgen::JsValue;

impl JsHost {
    /// Runs a flow, whose outcome the promise will have. What it rejects with is what `thrown` makes of the error.
    pub(crate) fn promise(&self, flow: Local<'static, Result<JsValue, JsValue>>) -> Promise {
        let door = self.door.clone();
        let deferred = door.host.defer();
        let promise = door.host.promised(deferred);
        self.door.engine.start(Box::pin(async move {
            match flow.await {
                Ok(value) => door.host.settle(deferred, false, &value),
                Err(error) => door.host.settle(deferred, true, &error),
            }
        }));
        promise
    }

    /// Ends when a promise is rejected: with what it is rejected with.
    pub(crate) async fn rejected(&self, promise: &JsValue) -> JsValue {
        let promise = self.door.host.hold(promise);
        match self.door.settled(promise).await {
            Err(reason) => reason.to_js(),
            Ok(_) => std::future::pending().await,
        }
    }

    /// A function that is called with the name of each step, if there is one. What it throws is its own affair.
    pub(crate) fn reporter(&self, listener: &JsValue) -> impl Fn(Step) + use<> {
        let door = self.door.clone();
        let listener = listener.is_function().then(|| Held {
            number: door.host.hold(listener),
            host: self.clone(),
        });
        move |step| {
            if let Some(listener) = &listener {
                door.report(listener.number, step.as_str());
            }
        }
    }

    /// See [`crate::ports::Observer::updated`]; `tokens` is a JSON text.
    pub(crate) fn notify_updated(&self, sub: &Did, tokens: &str) -> Hook {
        self.door.notify_updated(sub.as_str(), tokens).read(heard)
    }

    /// See [`crate::ports::Observer::deleted`]; `details` is a JSON text.
    pub(crate) fn notify_deleted(&self, sub: &Did, details: &str) -> Hook {
        self.door.notify_deleted(sub.as_str(), details).read(heard)
    }

    /// See [`crate::ports::Observer::accounts_changed`].
    pub(crate) fn notify_accounts_changed(&self) {
        self.door.notify_accounts_changed();
    }
}

/// Ready when a hook of the app's is done.
pub(crate) type Hook = Local<'static, Result<(), String>>;

/// The text of an error is for Rust; JavaScript keeps the error itself.
fn heard(outcome: Outcome) -> Result<(), String> {
    match outcome {
        Ok(_) => Ok(()),
        Err(_) => Err("The app's session hook failed".to_owned()),
    }
}

/// What the host holds until this is dropped.
struct Held {
    host: JsHost,
    number: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.host.door.release(self.number);
    }
}
