//! What the app does itself: finding accounts, and refreshing sessions in a worker.

use super::JsHost;
use super::door::Outcome;
use super::message_of;
use crate::identity::Did;
use crate::json::Json;
use crate::oauth::SessionEnd;
use crate::ports::{Local, Question, Renewal, Renewer, Resolver, Thrown};

impl Resolver for JsHost {
    fn knows(&self, question: Question<'_>) -> bool {
        self.door.resolves(parts(question).0)
    }

    fn ask<'a>(
        &'a self,
        question: Question<'a>,
        fresh: bool,
    ) -> Local<'a, Result<Option<Json>, Thrown>> {
        let (kind, subject) = parts(question);
        self.door.resolve(kind, subject, fresh).read(found)
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

impl Renewer for JsHost {
    fn renew<'a>(&'a self, sub: &'a Did, seen: &'a str) -> Local<'a, Renewal> {
        self.door.refresh(sub.as_str(), seen).read(renewal)
    }
}

fn renewal(outcome: Outcome) -> Renewal {
    let error = outcome.ok().and_then(|answer| answer.get("error"));
    let Some((error, code)) = error.and_then(|error| Some((error.clone(), error.str("code")?)))
    else {
        return Renewal::Stored;
    };
    match SessionEnd::from_code(
        &code,
        error.str("description").or_else(|| error.str("newIssuer")),
    ) {
        Some(end) => Renewal::Ended(end),
        None => Renewal::Failed(Thrown {
            words: code,
            value: Some(error),
        }),
    }
}
