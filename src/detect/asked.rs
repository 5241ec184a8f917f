//! Reads out of a raw record what rules ask for, and passes over the rest.
//!
//! Promises: what is read is what the record's tree ([`View`](crate::duo::View)) has at the same
//! path; a record that is odd in any way (no JSON, a name twice, a name with a dot) is not read here
//! at all, and the tree answers.
//!
//! Taking a whole record apart costs several times as much as looking through it.

use std::borrow::Cow;
use std::fmt;

use rsigma_eval::EventValue;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Texts that may hold JSON, which is opened.
const OPENED: [&str; 5] =
    ["description", "action.details", "actor.details", "target.details", "old_target.details"];

/// What holds such texts: asked for itself, it would have to be opened inside.
const HOLDERS: [&str; 4] = ["action", "actor", "target", "old_target"];

/// The paths that are asked for, as a tree of their parts.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    root: Node,
    answers: usize,
    /// Something is asked for that only the tree can answer.
    unable: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    below: Vec<(Box<str>, Self)>,
    /// What stands here is the answer of this number.
    answer: Option<usize>,
    /// What stands here is taken whole, because it is asked for or may hold JSON.
    whole: bool,
    /// It may hold JSON.
    opens: bool,
    /// It may hold texts that hold JSON; a list of such is odd.
    holder: bool,
}

/// What stood at a path.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer {
    /// Nothing.
    #[default]
    Nothing,
    /// One value.
    One(Value),
    /// Several, in the elements of a list.
    Several(Vec<Value>),
}

impl Answer {
    fn add(&mut self, value: Value) {
        *self = match std::mem::take(self) {
            Self::Nothing => Self::One(value),
            Self::One(first) => Self::Several(vec![first, value]),
            Self::Several(mut values) => {
                values.push(value);
                Self::Several(values)
            }
        };
    }

    /// The answer as rules see it.
    pub fn value(&self) -> Option<EventValue<'_>> {
        match self {
            Self::Nothing => None,
            Self::One(value) => Some(EventValue::from(value)),
            Self::Several(values) => {
                Some(EventValue::Array(values.iter().map(EventValue::from).collect()))
            }
        }
    }

    /// The text, if one stood there.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::One(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

impl Asked {
    /// Asks for a path; tells the number of its answer.
    pub fn number(&mut self, path: &str) -> usize {
        self.unable |= HOLDERS.contains(&path);
        let mut node = &mut self.root;
        let mut so_far = String::new();
        for part in path.split('.') {
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str(part);
            let at = match node.below.iter().position(|(name, _)| **name == *part) {
                Some(at) => at,
                None => {
                    let opens = OPENED.contains(&so_far.as_str());
                    let holder = HOLDERS.contains(&so_far.as_str());
                    let new = Node { whole: opens, opens, holder, ..Node::default() };
                    node.below.push((part.into(), new));
                    node.below.len() - 1
                }
            };
            let Some((_, next)) = node.below.get_mut(at) else { return usize::MAX };
            node = next;
        }
        node.whole = true;
        *node.answer.get_or_insert_with(|| {
            self.answers += 1;
            self.answers - 1
        })
    }

    /// Reads a record; `None` when it is odd. `action_is_object` says that an action which is a
    /// text is odd.
    pub fn read(&self, raw: &[u8], action_is_object: bool) -> Option<Vec<Answer>> {
        if self.unable {
            return None;
        }
        let mut answers = vec![Answer::Nothing; self.answers];
        let mut json = serde_json::Deserializer::from_slice(raw);
        let walk =
            Walk { node: &self.root, answers: &mut answers, is_root: true, action_is_object };
        walk.deserialize(&mut json).ok()?;
        json.end().ok()?;
        Some(answers)
    }
}

/// Walks through what stands at a node.
struct Walk<'n, 'a> {
    node: &'n Node,
    answers: &'a mut [Answer],
    is_root: bool,
    action_is_object: bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.node.whole {
            let mut value = <Value as serde::Deserialize>::deserialize(deserializer)?;
            if self.node.opens
                && let Value::String(text) = &value
                && text.trim_start().starts_with(['{', '['])
                && let Ok(inside) = serde_json::from_str(text)
            {
                value = inside;
            }
            return hand_out(self.node, value, self.answers).map_err(D::Error::custom);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut met = 0_u64;
        while let Some(Key(name)) = map.next_key::<Key<'de>>()? {
            let below = &self.node.below;
            let found = below.iter().position(|(known, _)| **known == *name);
            let Some((at, (_, node))) = found.and_then(|at| Some((at, below.get(at)?))) else {
                if name.contains('.') {
                    return Err(A::Error::custom("a name with a dot"));
                }
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let mark = u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0);
            if mark == 0 || met & mark != 0 {
                return Err(A::Error::custom("a name twice"));
            }
            met |= mark;
            if self.is_root && self.action_is_object && &*name == "action" {
                map.next_value_seed(Object(Walk {
                    node,
                    answers: &mut *self.answers,
                    is_root: false,
                    action_is_object: false,
                }))?;
                continue;
            }
            map.next_value_seed(Walk {
                node,
                answers: &mut *self.answers,
                is_root: false,
                action_is_object: false,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.is_root || self.node.holder {
            return Err(A::Error::custom("no object"));
        }
        // Lists are walked through: each element may have the rest of the path.
        while list
            .next_element_seed(Walk {
                node: self.node,
                answers: &mut *self.answers,
                is_root: false,
                action_is_object: false,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }
}

impl Walk<'_, '_> {
    /// Nothing stands below a single value.
    fn scalar<E: Error>(&self) -> Result<(), E> {
        if self.is_root { Err(E::custom("no object")) } else { Ok(()) }
    }
}

/// What has to be an object or nothing.
struct Object<'n, 'a>(Walk<'n, 'a>);

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self.0)
    }
}

/// Hands a value out to the answers at and below a node.
fn hand_out(node: &Node, value: Value, answers: &mut [Answer]) -> Result<(), &'static str> {
    for (name, below) in &node.below {
        hand_out_below(name, below, &value, answers)?;
    }
    if let Some(answer) = node.answer.and_then(|number| answers.get_mut(number)) {
        answer.add(value);
    }
    Ok(())
}

fn hand_out_below(
    name: &str,
    node: &Node,
    value: &Value,
    answers: &mut [Answer],
) -> Result<(), &'static str> {
    match value {
        Value::Object(map) => {
            if map.keys().any(|name| name.contains('.')) {
                return Err("a name with a dot");
            }
            match map.get(name) {
                Some(inside) => hand_out(node, inside.clone(), answers),
                None => Ok(()),
            }
        }
        Value::Array(list) => {
            list.iter().try_for_each(|element| hand_out_below(name, node, element, answers))
        }
        _ => Ok(()),
    }
}

/// A name in a record, borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests;
