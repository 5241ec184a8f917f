//! Writes one JSON object straight into bytes, leaving out what is empty.
//!
//! Promises: the output is one line of valid JSON; nulls, empty texts, empty lists and empty objects
//! do not appear, nor do objects that would hold nothing else.
//!
//! A tree of values would be built and thrown away for each record; this writes while reading.

use serde_json::{Map, Value};

/// JSON being written.
#[derive(Debug, Default)]
pub struct Json {
    out: Vec<u8>,
}

impl Json {
    /// One object, filled by `fill`.
    pub fn line(capacity: usize, fill: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut json = Self { out: Vec::with_capacity(capacity) };
        json.out.push(b'{');
        fill(&mut json);
        json.out.push(b'}');
        json.out
    }

    /// An object under a name, unless it stays empty.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        self.name(name);
        self.braced(before, fill);
    }

    /// A list under a name, unless it stays empty; `fill` writes [`element`](Self::element)s.
    pub fn list(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        self.name(name);
        self.out.push(b'[');
        let empty = self.out.len();
        fill(self);
        if self.out.len() == empty {
            self.out.truncate(before);
        } else {
            self.out.push(b']');
        }
    }

    /// An object in a list, unless it stays empty.
    pub fn element(&mut self, fill: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        self.comma();
        self.braced(before, fill);
    }

    /// A text, unless it is empty.
    pub fn text(&mut self, name: &str, text: impl AsRef<str>) {
        let text = text.as_ref();
        if !text.is_empty() {
            self.name(name);
            self.quoted(text);
        }
    }

    /// A text, if there is one.
    pub fn maybe(&mut self, name: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, number: impl Into<i64>) {
        self.name(name);
        self.out.extend_from_slice(number.into().to_string().as_bytes());
    }

    /// A truth value.
    pub fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        self.out.extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// A list of texts, without the empty ones.
    pub fn texts<T: AsRef<str>>(&mut self, name: &str, texts: impl IntoIterator<Item = T>) {
        self.list(name, |json| {
            for text in texts {
                if !text.as_ref().is_empty() {
                    json.comma();
                    json.quoted(text.as_ref());
                }
            }
        });
    }

    /// A tree, without what is empty in it.
    pub fn value(&mut self, name: &str, value: &Value) {
        let before = self.out.len();
        self.name(name);
        if !self.tree(value) {
            self.out.truncate(before);
        }
    }

    /// Everything in a tree's top object, except what `skip` names.
    pub fn members(&mut self, map: &Map<String, Value>, skip: &[&str]) {
        for (name, value) in map {
            if !skip.contains(&name.as_str()) {
                self.value(name, value);
            }
        }
    }

    fn braced(&mut self, before: usize, fill: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        let empty = self.out.len();
        fill(self);
        if self.out.len() == empty {
            self.out.truncate(before);
        } else {
            self.out.push(b'}');
        }
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.quoted(name);
        self.out.push(b':');
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }

    fn quoted(&mut self, text: &str) {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    /// Writes a tree; false when nothing of it is left, and then nothing counts.
    fn tree(&mut self, value: &Value) -> bool {
        let before = self.out.len();
        match value {
            Value::Null => false,
            Value::String(text) => {
                self.quoted(text);
                !text.is_empty()
            }
            Value::Bool(_) | Value::Number(_) => {
                let _ = serde_json::to_writer(&mut self.out, value);
                true
            }
            Value::Array(list) => {
                self.out.push(b'[');
                for element in list {
                    let here = self.out.len();
                    self.comma();
                    if !self.tree(element) {
                        self.out.truncate(here);
                    }
                }
                self.out.push(b']');
                self.out.len() > before + 2
            }
            Value::Object(map) => {
                self.out.push(b'{');
                self.members(map, &[]);
                self.out.push(b'}');
                self.out.len() > before + 2
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_empty_does_not_appear() {
        let line = Json::line(64, |json| {
            json.object("nothing", |json| json.object("inside", |json| json.text("a", "")));
            json.maybe("none", None::<&str>);
            json.texts("list", ["", "x", ""]);
            json.texts("empty", [""]);
            json.value("tree", &json!({"a": null, "b": [[], {}, "", 0, false], "c": {"d": ""}}));
            json.list("things", |json| {
                json.element(|_| ());
                json.element(|json| json.flag("yes", true));
                json.element(|json| json.number("n", -1));
            });
        });
        let read: Value = serde_json::from_slice(&line).unwrap();
        let expected = json!({
            "list": ["x"], "tree": {"b": [0, false]}, "things": [{"yes": true}, {"n": -1}]
        });
        assert_eq!(read, expected);
    }

    /// The same, slow and plain.
    fn pruned(value: &Value) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::String(text) => (!text.is_empty()).then(|| value.clone()),
            Value::Array(list) => {
                let left: Vec<Value> = list.iter().filter_map(pruned).collect();
                (!left.is_empty()).then_some(Value::Array(left))
            }
            Value::Object(map) => {
                let left: Map<String, Value> =
                    map.iter().filter_map(|(k, v)| Some((k.clone(), pruned(v)?))).collect();
                (!left.is_empty()).then_some(Value::Object(left))
            }
            _ => Some(value.clone()),
        }
    }

    fn any_tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[,:\\[{\"\\\\a\u{0}\u{2028}é]{0,5}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[{:a,]{0,2}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_tree_is_written_without_what_is_empty(tree in any_tree()) {
            let line = Json::line(64, |json| json.value("x", &tree));
            let read: Value = serde_json::from_slice(&line).unwrap();
            let pruned = pruned(&tree);
            prop_assert_eq!(read.get("x"), pruned.as_ref());
        }
    }
}
