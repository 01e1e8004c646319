//! What goes over the wire: JSON shapes, converted by hand from what the domain knows.
//!
//! INVARIANT: times are RFC 3339 in UTC with microseconds; members that are unknown are left out rather than null; every
//! list has a limit, and says how many there are where it can be cut.
//!
//! The command line reads the same types, so that what it prints is what anybody gets.

pub mod access;
pub mod catalog;
pub mod error;
pub mod explain;
pub mod graph;
pub mod ledger;
mod next;
pub mod owner;
pub mod run;
pub mod search;
pub mod status;
pub mod task;

use std::sync::Arc;

use bussola_domain::id::Timestamp;
use bussola_domain::names::Names;
use bussola_domain::value::Value;

/// A moment as RFC 3339 in UTC with microseconds.
pub fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(at.0) {
        Ok(at) => format!("{at:.6}"),
        // Out of the years that RFC 3339 can say: such a time is nobody's, and the nearest end says so.
        Err(_) if at.0 < 0 => format!("{:.6}", jiff::Timestamp::MIN),
        Err(_) => format!("{:.6}", jiff::Timestamp::MAX),
    }
}

/// A moment, if there is one.
pub fn time_of(at: Option<Timestamp>) -> Option<String> {
    at.map(time)
}

/// A value as JSON. What JSON cannot say (`Infinity`, `NaN`) becomes text.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => serde_json::Value::Number(number),
            None => value.to_string().into(),
        },
        Value::Str(text) => (&**text).into(),
        Value::List(items) => items.iter().map(json).collect::<Vec<_>>().into(),
        Value::Object(members) => {
            serde_json::Value::Object(members.iter().map(|(name, value)| (name.to_string(), json(value))).collect())
        }
    }
}

/// A number that may be infinite, which JSON cannot say.
pub fn number(value: f64) -> serde_json::Value {
    json(&Value::Float(value))
}

/// The texts of numbers, for a conversion that outlives the model's lock.
pub fn text(names: &Names, id: bussola_domain::id::NameId) -> Arc<str> {
    names.text(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microseconds_and_never_fail() {
        assert_eq!(time(Timestamp(0)), "1970-01-01T00:00:00.000000Z");
        assert_eq!(time(Timestamp(1_795_575_129_000_001)), "2026-11-25T02:52:09.000001Z");
        assert_eq!(time(Timestamp(-1)), "1969-12-31T23:59:59.999999Z");
        assert!(time(Timestamp(i64::MAX)).starts_with("9999-"));
    }

    #[test]
    fn what_json_cannot_say_is_text() {
        assert_eq!(number(f64::INFINITY), "Infinity");
        assert_eq!(number(1.5), 1.5);
        assert_eq!(
            json(&Value::parse("{\"a\":[1,null,true,\"x\"]}").expect("JSON")).to_string(),
            "{\"a\":[1,null,true,\"x\"]}"
        );
    }
}
