//! Failures, in one place of the page.

use atproto_oauth_wasm::yew::use_oauth_error;
use example_shared::Problem;
use yew::prelude::*;

/// The failure of what the user did last, and the way to tell one.
#[derive(Clone, PartialEq)]
pub(crate) struct Tell {
    told: Option<Problem>,
    set: UseStateSetter<Option<Problem>>,
}

impl Tell {
    pub(crate) fn tell(&self, problem: Option<Problem>) {
        self.set.set(problem);
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ToldProviderProps {
    pub(crate) children: Html,
}

#[component]
pub(crate) fn ToldProvider(props: &ToldProviderProps) -> Html {
    let told = use_state(|| None);
    let context = Tell {
        told: (*told).clone(),
        set: told.setter(),
    };
    html! { <ContextProvider<Tell> {context}>{props.children.clone()}</ContextProvider<Tell>> }
}

/// Of the [`ToldProvider`] above.
#[hook]
pub(crate) fn use_told() -> Tell {
    let own = use_state(|| None);
    use_context().unwrap_or(Tell {
        told: (*own).clone(),
        set: own.setter(),
    })
}

/// Shows it; and what failed without anyone having done anything, such as a session that is over.
#[component]
pub(crate) fn Problems() -> Html {
    let (told, error) = (use_told().told, use_oauth_error());
    let ended = || error.map(|error| Problem::new("You are not signed in", &error));
    let problem = told.or_else(ended).map(|problem| {
        html! {
            <div class="problem">
                <p class="problem-title">{problem.title}</p>
                <p>{problem.message}</p>
                <p>{problem.help}</p>
                <p class="hint"><code id="problem-code">{problem.code}</code></p>
            </div>
        }
    });
    html! { <div id="problem" role="alert">{problem}</div> }
}
