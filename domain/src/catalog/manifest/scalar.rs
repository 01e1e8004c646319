//! What a plain scalar means: the two dialects that manifests are written in.
//!
//! Compass reads with js-yaml 4 (`load`, its default schema), Backstage with the `yaml` package (its core schema). They
//! agree on most, and where they do not, a manifest is accepted by one and refused by the other: `0b11`, `.5e1`, `2024-01-01`.

use super::tree::{Number, Value};

/// Which program's reading of YAML applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// js-yaml 4, `load` with the default schema: Compass.
    JsYaml,
    /// The `yaml` package, version 2, core schema, merge keys off: Backstage; and ours.
    Yaml,
}

/// The value of a plain (unquoted, untagged) scalar.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Value {
    let first = match text.as_bytes().first() {
        None => return Value::Null,
        Some(first) => *first,
    };
    // Most scalars are words; only these can start anything else.
    if !matches!(first, b'0'..=b'9' | b'-' | b'+' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') {
        return Value::String(text.to_owned());
    }
    if is_null(text) {
        return Value::Null;
    }
    if let Some(value) = boolean(text) {
        return Value::Bool(value);
    }
    if let Some(value) = number(text, dialect) {
        return Value::Number(Number { value, text: text.to_owned() });
    }
    if dialect == Dialect::JsYaml && is_timestamp(text) {
        return Value::Timestamp(text.to_owned());
    }
    Value::String(text.to_owned())
}

/// `null` in one of its spellings.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// `true` or `false` in one of their spellings.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// An integer or a float.
pub(crate) fn number(text: &str, dialect: Dialect) -> Option<f64> {
    integer(text, dialect).or_else(|| float(text, dialect))
}

/// An integer. js-yaml allows a sign before a radix and knows binary; the `yaml` package does neither.
pub(crate) fn integer(text: &str, dialect: Dialect) -> Option<f64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let signed = digits.len() != text.len();
    let radix = match digits.get(..2) {
        Some("0x") => Some(16),
        Some("0o") => Some(8),
        Some("0b") if dialect == Dialect::JsYaml => Some(2),
        _ => None,
    };
    let value = match radix {
        Some(radix) if !signed || dialect == Dialect::JsYaml => in_radix(&digits[2..], radix)?,
        _ => {
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            digits.parse::<f64>().ok()?
        }
    };
    // js-yaml takes no number that a double cannot hold; the `yaml` package makes it infinite.
    (value.is_finite() || dialect == Dialect::Yaml).then_some(sign * value)
}

fn in_radix(digits: &str, radix: u32) -> Option<f64> {
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0.0, |value, c| Some(value * f64::from(radix) + f64::from(c.to_digit(radix)?)))
}

/// A number with a fraction or an exponent, an infinity, or not-a-number.
pub(crate) fn float(text: &str, dialect: Dialect) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if !whole.bytes().chain(fraction.unwrap_or("").bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    if whole.is_empty() {
        // `.5`: needs digits, and js-yaml takes no sign before it.
        if fraction.is_none_or(str::is_empty) || (dialect == Dialect::JsYaml && unsigned.len() != text.len()) {
            return None;
        }
    } else if fraction.is_none() && exponent.is_none() {
        return None; // an integer
    }
    let value = unsigned.parse::<f64>().ok()?;
    (value.is_finite() || dialect == Dialect::Yaml).then_some(sign * value)
}

/// js-yaml's timestamp: `2024-01-31`, or with a time in one of several spellings.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize, least: usize, most: usize| -> Option<usize> {
        let count = bytes[from.min(bytes.len())..].iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        (count >= least).then_some(from + count)
    };
    let literal = |from: usize, c: u8| -> Option<usize> { (bytes.get(from) == Some(&c)).then_some(from + 1) };
    let blanks = |from: usize| from + bytes[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let date = || {
        let at = literal(digits(0, 4, 4)?, b'-')?;
        let at = literal(digits(at, 2, 2)?, b'-')?;
        digits(at, 2, 2)
    };
    if date() == Some(bytes.len()) {
        return true;
    }
    let timestamp = || {
        let at = literal(digits(0, 4, 4)?, b'-')?;
        let at = literal(digits(at, 1, 2)?, b'-')?;
        let at = digits(at, 1, 2)?;
        let at = match bytes.get(at)? {
            b'T' | b't' => at + 1,
            b' ' | b'\t' => blanks(at),
            _ => return None,
        };
        let at = literal(digits(at, 1, 2)?, b':')?;
        let at = literal(digits(at, 2, 2)?, b':')?;
        let mut at = digits(at, 2, 2)?;
        if bytes.get(at) == Some(&b'.') {
            at += 1 + bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        }
        if at == bytes.len() {
            return Some(at);
        }
        let at = blanks(at);
        match bytes.get(at)? {
            b'Z' => Some(at + 1),
            b'+' | b'-' => {
                let at = digits(at + 1, 1, 2)?;
                match bytes.get(at) {
                    Some(b':') => digits(at + 1, 2, 2),
                    _ => Some(at),
                }
            }
            _ => None,
        }
    };
    timestamp() == Some(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_by_dialect() {
        let word = |value: &Value| match value {
            Value::Null => "null".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Number(n) => n.to_js_string(),
            Value::Timestamp(_) => "date".into(),
            Value::String(_) => "text".into(),
            _ => "?".into(),
        };
        let check = |text: &str, js_yaml: &str, yaml: &str| {
            assert_eq!(word(&resolve(text, Dialect::JsYaml)), js_yaml, "js-yaml: {text}");
            assert_eq!(word(&resolve(text, Dialect::Yaml)), yaml, "yaml: {text}");
        };
        check("", "null", "null");
        check("~", "null", "null");
        check("nULL", "text", "text");
        check("TRUE", "true", "true");
        check("yes", "text", "text");
        check("007", "7", "7");
        check("0x1F", "31", "31");
        check("-0x1F", "-31", "text");
        check("0o17", "15", "15");
        check("0b11", "3", "text");
        check("0b", "text", "text");
        check("1_000", "text", "text");
        check("+12", "12", "12");
        check("-", "text", "text");
        check("1.", "1", "1");
        check(".5", "0.5", "0.5");
        check("-.5", "text", "-0.5");
        check("1e3", "1000", "1000");
        check("1e999", "text", "Infinity");
        check(".inf", "Infinity", "Infinity");
        check("-.INF", "-Infinity", "-Infinity");
        check("+.nan", "text", "text");
        check(".", "text", "text");
        check("1.2.3", "text", "text");
        check("2024-01-31", "date", "text");
        check("2024-1-31", "text", "text");
        check("2024-1-3T4:05:06", "date", "text");
        check("2024-01-31 04:05:06.789 +2", "date", "text");
        check("2024-01-31 04:05:06 +2:30", "date", "text");
        check("2024-01-31 04:05:06 ", "text", "text");
    }
}
