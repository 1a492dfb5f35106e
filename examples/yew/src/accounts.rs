//! The accounts of this browser: one press to change to one.

use crate::problem::use_told;
use crate::sign_in::{SignIn, sign_in};
use atproto_oauth_wasm::Account;
use atproto_oauth_wasm::yew::{use_accounts, use_oauth_client, use_session};
use example_shared::{Problem, Row};
use yew::platform::spawn_local;
use yew::prelude::*;

#[component]
pub(crate) fn Accounts() -> Html {
    let (accounts, session) = (use_accounts(), use_session());
    let entries = accounts.iter().map(|account| {
        html! { <Entry key={account.did.as_str()} account={account.clone()} /> }
    });
    let list = html! {
        <>
            <h2>{"Accounts"}</h2>
            <ul id="account-list" class="rows">{for entries}</ul>
        </>
    };
    let add = html! {
        <details>
            <summary>{"Add an account"}</summary>
            <SignIn />
        </details>
    };
    html! {
        <section id="accounts">
            {(!accounts.is_empty()).then_some(list)}
            {session.did().is_some().then_some(add)}
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct EntryProps {
    account: Account,
}

#[component]
fn Entry(props: &EntryProps) -> Html {
    let (client, session, told) = (use_oauth_client(), use_session(), use_told());
    let account = &props.account;
    let row = Row::of(account);
    let signed_in = row.signed_in;
    let is_active = session.did() == Some(&account.did);
    let activate = {
        let (client, told, did, name) = (
            client.clone(),
            told.clone(),
            account.did.clone(),
            row.name.clone(),
        );
        Callback::from(move |_| {
            let (client, told, did, name) =
                (client.clone(), told.clone(), did.clone(), name.clone());
            spawn_local(async move {
                if !signed_in {
                    return sign_in(client, name, told).await;
                }
                let outcome = client.switch_to(&did).await;
                told.tell(Problem::of("The account could not be changed", outcome));
            });
        })
    };
    let forget = {
        let did = account.did.clone();
        Callback::from(move |_| {
            let (client, told, did) = (client.clone(), told.clone(), did.clone());
            spawn_local(async move {
                let outcome = client.forget(&did).await;
                told.tell(Problem::of("The account could not be forgotten", outcome));
            });
        })
    };
    html! {
        <li>
            <span class="account-name">{row.name}</span>
            <span class="row-actions">
                if is_active {
                    <span class="active">{"Active"}</span>
                } else {
                    <button class="link" aria-label={row.activate_label} onclick={activate}>{row.verb}</button>
                }
                <button class="link quiet" aria-label={row.forget_label} onclick={forget}>{"Forget"}</button>
            </span>
        </li>
    }
}
