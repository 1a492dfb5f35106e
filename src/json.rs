//! JSON values: the browser's own `JSON` in wasm, `serde_json` elsewhere.
//!
//! A parser in the wasm would cost every visitor 17 kB, and the page has one already. The values come from a server or from
//! storage, so no accessor assumes a type: a member of another type reads as absent.

mod bounded;
#[cfg(any(target_arch = "wasm32", test))]
mod write;

#[cfg(target_arch = "wasm32")]
pub(crate) use write::Writer;

use std::fmt;

/// A parsed JSON value. Cheap to clone.
#[derive(Clone)]
pub struct Json(backend::Value);

impl Json {
    /// Parses a JSON text (RFC 8259). `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        backend::parse(text).map(Self)
    }

    /// A member of an object; `None` if this is no object, has no such member, or the member is `null`.
    pub fn get(&self, name: &str) -> Option<Self> {
        backend::get(&self.0, name).map(Self)
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<String> {
        backend::as_str(&self.0)
    }

    /// The number, if this is one.
    pub fn as_f64(&self) -> Option<f64> {
        backend::as_f64(&self.0)
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        backend::as_bool(&self.0)
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<Vec<Self>> {
        backend::as_array(&self.0)
    }

    /// Whether this is an object (and not an array).
    pub fn is_object(&self) -> bool {
        backend::is_object(&self.0)
    }

    /// A member that is a string.
    pub fn str(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str()
    }

    /// A member that is an array of strings; `None` if any element has another type.
    pub fn strings(&self, name: &str) -> Option<Vec<String>> {
        let mut strings = Vec::new();
        for item in self.get(name)?.as_array()? {
            strings.push(item.as_str()?);
        }
        Some(strings)
    }

    /// Whether a member is an array of strings that includes this one.
    pub(crate) fn lists(&self, name: &str, value: &str) -> bool {
        let strings = self.strings(name);
        strings.is_some_and(|strings| strings.iter().any(|string| string == value))
    }

    /// The JSON text of the value.
    pub fn text(&self) -> String {
        backend::text(&self.0)
    }
}

#[cfg(target_arch = "wasm32")]
impl Json {
    /// Wraps a value from a JavaScript caller or from the browser's storage.
    pub fn from_js(value: wasm_bindgen::JsValue) -> Self {
        Self(value)
    }

    /// Whether this is `undefined`, which is not JSON.
    pub(crate) fn is_undefined(&self) -> bool {
        self.0.is_undefined()
    }

    /// Whether this is `undefined` or `null`.
    pub(crate) fn is_nothing(&self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }

    /// The JavaScript value itself, for a caller or for storage.
    pub fn to_js(&self) -> wasm_bindgen::JsValue {
        self.0.clone()
    }
}

/// Prints the kind of value only: a JSON text from a server can contain a token.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_object() {
            "Json({..})"
        } else {
            "Json(..)"
        })
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// Appends `value` to `out` as a JSON string literal, quotes included.
pub(crate) fn push_quoted(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(HEX[(c as usize) >> 4] as char);
                out.push(HEX[(c as usize) & 15] as char);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(target_arch = "wasm32")]
