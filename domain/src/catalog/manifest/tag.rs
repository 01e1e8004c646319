//! YAML tags: `!!str 5`, `!thing x`.

use granit_parser::{ScalarStyle, Tag};

use super::scalar::{self, Dialect};
use super::tree::{Number, Value};
use crate::catalog::problem::{Code, Finding, Span, quoted};

const TAG_PREFIX: &str = "tag:yaml.org,2002:";
pub(super) const TAG_SEQ: &str = "tag:yaml.org,2002:seq";
pub(super) const TAG_MAP: &str = "tag:yaml.org,2002:map";
pub(super) const TAG_MERGE: &str = "tag:yaml.org,2002:merge";

pub(super) fn name_of(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

pub(super) fn tagged_scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    dialect: Dialect,
    span: Span,
) -> Result<Value, Finding> {
    let string = || Value::String(text.to_owned());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { scalar::resolve(text, dialect) } else { string() });
    };
    let name = name_of(tag);
    let number = |value: Option<f64>| value.map(|value| Value::Number(Number { value, text: text.to_owned() }));
    let empty = style == ScalarStyle::Plain && text.is_empty();
    let resolved = match name.strip_prefix(TAG_PREFIX) {
        None if name == "!" => return Ok(string()),
        Some("str") => return Ok(string()),
        Some("null") => {
            (scalar::is_null(text) && (dialect == Dialect::Yaml || empty || !text.is_empty())).then_some(Value::Null)
        }
        Some("bool") => scalar::boolean(text).map(Value::Bool),
        Some("int") => number(scalar::integer(text, dialect)),
        // js-yaml's float takes integers too when it is asked for.
        Some("float") => number(scalar::float(text, dialect).or_else(|| {
            (dialect == Dialect::JsYaml && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')))
                .then(|| scalar::integer(text, dialect))
                .flatten()
        })),
        Some("merge") if text == "<<" => return Ok(string()),
        Some("timestamp") if dialect == Dialect::JsYaml => {
            scalar::is_timestamp(text).then(|| Value::Timestamp(text.to_owned()))
        }
        Some("map") if dialect == Dialect::JsYaml && empty => Some(Value::Map(Vec::new())),
        Some("seq") if dialect == Dialect::JsYaml && empty => Some(Value::List(Vec::new())),
        // Bytes are of no use in a manifest, and JSON cannot hold them.
        Some("binary") => return Err(bad_tag(&name, span)),
        _ => None,
    };
    match (resolved, dialect) {
        (Some(value), _) => Ok(value),
        (None, Dialect::Yaml) => Ok(string()),
        (None, Dialect::JsYaml) => Err(bad_tag(&name, span)),
    }
}

pub(super) fn bad_tag(name: &str, span: Span) -> Finding {
    let short = name.strip_prefix(TAG_PREFIX).map_or_else(|| name.to_owned(), |suffix| format!("!!{suffix}"));
    Finding::new(
        Code::BadTag,
        span,
        format!("the YAML tag {} cannot be used here", quoted(&short)),
        "remove the tag; quote the value if it must be text",
    )
}
