//! Failures, in one place of the page.

use atproto_oauth_wasm::leptos::use_oauth_error;
use example_shared::Problem;
use leptos::prelude::*;

/// The failure of what the user did last.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told(RwSignal<Option<Problem>>);

impl Told {
    pub(crate) fn above() -> Self {
        use_context().unwrap_or_default()
    }

    pub(crate) fn set(self, problem: Option<Problem>) {
        // The page may have gone on while the answer was awaited.
        let _ = self.0.try_set(problem);
    }
}

/// Shows it; and what failed without anyone having done anything, such as a session that is over.
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let (told, error) = (Told::above(), use_oauth_error());
    let shown = move || {
        let ended = |error: &_| Problem::new("You are not signed in", error);
        told.0
            .get()
            .or_else(|| error.get().map(|error| ended(&error)))
    };
    view! {
        <div id="problem" role="alert">
            {move || shown().map(|problem| view! {
                <div class="problem">
                    <p class="problem-title">{problem.title}</p>
                    <p>{problem.message}</p>
                    <p>{problem.help}</p>
                    <p class="hint"><code id="problem-code">{problem.code}</code></p>
                </div>
            })}
        </div>
    }
}
