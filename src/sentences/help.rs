//! What can be done about an error.

use super::TABLE;

/// The help: by the topic, else by the code, else by the first word of the code; each for the step, else for any.
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
