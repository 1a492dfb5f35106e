//! The channel between the tabs of an origin.

use crate::ports::{Bus, Guard, Message};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

type Listener = Rc<dyn Fn(Message)>;

/// All listeners of an origin, each with its tab.
#[derive(Default)]
pub(super) struct Channel {
    tabs: Cell<usize>,
    listeners: RefCell<Vec<(usize, Listener)>>,
}

/// One tab's end of the channel.
pub(super) struct Port {
    tab: usize,
    channel: Rc<Channel>,
}

impl Port {
    pub(super) fn new(channel: Rc<Channel>) -> Self {
        let tab = channel.tabs.get();
        channel.tabs.set(tab + 1);
        Self { tab, channel }
    }
}

impl Bus for Port {
    fn post(&self, message: &Message) {
        // Copied out, since a listener may subscribe or unsubscribe.
        let others: Vec<Listener> = self
            .channel
            .listeners
            .borrow()
            .iter()
            .filter(|(tab, _)| *tab != self.tab)
            .map(|(_, heard)| heard.clone())
            .collect();
        for heard in others {
            heard(message.clone());
        }
    }

    fn listen(&self, heard: Box<dyn Fn(Message)>) -> Guard {
        let heard: Listener = heard.into();
        let known = heard.clone();
        let channel = Rc::downgrade(&self.channel);
        self.channel.listeners.borrow_mut().push((self.tab, heard));
        Guard::new(move || {
            if let Some(channel) = channel.upgrade() {
                let mut listeners = channel.listeners.borrow_mut();
                listeners.retain(|(_, other)| !Rc::ptr_eq(other, &known));
            }
        })
    }
}
