//! What is done in the client's place: the app finds accounts, and a worker refreshes sessions.

use super::JsHost;
use super::door::Outcome;
use super::message_of;
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::SessionEnd;
use crate::ports::{Delegate, DelegatedRefresh, Local, Question, Thrown};

impl Delegate for JsHost {
    fn answers(&self, question: Question<'_>) -> bool {
        self.door.resolves(parts(question).0)
    }

    fn answer<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        let (kind, subject) = parts(question);
        self.door.resolve(kind, subject, fresh).read(found)
    }

    fn refreshes(&self) -> bool {
        self.door.refreshes_elsewhere()
    }

    fn refresh<'a>(&'a self, sub: &'a Did, seen: &'a str) -> Local<'a, DelegatedRefresh> {
        self.door.refresh(sub.as_str(), seen).read(refreshed)
    }
}

fn found(outcome: Outcome) -> Result<Option<Json>, Thrown> {
    match outcome {
        Ok(found) if found.is_nothing() => Ok(None),
        Ok(found) => Ok(Some(found)),
        Err(thrown) => Err(Thrown {
            words: message_of(&thrown),
            value: Some(thrown),
        }),
    }
}

fn parts<'a>(question: Question<'a>) -> (&'static str, &'a str) {
    match question {
        Question::Identity(input) => ("identity", input),
        Question::Handle(handle) => ("handle", handle.as_str()),
        Question::Document(did) => ("did", did.as_str()),
    }
}

fn refreshed(outcome: Outcome) -> DelegatedRefresh {
    let error = outcome.ok().and_then(|response| response.get("error"));
    let Some((error, code)) = error.and_then(|error| Some((error.clone(), error.str("code")?)))
    else {
        return DelegatedRefresh::Stored;
    };
    match SessionEnd::from_code(
        &code,
        error.str("description").or_else(|| error.str("newIssuer")),
    ) {
        Some(end) => DelegatedRefresh::Ended(end),
        None => DelegatedRefresh::Failed(Thrown {
            words: code,
            value: Some(error),
        }),
    }
}
