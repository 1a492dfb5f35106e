//! The channels between the tabs of an origin.

use crate::ports::{Channel, Guard, Message, PopupMessage};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

type Listener<M> = Rc<dyn Fn(M)>;

/// All listeners to one kind of message, each with its tab.
struct Topic<M>(RefCell<Vec<(usize, Listener<M>)>>);

impl<M> Default for Topic<M> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<M: Clone + 'static> Topic<M> {
    /// Calls all handlers but the sender's.
    fn post(&self, sender: usize, message: &M) {
        // Copied out, since a listener may subscribe or unsubscribe.
        let others: Vec<Listener<M>> = self
            .0
            .borrow()
            .iter()
            .filter(|(tab, _)| *tab != sender)
            .map(|(_, handler)| handler.clone())
            .collect();
        for handler in others {
            handler(message.clone());
        }
    }

    fn listen(self: &Rc<Self>, tab: usize, handler: Box<dyn Fn(M)>) -> Guard {
        let handler: Listener<M> = handler.into();
        let known = handler.clone();
        let topic = Rc::downgrade(self);
        self.0.borrow_mut().push((tab, handler));
        Guard::new(move || {
            if let Some(topic) = topic.upgrade() {
                let mut listeners = topic.0.borrow_mut();
                listeners.retain(|(_, other)| !Rc::ptr_eq(other, &known));
            }
        })
    }
}

/// What passes between tabs, with the client it is about.
type Addressed = (String, Message);

/// The channels of an origin.
#[derive(Default)]
pub(super) struct Channels {
    tabs: Cell<usize>,
    sessions: Rc<Topic<Addressed>>,
    popups: Rc<Topic<PopupMessage>>,
}

/// One tab's end of the channels.
pub(super) struct Port {
    tab: usize,
    sessions: Rc<Topic<Addressed>>,
    popups: Rc<Topic<PopupMessage>>,
}

impl Port {
    pub(super) fn new(channels: &Channels) -> Self {
        let tab = channels.tabs.get();
        channels.tabs.set(tab + 1);
        Self {
            tab,
            sessions: channels.sessions.clone(),
            popups: channels.popups.clone(),
        }
    }
}

impl Channel for Port {
    fn post_to_tabs(&self, client_id: &str, message: &Message) {
        let addressed = (client_id.to_owned(), message.clone());
        self.sessions.post(self.tab, &addressed);
    }

    fn listen_to_tabs(&self, client_id: &str, handler: Box<dyn Fn(Message)>) -> Guard {
        let own = client_id.to_owned();
        let listener = Box::new(move |(client_id, message)| {
            if client_id == own {
                handler(message);
            }
        });
        self.sessions.listen(self.tab, listener)
    }

    fn post_to_popups(&self, message: &PopupMessage) {
        self.popups.post(self.tab, message);
    }

    fn listen_to_popups(&self, handler: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        Some(self.popups.listen(self.tab, handler))
    }
}
