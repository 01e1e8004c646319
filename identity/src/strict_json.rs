//! JSON as tokens need it: an object, no member twice at any depth, nested only so deep.
//!
//! Parsers disagree about which of two equal members counts. A token that one party reads differently from another is an
//! attack (RFC 8725, section 2.4), so it is refused whole.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limits::JSON_DEPTH_MAX;

/// Why a text is not a JSON object that we accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// No JSON, or no object.
    #[error("not a JSON object")]
    Syntax,
    /// A member appears twice in one object.
    #[error("a member appears twice")]
    Duplicate,
    /// More levels than [`JSON_DEPTH_MAX`].
    #[error("nested deeper than {JSON_DEPTH_MAX} levels")]
    Depth,
}

/// Reads one object.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    let fault = Cell::new(JsonFault::Syntax);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0, fault: &fault }.deserialize(&mut deserializer).map_err(|_| fault.get())?;
    deserializer.end().map_err(|_| JsonFault::Syntax)?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(JsonFault::Syntax),
    }
}

/// A value at some depth; `fault` tells the caller what serde's error can only say in words.
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<JsonFault>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Strict<'_>, E> {
        if self.depth == JSON_DEPTH_MAX {
            self.fault.set(JsonFault::Depth);
            return Err(E::custom(JsonFault::Depth));
        }
        Ok(Strict { depth: self.depth + 1, fault: self.fault })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper::<A::Error>()?)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper::<A::Error>()?)?;
            if map.insert(name, value).is_some() {
                self.fault.set(JsonFault::Duplicate);
                return Err(A::Error::custom(JsonFault::Duplicate));
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let table = [
            (r#"{"a":1,"b":[{"c":null}],"d":1.5,"e":-3}"#.to_string(), None),
            (nested(JSON_DEPTH_MAX), None),
            (nested(JSON_DEPTH_MAX + 1), Some(JsonFault::Depth)),
            (nested(5_000), Some(JsonFault::Depth)),
            (r#"{"a":1,"a":1}"#.into(), Some(JsonFault::Duplicate)),
            (r#"{"a":1,"\u0061":2}"#.into(), Some(JsonFault::Duplicate)),
            (r#"{"x":{"a":1,"b":2,"a":3}}"#.into(), Some(JsonFault::Duplicate)),
            ("[1]".into(), Some(JsonFault::Syntax)),
            (r#"{"a":1} "#.into(), None),
            (r#"{"a":1}{}"#.into(), Some(JsonFault::Syntax)),
            (r#"{"a":1"#.into(), Some(JsonFault::Syntax)),
            ("".into(), Some(JsonFault::Syntax)),
            (r#"{"a":1e999}"#.into(), Some(JsonFault::Syntax)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_object(text.as_bytes()).err(), expected, "{}", &text[..text.len().min(60)]);
        }
    }
}
