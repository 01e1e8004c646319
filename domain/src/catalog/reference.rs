//! How things are named: entity refs as Backstage writes them, location refs, Compass's resource identifiers, slugs.
//!
//! INVARIANT: an [`EntityRef`] is in canonical form: lower case, `kind:namespace/name`, no part empty.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::problem::quoted;

/// The namespace of a ref that names none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// LIMIT: characters of a slug made from a name: what Backstage allows for a name.
const SLUG_CHARS_MAX: usize = 63;

/// Why text is not an entity ref.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RefError {
    /// A part is empty, as in `component:` or `/a`.
    #[error("{} is not of the form [<kind>:][<namespace>/]<name>", quoted(.written))]
    Form {
        /// The text.
        written: String,
    },
    /// No kind is written and the place it stands in implies none.
    #[error("{} does not say which kind it is", quoted(.written))]
    NoKind {
        /// The text.
        written: String,
    },
}

/// The parts of an entity ref as written, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefParts {
    /// The kind as written, or the default.
    pub kind: String,
    /// The namespace as written, or the default.
    pub namespace: String,
    /// The name as written.
    pub name: String,
}

impl RefParts {
    /// Parses `[<kind>:][<namespace>/]<name>`. The first `:` counts only when it stands before the first `/`.
    ///
    /// # Errors
    /// When a part is empty, or no kind is given and `default_kind` is none.
    pub fn parse(
        written: &str,
        default_kind: Option<&str>,
        default_namespace: Option<&str>,
    ) -> Result<RefParts, RefError> {
        let form = || RefError::Form { written: written.to_owned() };
        let slash = written.find('/');
        let colon = written.find(':').filter(|colon| slash.is_none_or(|slash| *colon < slash));
        let kind = colon.map(|colon| &written[..colon]);
        let after_colon = colon.map_or(0, |colon| colon + 1);
        let namespace = slash.map(|slash| &written[after_colon..slash]);
        let name = &written[slash.map_or(after_colon, |slash| slash + 1)..];
        if name.is_empty() || kind == Some("") || namespace == Some("") {
            return Err(form());
        }
        let Some(kind) = kind.or(default_kind) else {
            return Err(RefError::NoKind { written: written.to_owned() });
        };
        let namespace = namespace.or(default_namespace.filter(|namespace| !namespace.is_empty()));
        Ok(RefParts {
            kind: kind.to_owned(),
            namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            name: name.to_owned(),
        })
    }
}

/// The name of an entity: `component:default/payments-api`.
///
/// Cheap to clone: the graph holds each many times.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef(Arc<str>);

impl EntityRef {
    /// Parses a ref in full or with the kind alone; the namespace defaults to `default`.
    ///
    /// # Errors
    /// When it is not of the form, or names no kind.
    pub fn parse(written: &str) -> Result<EntityRef, RefError> {
        EntityRef::parse_in(written, None, None)
    }

    /// Parses a ref that stands in a field which implies a kind, in an entity whose namespace is the default.
    ///
    /// # Errors
    /// When it is not of the form, or no kind is given or implied.
    pub fn parse_in(
        written: &str,
        default_kind: Option<&str>,
        default_namespace: Option<&str>,
    ) -> Result<EntityRef, RefError> {
        let parts = RefParts::parse(written, default_kind, default_namespace)?;
        Ok(EntityRef::from_parts(&parts.kind, &parts.namespace, &parts.name))
    }

    /// A ref from parts that are known not to be empty.
    pub(crate) fn from_parts(kind: &str, namespace: &str, name: &str) -> EntityRef {
        let mut text = String::with_capacity(kind.len() + namespace.len() + name.len() + 2);
        for (part, end) in [(kind, ":"), (namespace, "/"), (name, "")] {
            text.push_str(&part.to_lowercase());
            text.push_str(end);
        }
        EntityRef(text.into())
    }

    /// `component:default/<name>`.
    ///
    /// # Errors
    /// When the name is empty.
    pub fn component(name: &str) -> Result<EntityRef, RefError> {
        EntityRef::parse_in(&format!("component:{DEFAULT_NAMESPACE}/{name}"), None, None)
    }

    /// The whole ref.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first `:`.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// The part between the first `:` and the `/` after it.
    pub fn namespace(&self) -> &str {
        let rest = self.0.split_once(':').map_or("", |(_, rest)| rest);
        rest.split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The part after that `/`.
    pub fn name(&self) -> &str {
        let rest = self.0.split_once(':').map_or("", |(_, rest)| rest);
        rest.split_once('/').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for EntityRef {
    type Err = RefError;

    fn from_str(written: &str) -> Result<EntityRef, RefError> {
        EntityRef::parse(written)
    }
}

impl std::borrow::Borrow<str> for EntityRef {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EntityRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EntityRef, D::Error> {
        let text = String::deserialize(deserializer)?;
        RefParts::parse(&text, None, None).map_err(serde::de::Error::custom)?;
        Ok(EntityRef(text.into()))
    }
}

/// Where a manifest is read from, as Backstage writes it in annotations: `url:https://…`, `file:./a.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocationRef {
    kind: String,
    target: String,
}

/// Why text is not a location ref.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LocationRefError {
    /// No `:` with something on both sides.
    #[error("{} is not of the form <type>:<target>", quoted(.written))]
    Form {
        /// The text.
        written: String,
    },
    /// A bare `http(s)` URL, whose scheme would be taken for the type.
    #[error("{} has no type before the URL", quoted(.written))]
    BareUrl {
        /// The text.
        written: String,
    },
}

impl LocationRef {
    /// Parses `<type>:<target>`.
    ///
    /// # Errors
    /// When there is no type or no target, or when the text is a bare URL.
    pub fn parse(written: &str) -> Result<LocationRef, LocationRefError> {
        let form = || LocationRefError::Form { written: written.to_owned() };
        let (kind, target) = written.split_once(':').ok_or_else(form)?;
        let (kind, target) = (trim_js(kind), trim_js(target));
        if kind.is_empty() || target.is_empty() {
            return Err(form());
        }
        if matches!(kind, "http" | "https") {
            return Err(LocationRefError::BareUrl { written: written.to_owned() });
        }
        Ok(LocationRef { kind: kind.to_owned(), target: target.to_owned() })
    }

