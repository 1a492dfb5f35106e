//! Messages between tabs, and between popups and the pages that opened them.

use super::JsHost;
use crate::client::Error;
use crate::identity::Did;
use crate::json::{Json, Writer};
use crate::oauth::{PopupFailure, SessionEnd};
use crate::ports::{AccountsChange, Channel, Guard, Message, PopupMessage};
use crate::secret::Secret;
use crate::url::{form_of, parse_form};
use std::rc::Rc;

/// The names of the messages: the official client's, and one for us alone. That client calls what hook of the app's has the name of
/// a message, and apps have none of that one.
const UPDATED: &str = "onSessionUpdated";
const DELETED: &str = "onSessionDeleted";
const ACCOUNTS: &str = "accountsChanged";

/// Without channels no message is sent or received: a session that another tab ended is then noticed at its next refresh.
impl Channel for JsHost {
    fn post_to_tabs(&self, client_id: &str, message: &Message) {
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

    fn listen_to_tabs(&self, client_id: &str, handler: Box<dyn Fn(Message)>) -> Guard {
        let own = client_id.to_owned();
        self.door.listen_to_tabs(Rc::new(move |message| {
            // The official client does not say which it is: it may be that of the same app.
            let is_own = message
                .str("client")
                .is_none_or(|client_id| client_id == own);
            if let Some(message) = tab_message(&message).filter(|_| is_own) {
                handler(message);
            }
        }))
    }

    fn post_to_popups(&self, message: &PopupMessage) {
        let (PopupMessage::Acknowledged { key }
        | PopupMessage::Answer { key, .. }
        | PopupMessage::Result { key, .. }) = message;
        let mut wire = Writer::object();
        wire.member("key", Some(key));
        match message {
            PopupMessage::Acknowledged { .. } => &mut wire,
            PopupMessage::Answer { params, .. } => wire.member("params", Some(params.expose())),
            PopupMessage::Result { result, .. } => match result {
                Ok(sub) => wire.member("did", Some(sub.as_str())),
                Err(failure) => wire
                    .member("failure", Some(&failure.message))
                    .member("failureParams", Some(&form_of(&failure.params))),
            },
        };
        self.door.post_to_popups(&wire.end());
    }

    fn listen_to_popups(&self, handler: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        self.door.has_popup_channel().then(|| {
            self.door.listen_to_popups(Rc::new(move |message| {
                if let Some(message) = popup_message(&message) {
                    handler(message);
                }
            }))
        })
    }
}

fn tab_message(message: &Json) -> Option<Message> {
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

fn popup_message(message: &Json) -> Option<PopupMessage> {
    let text = |name| message.str(name);
    let key = text("key")?;
    if let Some(params) = text("params") {
        let params = Secret::new(params);
        return Some(PopupMessage::Answer { key, params });
    }
    let result = match (text("did"), text("failure")) {
        (Some(did), _) => Ok(Did::parse(&did).ok()?),
        (None, Some(message)) => Err(PopupFailure {
            message,
            params: parse_form(&text("failureParams")?),
        }),
        (None, None) => return Some(PopupMessage::Acknowledged { key }),
    };
    Some(PopupMessage::Result { key, result })
}