mod backend {
    use super::Json;
    use js_sys::{Array, JSON, JsString, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    pub(super) type Value = JsValue;

    pub(super) fn parse(text: &str) -> Option<Value> {
        JSON::parse(text).ok()
    }

    pub(super) fn get(value: &Value, name: &str) -> Option<Value> {
        if !is_object(value) {
            return None;
        }
        let member = Reflect::get(value, &JsValue::from_str(name)).ok()?;
        (!member.is_null() && !member.is_undefined()).then_some(member)
    }

    pub(super) fn as_str(value: &Value) -> Option<String> {
        value.as_string()
    }

    pub(super) fn as_f64(value: &Value) -> Option<f64> {
        value.as_f64()
    }

    pub(super) fn as_bool(value: &Value) -> Option<bool> {
        value.as_bool()
    }

    pub(super) fn as_array(value: &Value) -> Option<Vec<Json>> {
        let mut items = Vec::new();
        for item in value.dyn_ref::<Array>()?.iter() {
            items.push(Json(item));
        }
        Some(items)
    }

    pub(super) fn is_object(value: &Value) -> bool {
        value.is_object() && !Array::is_array(value)
    }

    /// The length of a text; 0 for any other value.
    pub(super) fn length(value: &Value) -> usize {
        let text = value.dyn_ref::<JsString>();
        text.map_or(0, |text| text.length() as usize)
    }

    pub(super) fn object() -> Value {
        Object::new().into()
    }

    /// An empty list for a list, an empty object for an object; `None` for any other value.
    pub(super) fn empty_like(value: &Value) -> Option<Value> {
        if Array::is_array(value) {
            Some(Array::new().into())
        } else {
            value.is_object().then(object)
        }
    }

    /// The names of an object's members, or the indices of a list.
    pub(super) fn names(value: &Value) -> Array {
        Object::keys(value.unchecked_ref::<Object>())
    }

    pub(super) fn name_at(names: &Array, at: usize) -> Option<String> {
        names.get(at as u32).as_string()
    }

    /// A member, which may be `null`.
    pub(super) fn member(value: &Value, name: &str) -> Option<Value> {
        let member = Reflect::get(value, &JsValue::from_str(name)).ok()?;
        (!member.is_undefined()).then_some(member)
    }

    pub(super) fn add(container: &mut Value, name: String, member: Value) {
        if let Some(list) = container.dyn_ref::<Array>() {
            list.push(&member);
        } else if name != "__proto__" {
            // Setting `__proto__` would not add a member.
            let _ = Reflect::set(container, &JsValue::from(name), &member);
        }
    }

    pub(super) fn text(value: &Value) -> String {
        JSON::stringify(value)
            .ok()
            .and_then(|text| text.unchecked_ref::<Object>().as_string())
            .unwrap_or_default()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod backend {
    use super::Json;
    use std::rc::Rc;

    pub(super) type Value = Rc<serde_json::Value>;

    /// `serde_json` refuses values nested 128 deep, which browsers accept. No code here reads that deep, so values deeper than
    /// this become `null`.
    const DEPTH: usize = 100;

    pub(super) fn parse(text: &str) -> Option<Value> {
        let parsed = serde_json::from_str(text);
        let parsed = parsed.or_else(|_| serde_json::from_str(&shallow(text)));
        parsed.ok().map(Rc::new)
    }

    /// A JSON text with `null` in place of values that are too deep.
    fn shallow(text: &str) -> String {
        let mut out = String::new();
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        for c in text.chars() {
            let was_too_deep = depth > DEPTH;
            if in_text {
                in_text = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else {
                match c {
                    '"' => in_text = true,
                    '[' | '{' => depth += 1,
                    ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            match (was_too_deep, depth > DEPTH) {
                (false, false) => out.push(c),
                (false, true) => out.push_str("null"),
                _ => {}
            }
        }
        out
    }

    pub(super) fn get(value: &Value, name: &str) -> Option<Value> {
        let member = value.as_object()?.get(name)?;
        (!member.is_null()).then(|| Rc::new(member.clone()))
    }

    pub(super) fn as_str(value: &Value) -> Option<String> {
        value.as_str().map(str::to_owned)
    }

    pub(super) fn as_f64(value: &Value) -> Option<f64> {
        value.as_f64()
    }

    pub(super) fn as_bool(value: &Value) -> Option<bool> {
        value.as_bool()
    }

    pub(super) fn as_array(value: &Value) -> Option<Vec<Json>> {
        let items = value.as_array()?.iter().cloned();
        Some(items.map(Rc::new).map(Json).collect())
    }

    pub(super) fn is_object(value: &Value) -> bool {
        value.is_object()
    }

    pub(super) fn length(value: &Value) -> usize {
        value.as_str().map_or(0, str::len)
    }

    pub(super) fn object() -> Value {
        Rc::new(serde_json::Value::Object(serde_json::Map::new()))
    }

    pub(super) fn empty_like(value: &Value) -> Option<Value> {
        if value.is_array() {
            Some(Rc::new(serde_json::Value::Array(Vec::new())))
        } else {
            value.is_object().then(object)
        }
    }

    pub(super) fn names(value: &Value) -> Vec<String> {
        match &**value {
            serde_json::Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
            serde_json::Value::Object(members) => members.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn name_at(names: &[String], at: usize) -> Option<String> {
        names.get(at).cloned()
    }

    pub(super) fn member(value: &Value, name: &str) -> Option<Value> {
        let found = match &**value {
            serde_json::Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            object => object.get(name),
        };
        found.cloned().map(Rc::new)
    }

    pub(super) fn add(container: &mut Value, name: String, member: Value) {
        let member = Rc::unwrap_or_clone(member);
        match Rc::make_mut(container) {
            serde_json::Value::Array(items) => items.push(member),
            serde_json::Value::Object(members) => drop(members.insert(name, member)),
            _ => {}
        }
    }

    pub(super) fn text(value: &Value) -> String {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_what_a_parser_reads_back() {
        let nasty = "a\"b\\c\n\u{1}é💩";
        let mut out = String::new();
        push_quoted(&mut out, nasty);
        assert_eq!(
            Json::parse(&out).and_then(|json| json.as_str()).as_deref(),
            Some(nasty)
        );
    }

    #[test]
    fn a_member_of_another_type_reads_as_absent() {
        let json = Json::parse(r#"{"a":1,"b":null,"c":["x",2],"d":["x"]}"#).expect("valid");
        assert_eq!(json.str("a"), None);
        assert!(json.get("b").is_none());
        assert_eq!(json.strings("c"), None);
        assert_eq!(json.strings("d"), Some(vec!["x".to_owned()]));
    }
}
