//! The channels between the tabs of an origin.

use crate::ports::{Bus, Guard, Message, PopupLink, PopupMessage};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

type Listener<M> = Rc<dyn Fn(M)>;

/// All listeners to one kind of message, each with its tab.
struct Channel<M>(RefCell<Vec<(usize, Listener<M>)>>);

impl<M> Default for Channel<M> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<M: Clone + 'static> Channel<M> {
    /// Tells all but the sender.
    fn post(&self, sender: usize, message: &M) {
        // Copied out, since a listener may subscribe or unsubscribe.
        let others: Vec<Listener<M>> = self
            .0
            .borrow()
            .iter()
            .filter(|(tab, _)| *tab != sender)
            .map(|(_, heard)| heard.clone())
            .collect();
        for heard in others {
            heard(message.clone());
        }
    }

    fn listen(self: &Rc<Self>, tab: usize, heard: Box<dyn Fn(M)>) -> Guard {
        let heard: Listener<M> = heard.into();
        let known = heard.clone();
        let channel = Rc::downgrade(self);
        self.0.borrow_mut().push((tab, heard));
        Guard::new(move || {
            if let Some(channel) = channel.upgrade() {
                let mut listeners = channel.0.borrow_mut();
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
    sessions: Rc<Channel<Addressed>>,
    popups: Rc<Channel<PopupMessage>>,
}

/// One tab's end of the channels.
pub(super) struct Port {
    tab: usize,
    sessions: Rc<Channel<Addressed>>,
    popups: Rc<Channel<PopupMessage>>,
    window_closed: Cell<bool>,
}

impl Port {
    pub(super) fn new(channels: &Channels) -> Self {
        let tab = channels.tabs.get();
        channels.tabs.set(tab + 1);
        Self {
            tab,
            sessions: channels.sessions.clone(),
            popups: channels.popups.clone(),
            window_closed: Cell::new(false),
        }
    }

    pub(super) fn window_closed(&self) -> bool {
        self.window_closed.get()
    }
}

impl Bus for Port {
    fn post(&self, client_id: &str, message: &Message) {
        let addressed = (client_id.to_owned(), message.clone());
        self.sessions.post(self.tab, &addressed);
    }

    fn listen(&self, client_id: &str, heard: Box<dyn Fn(Message)>) -> Guard {
        let own = client_id.to_owned();
        let listener = Box::new(move |(client_id, message)| {
            if client_id == own {
                heard(message);
            }
        });
        self.sessions.listen(self.tab, listener)
    }
}

impl PopupLink for Port {
    fn post(&self, message: &PopupMessage) {
        self.popups.post(self.tab, message);
    }

    fn listen(&self, heard: Box<dyn Fn(PopupMessage)>) -> Option<Guard> {
        Some(self.popups.listen(self.tab, heard))
    }

    fn close_own_window(&self) {
        self.window_closed.set(true);
    }
}
