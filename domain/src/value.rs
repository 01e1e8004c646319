//! Values that clients hand over and want back as they were: Luigi's parameters, resources, worker info.
//!
//! Luigi speaks Python's dialect of JSON: `Infinity`, `-Infinity` and `NaN` are values, sent by real clients by default
//! (`max_batch_size`) and read by them. RFC 8259 parsers refuse that, hence a codec of our own.
//!
//! INVARIANT: `Value::parse(v.to_string()) == v` for every value without NaN.

use std::fmt::{self, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// LIMIT: deeper nesting is refused; Python's own parser stops near 1,000 and real arguments stay under ten.
pub const DEPTH_MAX: usize = 128;

/// A JSON value in Python's dialect. Objects keep the order of their keys; of equal keys the last wins, as in Python.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without fraction or exponent that fits.
    Int(i64),
    /// Any other number, the non-finite ones included.
    Float(f64),
    /// A text.
    Str(Box<str>),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Object(Vec<(Box<str>, Value)>),
}

/// Why a text is not a value, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: {what} at byte {at}")]
pub struct BadValue {
    /// What was wrong.
    pub what: &'static str,
    /// Byte offset.
    pub at: usize,
}

impl Value {
    /// Parses one value that spans the whole text.
    pub fn parse(text: &str) -> Result<Value, BadValue> {
        let mut parser = Parser { text, at: 0 };
        parser.space();
        let value = parser.value(0)?;
        parser.space();
        if parser.at == text.len() { Ok(value) } else { Err(parser.bad("text after the value")) }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one. Python counts `True` as 1; so do we.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
            _ => None,
        }
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().find(|(name, _)| &**name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Python's truth of a value: what `if value:` would do.
    pub fn truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(truth) => *truth,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(text.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        if number.fract() == 0.0 && number.abs() < 9e15 { Value::Int(number as i64) } else { Value::Float(number) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            // Unlike a number of our own, a client's 1.0 stays one: Python tells it from 1 when it shows it.
            Value::Float(number) if number.is_finite() => write!(f, "{number:?}"),
            Value::Float(number) => write_number(f, *number),
            Value::Str(text) => write_string(f, text),
            Value::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_char(']')
            }
            Value::Object(members) => {
                f.write_char('{')?;
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_char(',')?;
                    }
                    write_string(f, name)?;
                    f.write_char(':')?;
                    write!(f, "{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Writes a number as Python's `json` does, whole ones without a fraction.
pub fn write_number(out: &mut impl Write, number: f64) -> fmt::Result {
    if number.is_nan() {
        out.write_str("NaN")
    } else if number.is_infinite() {
        out.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else if number.fract() == 0.0 && number.abs() < 9e15 {
        write!(out, "{}", number as i64)
    } else {
        write!(out, "{number:?}")
    }
}

/// Writes a JSON string. `</` becomes `<\/`, as tornado writes it, so that a reply can stand inside a script element.
pub fn write_string(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut from = 0;
    let bytes = text.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            b'/' if index > 0 && bytes[index - 1] == b'<' => "\\/",
            0..0x20 => "",
            _ => continue,
        };
        out.write_str(&text[from..index])?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}")?;
        } else {
            out.write_str(escape)?;
        }
        from = index + 1;
    }
    out.write_str(&text[from..])?;
    out.write_char('"')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn bad(&self, what: &'static str) -> BadValue {
        BadValue { what, at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, BadValue> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.bad("an unknown word"))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, BadValue> {
        if depth > DEPTH_MAX {
            return Err(self.bad("nesting that is too deep"));
        }
        match self.peek() {
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'N') => self.word("NaN", Value::Float(f64::NAN)),
            Some(b'I') => self.word("Infinity", Value::Float(f64::INFINITY)),
            Some(b'"') => self.string().map(Value::Str),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.bad("an unexpected character")),
            None => Err(self.bad("the end of the text")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, BadValue> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                _ => return Err(self.bad("no comma or bracket after a list item")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, BadValue> {
        self.at += 1;
        let mut members: Vec<(Box<str>, Value)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.bad("a member without a quoted name"));
            }
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.bad("no colon after a member's name"));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            members.push((name, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(last_of_equal_names(members)));
                }
                _ => return Err(self.bad("no comma or brace after a member")),
            }
        }
    }

    fn number(&mut self) -> Result<Value, BadValue> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        if negative {
            self.at += 1;
            if self.peek() == Some(b'I') {
                return self.word("Infinity", Value::Float(f64::NEG_INFINITY));
            }
        }
        let first = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == first || (self.at - first > 1 && self.text.as_bytes()[first] == b'0') {
            return Err(self.bad("a malformed number"));
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.bad("a malformed number"));
            }
            while matches!(self.peek(), Some(b'0'..=b'9')) {
                self.at += 1;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.bad("a malformed number"));
            }
            while matches!(self.peek(), Some(b'0'..=b'9')) {
                self.at += 1;
            }
        }
        let digits = &self.text[start..self.at];
        if whole && let Ok(number) = digits.parse::<i64>() {
            return Ok(Value::Int(number));
        }
        digits.parse::<f64>().map(Value::Float).map_err(|_| self.bad("a malformed number"))
    }

    fn string(&mut self) -> Result<Box<str>, BadValue> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(text.into());
                }
                b'\\' => return self.escaped_string(start),
                0..0x20 => return Err(self.bad("a control character in a string")),
                _ => self.at += 1,
            }
        }
        Err(self.bad("a string without an end"))
    }

    fn escaped_string(&mut self, start: usize) -> Result<Box<str>, BadValue> {
        let mut text = String::from(&self.text[start..self.at]);
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            text.push_str(&self.text[from..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escape = self.peek().ok_or_else(|| self.bad("a string without an end"))?;
                    self.at += 1;
                    text.push(match escape {
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode()?,
                        _ => return Err(self.bad("an unknown escape")),
                    });
                }
                Some(_) => return Err(self.bad("a control character in a string")),
                None => return Err(self.bad("a string without an end")),
            }
        }
    }

    /// `\uXXXX`, pairs of surrogates joined; a lone surrogate, which Python lets through, becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, BadValue> {
        let first = self.hex4()?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex4()?;
            if (0xDC00..0xE000).contains(&second) {
                let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, BadValue> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or_else(|| self.bad("a bad escape"))?;
        self.at += 4;
        Ok(number)
    }
}

