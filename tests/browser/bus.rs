//! What tabs tell each other. Another channel object in the same page stands for another tab.

use crate::support::*;
use atproto_oauth_wasm::SessionEnd;
use atproto_oauth_wasm::ports::{AccountsChange, Guard, Message, Ports};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const CHANNEL: &str = "@@atproto/oauth-client-browser(synchronization-channel:2)";

type Heard = Rc<RefCell<Vec<Message>>>;

fn listen(ports: &Ports) -> (Heard, Guard) {
    let heard = Heard::default();
    let into = heard.clone();
    let guard = ports.channel.listen_to_tabs(
        CLIENT_ID,
        Box::new(move |message| into.borrow_mut().push(message)),
    );
    (heard, guard)
}

/// A channel of the page's own, which collects what it hears in `heard`.
fn raw_channel() -> JsValue {
    js1(
        "const channel = new BroadcastChannel(a); channel.heard = [];
         channel.onmessage = event => channel.heard.push(event.data); return channel",
        &CHANNEL.into(),
    )
}

#[wasm_bindgen_test]
async fn all_others_hear_it_and_the_sender_does_not() {
    let (one, two, three) = (ports(), ports(), ports());
    let ((first, _a), (second, _b), (third, _c)) = (listen(&one), listen(&two), listen(&three));
    let messages = [
        Message::Updated(alice()),
        Message::Deleted(alice(), SessionEnd::SignedOut),
        Message::Deleted(alice(), SessionEnd::Vanished),
        Message::Deleted(alice(), SessionEnd::SubMismatch),
        Message::Deleted(alice(), SessionEnd::NotRefreshable),
        Message::Deleted(alice(), SessionEnd::RefreshRefused(Some("Gone".to_owned()))),
        Message::Deleted(alice(), SessionEnd::RefreshRefused(None)),
        Message::Deleted(alice(), SessionEnd::TokenRefused),
        Message::Deleted(alice(), SessionEnd::Migrated(None)),
        Message::Deleted(
            alice(),
            SessionEnd::Migrated(Some("https://new.example".to_owned())),
        ),
        // One only: each waits until the change it is about can be read.
        Message::Accounts(AccountsChange::End(alice())),
    ];
    for message in &messages {
        one.channel.post_to_tabs(CLIENT_ID, message);
    }
    let all = |heard: &Heard| heard.borrow().len() >= messages.len();
    until(|| all(&second) && all(&third)).await;
    assert_eq!(*first.borrow(), []);
    assert_eq!(*second.borrow(), messages);
    assert_eq!(*third.borrow(), messages);
}

#[wasm_bindgen_test]
async fn a_message_is_one_that_the_official_client_understands() {
    let channel = raw_channel();
    // Nobody listens in this client: it still tells.
    let ports = ports();
    ports
        .channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(alice()));
    ports.channel.post_to_tabs(
        CLIENT_ID,
        &Message::Deleted(
            alice(),
            SessionEnd::RefreshRefused(Some("Refused".to_owned())),
        ),
    );
    ports
        .channel
        .post_to_tabs(CLIENT_ID, &Message::Accounts(AccountsChange::Other));
    until(|| get(&channel, "heard.length").as_f64() >= Some(3.0)).await;
    let wire = js1(
        "const [updated, deleted, accounts] = a.heard; a.close();
         return JSON.stringify([a.heard.length, updated, deleted.name, deleted.args[0], deleted.args[1] instanceof Error,
           deleted.args[1].message, deleted.args[2], accounts.name,
           accounts.args[0] === localStorage.getItem('atproto-oauth-wasm:change')])",
        &channel,
    );
    assert_eq!(
        wire.as_string().expect("text"),
        format!(
            r#"[3,{{"name":"onSessionUpdated","args":["{ALICE}",null,{{"client":"{CLIENT_ID}"}}]}},"onSessionDeleted","{ALICE}",true,"Refused",{{"client":"{CLIENT_ID}","code":"SESSION_REVOKED","words":"Refused"}},"accountsChanged",true]"#
        )
    );
}

