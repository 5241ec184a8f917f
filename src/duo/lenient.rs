//! Field types that take whatever Duo sends and never refuse a record.
//!
//! Promises: a value of an unexpected type becomes an empty field, and the fields beside it are
//! read all the same. Text is borrowed from the record unless it holds escapes.
//!
//! Duo says that enumerations and properties may change at any time, and in practice sends
//! `"unknown"` for booleans and lists, plain texts for objects and JSON inside texts.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text; a number counts as its digits, and anything else, or an empty text, as nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

/// A whole number, also written as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Whole(pub Option<i64>);

/// An object; a plain text counts as what [`FromText`] makes of it, anything else as nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<T>(pub T);

/// A list's first element; an object counts as a list of one, anything else as nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct First<T>(pub T);

/// What a plain text means where an object is expected.
pub trait FromText<'a>: Default {
    /// Most objects have a name, and the text is it.
    fn from_text(text: Text<'a>) -> Self;
}

impl<'a> Text<'a> {
    /// The text, if there is one.
    pub fn get(self) -> Option<Cow<'a, str>> {
        self.0
    }

    fn owned(text: String) -> Self {
        Self(Some(Cow::Owned(text)))
    }
}

/// Takes values of other types as nothing, and reads past what is inside them.
macro_rules! take_as_nothing {
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (str) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (numbers) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (rest) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text((!text.is_empty()).then_some(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text((!text.is_empty()).then(|| Cow::Owned(text.to_owned()))))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text<'de>, E> {
                Ok(Text::owned(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text<'de>, E> {
                Ok(Text::owned(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text<'de>, E> {
                Ok(Text::owned(number.to_string()))
            }

            take_as_nothing!(map);
            take_as_nothing!(seq);
            take_as_nothing!(rest);
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Whole;

            fn visit_i64<E>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(Some(number)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(i64::try_from(number).ok()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Whole, E> {
                // Times with a fraction; beyond 2^53 a float is no time.
                Ok(Whole((number.abs() < 9.0e15).then_some(number.floor() as i64)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Whole, E> {
                Ok(Whole(text.trim().parse().ok()))
            }

            take_as_nothing!(map);
            take_as_nothing!(seq);
            take_as_nothing!(rest);
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de, T: Deserialize<'de> + FromText<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + FromText<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Object<T>, E> {
                let text = (!text.is_empty()).then_some(Cow::Borrowed(text));
                Ok(Object(T::from_text(Text(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Object<T>, E> {
                let text = (!text.is_empty()).then(|| Cow::Owned(text.to_owned()));
                Ok(Object(T::from_text(Text(text))))
            }

            take_as_nothing!(seq);
            take_as_nothing!(numbers);
            take_as_nothing!(rest);
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Reader<T> {
            type Value = First<T>;

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<First<T>, A::Error> {
                let first = seq.next_element::<T>()?.unwrap_or_default();
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<First<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(First)
            }

            take_as_nothing!(str);
            take_as_nothing!(numbers);
            take_as_nothing!(rest);
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}
