//! A call's keyword arguments, taken one by one and checked as Python would.
//!
//! Missing ones have Luigi's defaults; a null is a value and does not become the default. What is left over is an error
//! where Luigi's method has no `**kwargs`, and ignored where it has, so that newer clients get through.

use bussola_domain::value::Value;

/// Why a call is refused: luigid's 500.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// What is left of a call's arguments.
#[derive(Debug, Default)]
pub struct Arguments {
    left: Vec<(Box<str>, Value)>,
}

impl Arguments {
    /// Reads the text of `data`.
    pub fn parse(data: &str) -> Result<Arguments, Refusal> {
        match Value::parse(data) {
            Ok(Value::Object(left)) => Ok(Arguments { left }),
            Ok(other) => Err(Refusal(format!("`data` is {}, not an object of arguments", kind(&other)))),
            Err(error) => Err(Refusal(format!("`data` is {error}"))),
        }
    }

    /// An argument, if it was sent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.left.iter().position(|(other, _)| &**other == name)?;
        Some(self.left.swap_remove(place).1)
    }

    /// An argument without default.
    pub fn required(&mut self, name: &str) -> Result<Value, Refusal> {
        self.take(name).ok_or_else(|| Refusal(format!("argument `{name}` is missing")))
    }

    /// A text without default.
    pub fn text(&mut self, name: &str) -> Result<String, Refusal> {
        let value = self.required(name)?;
        text(&value).ok_or_else(|| wrong(name, "a text", &value))
    }

    /// A text, or null, which is also the default.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => text(&value).map(Some).ok_or_else(|| wrong(name, "a text or null", &value)),
        }
    }

    /// Anything, by Python's idea of truth.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        self.take(name).map_or(default, |value| value.truthy())
    }

    /// Null, which is also the default, or anything by Python's idea of truth.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        self.take(name).filter(|value| *value != Value::Null).map(|value| value.truthy())
    }

    /// A number.
    pub fn number(&mut self, name: &str, default: f64) -> Result<f64, Refusal> {
        match self.take(name) {
            None => Ok(default),
            Some(value) => number(name, &value),
        }
    }

    /// A list of texts, or null, which is also the default.
    pub fn optional_texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => texts(name, value).map(Some),
        }
    }

    /// Nothing may be left: Luigi's method has no `**kwargs`.
    pub fn end(self) -> Result<(), Refusal> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(60).collect();
                Err(Refusal(format!("unexpected argument `{name}`")))
            }
        }
    }

    /// All that is left.
    pub fn rest(self) -> Vec<(Box<str>, Value)> {
        self.left
    }
}

/// A number from a value.
pub fn number(name: &str, value: &Value) -> Result<f64, Refusal> {
    value.as_f64().ok_or_else(|| wrong(name, "a number", value))
}

/// A text; numbers and booleans count by what JSON writes, since luigid takes any value for an id or a name.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.to_string()),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

/// Texts from a list.
pub fn texts(name: &str, value: Value) -> Result<Vec<String>, Refusal> {
    let Value::List(items) = value else { return Err(wrong(name, "a list of texts", &value)) };
    items.iter().map(|item| text(item).ok_or_else(|| wrong(name, "a list of texts", item))).collect()
}

/// The members of an object.
pub fn members(name: &str, value: Value) -> Result<Vec<(Box<str>, Value)>, Refusal> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(wrong(name, "an object", &other)),
    }
}

/// An argument is of the wrong type.
pub fn wrong(name: &str, expected: &str, found: &Value) -> Refusal {
    Refusal(format!("argument `{name}` must be {expected}, not {}", kind(found)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "a text",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
    }
}
