//! The other tabs: locks and messages.

use super::JsHost;
use crate::client::Error;
use crate::identity::Did;
use crate::json::{Json, Writer};
use crate::oauth::SessionEnd;
use crate::ports::{AccountsChange, Bus, Guard, Local, Lock, Message};
use std::rc::Rc;

/// The names of the messages: the official client's, and one for us alone. That client calls what hook of the app's has the name of
/// a message, and apps have none of that one.
const UPDATED: &str = "onSessionUpdated";
const DELETED: &str = "onSessionDeleted";
const ACCOUNTS: &str = "accountsChanged";

impl Lock for JsHost {
    fn acquire<'a>(&'a self, name: &'a str) -> Local<'a, Guard> {
        let mut lock = self.door.lock(name);
        Box::pin(async move {
            let _ = (&mut lock).await;
            Guard::new(move || drop(lock))
        })
    }

    fn spans_tabs(&self) -> bool {
        self.door.locks_span_tabs()
    }
}

/// Without channels no message is sent or received: a session that another tab ended is then noticed at its next refresh.
impl Bus for JsHost {
    fn post(&self, client_id: &str, message: &Message) {
        let mut details = Writer::object();
        details.member("client", Some(client_id));
        let (name, sub, cause) = match message {
            Message::Updated(sub) => (UPDATED, sub.as_str(), None),
            Message::Accounts(change) => {
                if let AccountsChange::End(sub) = change {
                    details.member("ended", Some(sub.as_str()));
                }
                (ACCOUNTS, "", None)
            }
            Message::Deleted(sub, end) => {
                details
                    .member("code", Some(end.code()))
                    .member("words", end.words());
                (
                    DELETED,
                    sub.as_str(),
                    Some(Error::ended(sub, end.clone()).to_string()),
                )
            }
        };
        self.door
            .post_to_tabs(name, sub, cause.as_deref(), &details.end());
    }

    fn listen(&self, client_id: &str, heard: Box<dyn Fn(Message)>) -> Guard {
        let own = client_id.to_owned();
        self.door.listen_to_tabs(Rc::new(move |message| {
            // The official client does not say which it is: it may be that of the same app.
            let is_own = message
                .str("client")
                .is_none_or(|client_id| client_id == own);
            if let Some(message) = understood(&message).filter(|_| is_own) {
                heard(message);
            }
        }))
    }
}

fn understood(message: &Json) -> Option<Message> {
    let name = message.str("name")?;
    if name == ACCOUNTS {
        let ended = message.str("ended").and_then(|sub| Did::parse(&sub).ok());
        let change = ended.map_or(AccountsChange::Other, AccountsChange::End);
        return Some(Message::Accounts(change));
    }
    let sub = Did::parse(&message.str("sub")?).ok()?;
    match name.as_str() {
        UPDATED => Some(Message::Updated(sub)),
        DELETED => {
            let end = message
                .str("code")
                .and_then(|code| SessionEnd::from_code(&code, message.str("words")));
            Some(Message::Deleted(sub, end.unwrap_or(SessionEnd::Vanished)))
        }
        _ => None,
    }
}