    /// `url`, `file`, ….
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it points at.
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Display for LocationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.target)
    }
}

/// JavaScript's `trim`.
pub(crate) fn trim_js(text: &str) -> &str {
    text.trim_matches(is_js_space)
}

/// JavaScript's white space: Unicode's, and the byte-order mark, but not U+0085.
pub(crate) fn is_js_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// JavaScript's `length`: UTF-16 code units.
pub(crate) fn js_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// An Atlassian resource identifier: `ari:cloud:<owner>:<cloud>:<type>/<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ari<'a> {
    pub resource_type: &'a str,
    pub resource_id: &'a str,
}

impl<'a> Ari<'a> {
    /// As `parseARI` of Compass's SDK: `^ari:cloud:([^:/]+):([^:/]*):([^:/]*)/(.*)$`.
    pub fn parse(written: &'a str) -> Option<Ari<'a>> {
        let rest = written.strip_prefix("ari:cloud:")?;
        let (owner, rest) = rest.split_once(':')?;
        let (cloud, rest) = rest.split_once(':')?;
        let (resource_type, resource_id) = rest.split_once('/')?;
        let clean = |part: &str| !part.contains([':', '/']);
        // The dot of a JavaScript pattern does not match line ends.
        let one_line = !resource_id.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
        let fits = !owner.is_empty() && clean(owner) && clean(cloud) && clean(resource_type) && one_line;
        fits.then_some(Ari { resource_type, resource_id })
    }

    /// Exactly two parts after the type, which is what Compass's components have.
    pub fn is_two_part(written: &str) -> bool {
        Ari::parse(written).is_some_and(|ari| !ari.resource_id.is_empty() && ari.resource_id.split('/').count() == 2)
    }
}

/// A name that fits an entity ref, made from free text: `Payments API (v2)` becomes `payments-api-v2`.
///
/// Words are kept apart by single hyphens; what cannot be kept is dropped. When nothing is left (a name in a script
/// without Latin letters), the name is `x` and eight digits of a hash of the text, and such digits end a name that had to
/// be cut, so that two texts that differ keep different names.
pub fn slugify(text: &str) -> String {
    let mut slug = String::new();
    let mut gap = false;
    let mut previous_lower = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            gap = true;
            previous_lower = false;
            continue;
        }
        // `BillingDaily` is two words, `ETL` is one.
        let hump = c.is_ascii_uppercase() && previous_lower;
        if (gap || hump) && !slug.is_empty() {
            slug.push('-');
        }
        gap = false;
        previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        slug.push(c.to_ascii_lowercase());
        if slug.len() > SLUG_CHARS_MAX {
            slug.truncate(SLUG_CHARS_MAX - "-12345678".len());
            return format!("{}-{:08x}", slug.trim_end_matches('-'), fnv(text));
        }
    }
    if slug.is_empty() { format!("x{:08x}", fnv(text)) } else { slug }
}

/// FNV-1a: small, stable, and no secret depends on it.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        let check = |text, expected| assert_eq!(slugify(text), expected, "{text}");
        check("Payments API (v2)", "payments-api-v2");
        check("BillingDaily", "billing-daily");
        check("billing.Daily_Report", "billing-daily-report");
        check("ETL", "etl");
        check("my-slug", "my-slug");
        check("--a--", "a");
        check("支払い", "x2dfde558");
        check(&"a".repeat(63), &"a".repeat(63));
        let (long, other) = (slugify(&"a".repeat(64)), slugify(&"a".repeat(65)));
        assert_eq!((long.len(), other.len()), (63, 63));
        assert_ne!(long, other);
    }

    #[test]
    fn compass_identifiers() {
        let check = |text, parsed: bool, two: bool| {
            assert_eq!(Ari::parse(text).is_some(), parsed, "{text}");
            assert_eq!(Ari::is_two_part(text), two, "{text}");
        };
        check("ari:cloud:compass:c:component/a/b", true, true);
        check("ari:cloud:compass::component/a/b", true, true);
        check("ari:cloud:compass:c:component/a", true, false);
        check("ari:cloud:compass:c:component/a/b/c", true, false);
        check("ari:cloud:compass:c:component/", true, false);
        check("ari:cloud:identity::team/x", true, false);
        check("ari:cloud::c:component/a/b", false, false);
        check("ari:cloud:compass:c", false, false);
        check("foo", false, false);
    }
}