#[wasm_bindgen_test]
async fn what_another_client_of_the_origin_says_is_not_heard() {
    let (one, two) = (ports(), ports());
    let (heard, _guard) = listen(&two);
    one.channel
        .post_to_tabs("https://app.example/two.json", &Message::Updated(alice()));
    one.channel.post_to_tabs(
        "https://app.example/two.json",
        &Message::Accounts(AccountsChange::Other),
    );
    // A channel keeps the order: what came before would have been heard before.
    one.channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(alice()));
    until(|| !heard.borrow().is_empty()).await;
    assert_eq!(*heard.borrow(), [Message::Updated(alice())]);
}

/// A browser may deliver a message before what was written to `localStorage` ahead of it.
#[wasm_bindgen_test]
async fn a_change_is_heard_when_it_can_be_read() {
    let (heard, _guard) = listen(&ports());
    let channel = raw_channel();
    let post = |mark: &str| {
        let message = "a.postMessage({ name: 'accountsChanged', args: [b] })";
        js2(message, &channel, &mark.into());
    };
    let write = |mark: &str| {
        js1(
            "localStorage.setItem('atproto-oauth-wasm:change', a)",
            &mark.into(),
        );
    };
    post("first");
    sleep(30).await;
    assert_eq!(*heard.borrow(), []);
    write("first");
    until(|| !heard.borrow().is_empty()).await;
    let change = Message::Accounts(AccountsChange::Other);
    assert_eq!(*heard.borrow(), std::slice::from_ref(&change));
    // What another change wrote over since is told all the same.
    post("second");
    until(|| heard.borrow().len() > 1).await;
    assert_eq!(*heard.borrow(), [change.clone(), change]);
    js1("a.close()", &channel);
}

#[wasm_bindgen_test]
async fn the_official_clients_messages_are_understood_and_others_ignored() {
    let (heard, _guard) = listen(&ports());
    js2(
        "const channel = new BroadcastChannel(a);
         for (const message of [
           undefined, null, 7, 'text', [], {}, { name: 'onSessionUpdated' }, { name: 'onSessionUpdated', args: [] },
           { name: 'onSessionUpdated', args: ['alice.example'] }, { name: 'onSessionUpdated', args: [5] },
           { name: 'other', args: [b] }, { name: 5, args: [b] }, { name: 'onSessionDeleted', args: b },
           { name: 'onSessionUpdated', args: [b, { tokenSet: { access_token: 'secret' }, dpopKey: {} }] },
           { name: 'onSessionDeleted', args: [b, new Error('cause')] },
           { name: 'onSessionDeleted', args: [b, new Error('cause'), { code: 'FROM_THE_FUTURE' }] },
           { name: 'onSessionDeleted', args: [b, undefined, { code: 'SESSION_REVOKED', words: 7 }] },
         ]) channel.postMessage(message);
         setTimeout(() => channel.close(), 20)",
        &CHANNEL.into(),
        &ALICE.into(),
    );
    // The last of them is one that is understood.
    until(|| heard.borrow().len() > 3).await;
    assert_eq!(
        *heard.borrow(),
        [
            Message::Updated(alice()),
            Message::Deleted(alice(), SessionEnd::Vanished),
            Message::Deleted(alice(), SessionEnd::Vanished),
            Message::Deleted(alice(), SessionEnd::RefreshRefused(None)),
        ]
    );
}

#[wasm_bindgen_test]
async fn a_dropped_guard_hears_no_more_and_closes_the_channel() {
    js("globalThis.closings = 0");
    let _counted = Replaced::new(
        "BroadcastChannel.prototype",
        "close",
        "{ value: function () { globalThis.closings += 1; return old.call(this) } }",
    );
    let (one, two, three) = (ports(), ports(), ports());
    let ((heard, guard), (other, _other)) = (listen(&one), listen(&three));
    drop(guard);
    assert_eq!(js("return globalThis.closings").as_f64(), Some(1.0));
    two.channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(alice()));
    until(|| !other.borrow().is_empty()).await;
    assert!(heard.borrow().is_empty());
    // The same bus can be listened on anew.
    let (heard, _guard) = listen(&one);
    two.channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(alice()));
    until(|| !heard.borrow().is_empty()).await;
    assert_eq!(heard.borrow().len(), 1);
}

#[wasm_bindgen_test]
fn without_channels_nobody_is_told() {
    let _missing = Replaced::missing("globalThis", "BroadcastChannel");
    let ports = ports();
    let _guard = listen(&ports);
    ports
        .channel
        .post_to_tabs(CLIENT_ID, &Message::Updated(alice()));
}
