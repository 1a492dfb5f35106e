//! The accounts of this browser: one press to change to one.

use crate::problem::Told;
use crate::sign_in::{SignIn, sign_in};
use atproto_oauth_wasm::leptos::{use_accounts, use_oauth_client, use_session};
use atproto_oauth_wasm::{Account, AccountStatus};
use example_shared::{Problem, Row};
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
pub(crate) fn Accounts() -> impl IntoView {
    let (accounts, session) = (use_accounts(), use_session());
    let signed_in = move || session.read().did().is_some();
    view! {
        <section id="accounts">
            <Show when=move || !accounts.read().is_empty()>
                <h2>"Accounts"</h2>
                <ul id="account-list" class="rows">
                    <For
                        each=move || accounts.get()
                        key=|account| (account.did.clone(), account.handle.clone(), account.status == AccountStatus::SignedIn)
                        let:account
                    >
                        <Entry account />
                    </For>
                </ul>
            </Show>
            <Show when=signed_in>
                <details>
                    <summary>"Add an account"</summary>
                    <SignIn />
                </details>
            </Show>
        </section>
    }
}

#[component]
fn Entry(account: Account) -> impl IntoView {
    let (client, session, told) = (use_oauth_client(), use_session(), Told::above());
    let busy = RwSignal::new(false);
    let row = Row::of(&account);
    let (mine, did, input) = (account.did.clone(), account.did.clone(), row.name.clone());
    let is_active = move || session.read().did() == Some(&mine);
    let activate = move |_| {
        let (did, input) = (account.did.clone(), input.clone());
        spawn_local(async move {
            if !row.signed_in {
                return sign_in(client, input, told, busy).await;
            }
            let outcome = client.get().switch_to(&did).await;
            told.set(Problem::of("The account could not be changed", outcome));
        });
    };
    let forget = move |_| {
        let did = did.clone();
        spawn_local(async move {
            let outcome = client.get().forget(&did).await;
            told.set(Problem::of("The account could not be forgotten", outcome));
        });
    };
    view! {
        <li>
            <span class="account-name">{row.name}</span>
            <span class="row-actions">
                {
                    let is_active = is_active.clone();
                    move || is_active().then(|| view! { <span class="active">"Active"</span> })
                }
                <button class="link" aria-label=row.activate_label hidden=is_active on:click=activate>{row.verb}</button>
                <button class="link quiet" aria-label=row.forget_label on:click=forget>"Forget"</button>
            </span>
        </li>
    }
}