/// Of members with one name the last value wins, at the place of the first, as in a Python dict.
fn last_of_equal_names(members: Vec<(Box<str>, Value)>) -> Vec<(Box<str>, Value)> {
    // Few members: comparing each with each is cheaper than hashing. Many: a map of places keeps hostile input linear.
    let repeats = |(i, (name, _)): (usize, &(Box<str>, Value))| members[..i].iter().any(|(other, _)| other == name);
    if members.len() <= 16 && !members.iter().enumerate().any(repeats) {
        return members;
    }
    let mut places = std::collections::HashMap::with_capacity(members.len());
    let mut kept: Vec<(Box<str>, Value)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        match places.get(&name) {
            Some(&place) => {
                let (_, old): &mut (Box<str>, Value) = &mut kept[place];
                *old = value;
            }
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    kept
}

/// In a payload or a snapshot a value is its own text, so that infinities survive every format.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Value::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A number that may be infinite, in payloads an integer when whole and a text when not finite (JSON has no infinity).
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            serializer.serialize_f64(self.0)
        } else if !self.0.is_finite() {
            let mut text = String::new();
            write_number(&mut text, self.0).map_err(serde::ser::Error::custom)?;
            serializer.serialize_str(&text)
        } else if self.0.fract() == 0.0 && self.0.abs() < 9e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        if !deserializer.is_human_readable() {
            return f64::deserialize(deserializer).map(Number);
        }
        struct Visit;
        impl serde::de::Visitor<'_> for Visit {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                match text {
                    "Infinity" => Ok(Number(f64::INFINITY)),
                    "-Infinity" => Ok(Number(f64::NEG_INFINITY)),
                    "NaN" => Ok(Number(f64::NAN)),
                    _ => Err(E::custom("not a number")),
                }
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, written: &str) {
        let value = Value::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(value.to_string(), written, "{text}");
        assert_eq!(Value::parse(written).as_ref(), Ok(&value), "{text}");
    }

    #[test]
    fn values_are_read_and_written_as_python_does() {
        check("null", "null");
        check(" [1, -2.5, 1e3, true] ", "[1,-2.5,1000.0,true]");
        check("Infinity", "Infinity");
        check("{\"a\": -Infinity}", "{\"a\":-Infinity}");
        check("\"</script>\\u00e9\\ud83d\\ude00\"", "\"<\\/script>é😀\"");
        check("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
        check("12345678901234567890", "1.2345678901234567e19");
        check("\"\\u0001\"", "\"\\u0001\"");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in
            ["", "nul", "[1,]", "{\"a\"}", "01", "1.", "-", "\"a", "\"\n\"", "[1] 2", "{a:1}", "\"\\x\"", "\"\\u12\""]
        {
            assert!(Value::parse(text).is_err(), "{text}");
        }
        let deep = "[".repeat(DEPTH_MAX + 2) + &"]".repeat(DEPTH_MAX + 2);
        assert!(Value::parse(&deep).is_err());
        let fits = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
        assert!(Value::parse(&fits).is_ok());
    }
}
