//! `BroadcastChannel`: what this tab and the others tell each other, in messages the official client understands.
//!
//! That client puts the whole session, tokens included, into its messages. Ours never do, and of its messages only the
//! account is read.

use super::channel::Channel;
use super::environment::Timeouts;
use super::local_storage::{mark_change, shows_change};
use super::reflect::{get, get_str, set, set_text, texts};
use crate::identity::Did;
use crate::oauth::SessionEnd;
use crate::ports::{Bus, Guard, Message, Timer};
use js_sys::{Array, Error};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

const CHANNEL: &str = "@@atproto/oauth-client-browser(synchronization-channel:2)";
const UPDATED: &str = "onSessionUpdated";
const DELETED: &str = "onSessionDeleted";
/// For us alone: the official client calls what hook of the app's has this name, and apps have none.
const ACCOUNTS: &str = "accountsChanged";

/// How often to look whether what a message is about can be read, and how long to wait in between, in milliseconds.
const LOOKS: u32 = 10;
const PAUSE: u32 = 10;

/// The other tabs. Where there are no channels, nobody is told and nothing is heard: a session that another tab ended
/// is then noticed at its next refresh.
pub(super) struct Channels {
    /// A channel that was opened before there was anybody to listen.
    given: Cell<Option<Channel>>,
    /// The channel that is listened on. Posting goes through the same object, which alone does not hear itself.
    open: RefCell<Weak<Channel>>,
}

impl Channels {
    pub(super) fn new(given: Option<JsValue>) -> Self {
        Self {
            given: Cell::new(given.map(Channel::of)),
            open: RefCell::default(),
        }
    }

    fn channel(&self) -> Option<Rc<Channel>> {
        if let Some(channel) = self.open.borrow().upgrade() {
            return Some(channel);
        }
        let channel = self.given.take().or_else(|| Channel::open(CHANNEL))?;
        let channel = Rc::new(channel);
        *self.open.borrow_mut() = Rc::downgrade(&channel);
        Some(channel)
    }
}

impl Bus for Channels {
    fn post(&self, message: &Message) {
        if let Some(channel) = self.channel() {
            channel.post(&to_wire(message));
        }
    }

    fn listen(&self, heard: Box<dyn Fn(Message)>) -> Guard {
        let Some(channel) = self.channel() else {
            return Guard::new(|| {});
        };
        let heard: Rc<dyn Fn(Message)> = heard.into();
        let listener = channel.hear(move |data| match from_wire(data) {
            Some(Message::Accounts) => {
                let mark = get_str(&get(data, "args"), "0");
                spawn_local(tell_when_readable(mark, heard.clone()));
            }
            Some(message) => heard(message),
            None => {}
        });
        Guard::new(move || drop((listener, channel)))
    }
}

/// A tab that asks who is active now must not be given the answer of before the change.
async fn tell_when_readable(mark: Option<String>, heard: Rc<dyn Fn(Message)>) {
    if let Some(mark) = mark {
        // Later changes have other marks, and are told by themselves.
        for _ in 0..LOOKS {
            if shows_change(&mark) {
                break;
            }
            Timeouts.sleep(PAUSE).await;
        }
    }
    heard(Message::Accounts);
}

/// The end of a session in the words the app sees.
struct Words<'a>(&'a SessionEnd, &'a Did);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, self.1)
    }
}

fn to_wire(message: &Message) -> JsValue {
    let (name, sub) = match message {
        Message::Updated(sub) => (UPDATED, Some(sub)),
        Message::Deleted(sub, _) => (DELETED, Some(sub)),
        Message::Accounts => (ACCOUNTS, None),
    };
    let args = Array::new();
    let about = sub.map_or_else(mark_change, ToString::to_string);
    args.push(&JsValue::from_str(&about));
    if let Message::Deleted(sub, end) = message {
        // The official client hands the second argument to the app as the cause; the third is for us alone, since a
        // structured clone strips an error of everything but its message.
        args.push(&Error::new(&Words(end, sub).to_string()));
        let ours = texts(&[("code", end.code())]);
        if let Some(words) = end.words() {
            set_text(&ours, "words", words);
        }
        args.push(&ours);
    }
    let wire = texts(&[("name", name)]);
    set(&wire, "args", &args);
    wire
}

fn from_wire(data: &JsValue) -> Option<Message> {
    let name = get_str(data, "name")?;
    if name == ACCOUNTS {
        return Some(Message::Accounts);
    }
    let args = get(data, "args");
    let sub = Did::parse(&get_str(&args, "0")?).ok()?;
    match name.as_str() {
        UPDATED => Some(Message::Updated(sub)),
        DELETED => {
            let ours = get(&args, "2");
            let end = get_str(&ours, "code")
                .and_then(|code| SessionEnd::from_code(&code, get_str(&ours, "words")))
                .unwrap_or(SessionEnd::Vanished);
            Some(Message::Deleted(sub, end))
        }
        _ => None,
    }
}
