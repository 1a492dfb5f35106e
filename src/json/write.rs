//! Writing JSON.

use super::{Json, push_quoted};

/// Writes a JSON text: a list or an object. The text is well-formed if lists get values only and objects get members only.
#[derive(Clone)]
pub(crate) struct Writer {
    text: String,
    close: char,
}

impl Writer {
    /// An empty list.
    pub(crate) fn list() -> Self {
        Self::new('[', ']')
    }

    /// An empty object.
    pub(crate) fn object() -> Self {
        Self::new('{', '}')
    }

    fn new(open: char, close: char) -> Self {
        Self {
            text: open.into(),
            close,
        }
    }

    /// The finished text.
    pub(crate) fn end(&mut self) -> String {
        self.text.push(self.close);
        std::mem::take(&mut self.text)
    }

    fn separate(&mut self) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
    }

    /// Adds a value that is JSON already.
    pub(crate) fn raw(&mut self, value: &str) -> &mut Self {
        self.separate();
        self.text.push_str(value);
        self
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.separate();
        push_quoted(&mut self.text, value);
        self
    }

    /// Adds a text, or `null`.
    pub(crate) fn known(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.raw("null"),
        }
    }

    /// Adds an integer.
    pub(crate) fn number(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_string())
    }

    /// Adds a boolean.
    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
    }

    fn name(&mut self, name: &str) {
        self.separate();
        push_quoted(&mut self.text, name);
        self.text.push(':');
    }

    /// Adds a member that is a text, if there is one.
    pub(crate) fn member(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.name(name);
            push_quoted(&mut self.text, value);
        }
        self
    }

    /// Adds a member that is an integer, if there is one.
    pub(crate) fn number_member(&mut self, name: &str, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.raw_member(name, &value.to_string()),
            None => self,
        }
    }

    /// Adds a member that is a boolean.
    #[cfg(feature = "js")]
    pub(crate) fn flag_member(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw_member(name, if value { "true" } else { "false" })
    }

    /// Adds a member that is JSON, if there is one.
    pub(crate) fn json_member(&mut self, name: &str, value: Option<&Json>) -> &mut Self {
        match value {
            Some(value) => self.raw_member(name, &value.text()),
            None => self,
        }
    }

    /// Adds a member whose value is JSON already.
    pub(crate) fn raw_member(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text.push_str(value);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let inner = Json::parse(r#"{"a":[1]}"#).expect("valid");
        let object = Writer::object()
            .member("text", Some("a\"b"))
            .member("absent", None)
            .number_member("number", Some(-3))
            .json_member("json", Some(&inner))
            .end();
        assert_eq!(object, r#"{"text":"a\"b","number":-3,"json":{"a":[1]}}"#);
        let mut list = Writer::list();
        list.text("x").known(None).flag(true).number(7).raw(&object);
        assert_eq!(list.end(), format!(r#"["x",null,true,7,{object}]"#));
        assert_eq!(Writer::list().end(), "[]");
    }
}
