//! Finds the help for an error.

use super::TABLE;

/// The help by topic, else by code, else by the first word of the code. For each, help for the step comes first.
pub(crate) fn help(topic: Option<&str>, code: &str, step: &str) -> &'static str {
    let group = code.split('_').next();
    let subjects = topic.into_iter().chain([code]).chain(group);
    subjects
        .flat_map(|subject| [format!("{subject}@{step}"), subject.to_owned()])
        .find_map(|subject| {
            TABLE.lines().find_map(|line| {
                let (subjects, text) = line.split_once(": ")?;
                subjects
                    .split(',')
                    .any(|known| known == subject)
                    .then_some(text)
            })
        })
        .unwrap_or_default()
}
