//! What a verified token says.

use serde_json::{Map, Value};

use crate::limits::TIME_MAX;

/// The claims of a token whose signature, issuer, audience and times were checked. Only
/// [`jwt::verify`](crate::jwt::verify) makes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    members: Map<String, Value>,
}

impl Claims {
    pub(crate) fn proven(members: Map<String, Value>) -> Claims {
        Claims { members }
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        self.string("iss").unwrap_or_default()
    }

    /// `aud`: the one audience that the token is for.
    pub fn audience(&self) -> &str {
        match self.raw("aud") {
            Some(Value::Array(list)) => list.first().and_then(Value::as_str).unwrap_or_default(),
            other => other.and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// `sub`. Kinds of token that must have it were refused without.
    pub fn subject(&self) -> Option<&str> {
        self.string("sub")
    }

    /// `jti`.
    pub fn token_id(&self) -> Option<&str> {
        self.string("jti")
    }

    /// `exp`.
    pub fn expires_at(&self) -> Option<i64> {
        self.time("exp")
    }

    /// `iat`.
    pub fn issued_at(&self) -> Option<i64> {
        self.time("iat")
    }

    /// A member that is a text.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.raw(name)?.as_str()
    }

    /// A member that is a time in seconds; fractions are cut.
    pub fn time(&self, name: &str) -> Option<i64> {
        time_of(self.raw(name)?)
    }

    /// A member that is true or false, or the text of one, as some providers send `email_verified`.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        boolean_of(self.raw(name)?)
    }

    /// A member that is a list of texts, or one text. What is no text in a list is left out.
    pub fn strings(&self, name: &str) -> Vec<String> {
        self.raw(name).map(strings_of).unwrap_or_default()
    }

    /// Any member.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// All members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

/// RFC 7519's NumericDate, within what we count with.
pub(crate) fn time_of(value: &Value) -> Option<i64> {
    // A fraction is cut by the cast, and what is out of range becomes the nearest `i64`, which the range then refuses.
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    (0..=TIME_MAX).contains(&seconds).then_some(seconds)
}

pub(crate) fn boolean_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

pub(crate) fn strings_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn typed_access() {
        let Value::Object(members) = json!({
            "iss": "https://idp", "aud": ["one"], "exp": 1700000000.9, "email_verified": "true",
            "groups": ["a", 1, "b"], "role": "x", "far": 1e300, "before": -1
        }) else {
            unreachable!()
        };
        let claims = Claims::proven(members);
        assert_eq!((claims.issuer(), claims.audience()), ("https://idp", "one"));
        assert_eq!(claims.expires_at(), Some(1_700_000_000));
        assert_eq!((claims.time("far"), claims.time("before"), claims.time("groups")), (None, None, None));
        assert_eq!(claims.boolean("email_verified"), Some(true));
        assert_eq!(claims.strings("groups"), ["a", "b"]);
        assert_eq!(claims.strings("role"), ["x"]);
        assert!(claims.strings("absent").is_empty());
    }
}
