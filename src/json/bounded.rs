//! Copies a value within bounds, for keeping.
//!
//! A server's document has up to [`MAX_BODY`](crate::http::MAX_BODY) bytes, nested as deep as that allows. Reading it is
//! harmless. But browsers refuse to store a value that is nested too deep, or to send it to a worker, and it may overflow the
//! stack of an app's own code.

use super::{Json, backend};

/// How deep objects and lists may be nested.
const DEPTH: usize = 8;

/// How many members of an object, or of a list, are kept.
const MEMBERS: usize = 256;

/// The longest text, and the longest name, in the units of the host's strings.
const TEXT: usize = 2_048;

/// The total size: the lengths of texts and names, and a constant for each value.
const ROOM: usize = 32 * 1024;
const EACH: usize = 8;

impl Json {
    /// A copy within bounds: values that are too deep, too many, too long or too large in total are omitted. These members of
    /// the value are copied before all others.
    pub(crate) fn bounded(&self, first: &[&str]) -> Self {
        let mut room = ROOM;
        Self(keep(&self.0, DEPTH, first, &mut room).unwrap_or_else(backend::object))
    }
}

fn keep(
    value: &backend::Value,
    depth: usize,
    first: &[&str],
    room: &mut usize,
) -> Option<backend::Value> {
    take(room, backend::length(value))?;
    let Some(mut kept) = backend::empty_like(value) else {
        return Some(value.clone());
    };
    let depth = depth.checked_sub(1)?;
    let names = backend::names(value);
    for at in 0..first.len() + MEMBERS {
        let name = match first.get(at) {
            Some(name) => (*name).to_owned(),
            None => match backend::name_at(&names, at - first.len()) {
                Some(name) if first.contains(&name.as_str()) => continue,
                Some(name) => name,
                None => break,
            },
        };
        if let Some(member) = backend::member(value, &name)
            && take(room, name.len()).is_some()
            && let Some(member) = keep(&member, depth, &[], room)
        {
            backend::add(&mut kept, name, member);
        }
    }
    Some(kept)
}

/// Subtracts from the room that is left; `None` if there is not enough, or if this is too long.
fn take(room: &mut usize, length: usize) -> Option<()> {
    if length > TEXT {
        return None;
    }
    *room = room.checked_sub(length + EACH)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(text: &str) -> String {
        Json::parse(text).expect("JSON").bounded(&["used"]).text()
    }

    fn nested(depth: usize) -> String {
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn a_value_within_bounds_stays_as_it_is() {
        for text in [
            r#"{"a":[1,2.5,true,null,"x",{"b":{}}],"used":"y"}"#,
            "[]",
            "{}",
            "null",
            "7",
            r#""text""#,
        ] {
            assert_eq!(bounded(text), text);
        }
    }

    #[test]
    fn what_is_too_deep_is_left_out() {
        assert_eq!(bounded(&nested(8)), nested(8));
        for depth in [9, 100, 127, 128, 10_000, 130_000] {
            assert_eq!(bounded(&nested(depth)), "[[[[[[[[]]]]]]]]", "{depth}");
            let member = format!(r#"{{"deep":{},"used":1}}"#, nested(depth));
            assert_eq!(
                bounded(&member),
                r#"{"deep":[[[[[[[]]]]]]],"used":1}"#,
                "{depth}"
            );
        }
        let objects = format!("{}1{}", r#"{"a":"#.repeat(20_000), "}".repeat(20_000));
        assert_eq!(bounded(&objects).matches("a").count(), 7);
    }

    #[test]
    fn what_is_too_many_is_left_out() {
        let list = format!("[{}0]", "0,".repeat(100_000));
        assert_eq!(bounded(&list).matches('0').count(), 256);
        let members: Vec<String> = (0..30_000).map(|at| format!(r#""m{at}":0"#)).collect();
        let object = format!(r#"{{{},"used":1}}"#, members.join(","));
        let kept = bounded(&object);
        assert!(kept.contains(r#""used":1"#), "wherever it was");
        assert_eq!(kept.matches(":0").count(), 256);
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let (fits, long) = ("x".repeat(2_048), "x".repeat(2_049));
        for (text, expected) in [
            (
                format!(r#"["{fits}","{long}",1]"#),
                format!(r#"["{fits}",1]"#),
            ),
            (
                format!(r#"{{"{long}":1,"a":"{long}","b":2}}"#),
                r#"{"b":2}"#.to_owned(),
            ),
            (format!(r#""{long}""#), "{}".to_owned()),
        ] {
            assert_eq!(bounded(&text), expected);
        }
    }

    #[test]
    fn what_is_too_much_together_is_left_out() {
        let text = "x".repeat(1_000);
        let list = vec![format!("\"{text}\""); 250].join(",");
        let all = format!(r#"{{"a":[{list}],"used":"here","z":[{list}]}}"#);
        assert!(all.len() > 500_000);
        let kept = bounded(&all);
        assert!(kept.len() < 33_000, "{}", kept.len());
        assert!(kept.contains(r#""used":"here""#));
        let wide = format!("[{}[]]", "[[],[],[],[],[],[],[],[]],".repeat(250));
        assert!(bounded(&wide).len() < 16_000);
    }
}
