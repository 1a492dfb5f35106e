//! Whose row is whose: several clients of one origin, rows that are expected, and rows that cannot be read.

use crate::support::*;
use atproto_oauth_wasm::Secret;
use atproto_oauth_wasm::ports::{StorageError, Store, StoredSession};
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test;

const OTHER_ID: &str = "https://app.example/two.json";

async fn session_of(client_id: Option<&str>, token: &str) -> StoredSession {
    let mut session = session(new_key().await);
    session.client_id = client_id.map(str::to_owned);
    session.tokens.access_token = Secret::new(token.to_owned());
    session
}

async fn token_of(store: &Rc<dyn Store>, client_id: &str) -> Option<String> {
    let found = store.get_session(client_id, &alice()).await.expect("reads");
    found.map(|session| session.tokens.access_token.expose().to_owned())
}

#[wasm_bindgen_test]
async fn each_client_has_a_row_of_its_own() {
    no_database().await;
    let store = ports().store;
    for (client_id, token) in [(CLIENT_ID, "one"), (OTHER_ID, "two")] {
        let session = session_of(Some(client_id), token).await;
        assert_eq!(token_of(&store, client_id).await, None);
        assert_eq!(store.put_session(client_id, &session, None).await, Ok(true));
    }
    for (client_id, token) in [(CLIENT_ID, "one"), (OTHER_ID, "two")] {
        assert_eq!(token_of(&store, client_id).await.as_deref(), Some(token));
        assert_eq!(
            store.list_sessions(client_id).await.map(|all| all.len()),
            Ok(1)
        );
    }
    // The first is where the official client looks.
    let row = row("session", ALICE).await.expect("a row");
    assert_eq!(
        text(&row, "value.tokenSet.access_token").as_deref(),
        Some("one")
    );
    assert_eq!(
        store.session_owner(&alice()).await,
        Ok(Some(CLIENT_ID.to_owned()))
    );

    assert_eq!(
        store.delete_session(CLIENT_ID, &alice(), None).await,
        Ok(true)
    );
    assert_eq!(token_of(&store, CLIENT_ID).await, None);
    assert_eq!(token_of(&store, OTHER_ID).await.as_deref(), Some("two"));
    assert_eq!(
        store.delete_session(CLIENT_ID, &alice(), None).await,
        Ok(false)
    );
    assert_eq!(token_of(&store, OTHER_ID).await.as_deref(), Some("two"));
}

#[wasm_bindgen_test]
async fn a_row_of_no_client_is_whoever_s_asks_first() {
    no_database().await;
    let store = ports().store;
    let official = session_of(None, "official").await;
    store
        .put_session(CLIENT_ID, &official, None)
        .await
        .expect("stores");
    for client_id in [CLIENT_ID, OTHER_ID] {
        let found = token_of(&store, client_id).await;
        assert_eq!(found.as_deref(), Some("official"));
    }
    let claimed = session_of(Some(OTHER_ID), "claimed").await;
    let expected = official.tokens.access_token;
    let stored = store.put_session(OTHER_ID, &claimed, Some(&expected)).await;
    assert_eq!(stored, Ok(true));
    assert_eq!(token_of(&store, CLIENT_ID).await, None);
}

#[wasm_bindgen_test]
async fn only_the_expected_row_is_changed() {
    no_database().await;
    let store = ports().store;
    let (old, new) = (
        session_of(Some(CLIENT_ID), "old").await,
        session_of(Some(CLIENT_ID), "new").await,
    );
    let token = |session: &StoredSession| session.tokens.access_token.clone();
    assert_eq!(
        store.put_session(CLIENT_ID, &new, Some(&token(&old))).await,
        Ok(false),
        "there is none"
    );
    store
        .put_session(CLIENT_ID, &old, None)
        .await
        .expect("stores");
    let to_new = store.put_session(CLIENT_ID, &new, Some(&token(&old))).await;
    assert_eq!(to_new, Ok(true));
    let again = store.put_session(CLIENT_ID, &old, Some(&token(&old))).await;
    assert_eq!(again, Ok(false));
    let removed = store
        .delete_session(CLIENT_ID, &alice(), Some(&token(&old)))
        .await;
    assert_eq!(removed, Ok(false));
    assert_eq!(token_of(&store, CLIENT_ID).await.as_deref(), Some("new"));
    let removed = store
        .delete_session(CLIENT_ID, &alice(), Some(&token(&new)))
        .await;
    assert_eq!(removed, Ok(true));
}

/// As in a shared worker of WebKit, for which a row with a key in it is `null`: it is there, and is not touched.
#[wasm_bindgen_test]
async fn a_row_that_the_browser_does_not_give_out_is_not_absent() {
    no_database().await;
    let store = ports().store;
    for given in ["null", "7", "'row'", "[]", "false"] {
        let given_out = js(&format!("return {given}"));
        put_row("session", ALICE, &given_out).await;
        put_row("state", "s", &given_out).await;
        for _ in 0..2 {
            let read = store.get_session(CLIENT_ID, &alice()).await.err();
            assert_eq!(read, Some(StorageError::Unreadable), "{given}");
            let taken = store.take_pending(CLIENT_ID, "s").await.err();
            assert_eq!(taken, Some(StorageError::Unreadable), "{given}");
        }
        assert_eq!(
            store.list_sessions(CLIENT_ID).await,
            Ok(Vec::new()),
            "{given}"
        );
    }
}
