//! Which format a file has: its content says, else its name.
//!
//! Only keys at the start of a line are looked at, in text, so that a file whose YAML is broken is still told apart and its
//! author gets the error of the right format.

use crate::catalog::model::Format;
use crate::catalog::problem::{Code, Finding, Span, quoted};

/// The format of a file.
pub(crate) fn format(path: &str, text: &str) -> Result<Format, Finding> {
    by_content(text).or_else(|| by_name(path)).ok_or_else(|| {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        Finding::new(
            Code::UnknownFormat,
            Span::START,
            format!("{} is not a manifest: neither its content nor its name says which format it has", quoted(name)),
            "name it compass.yml, catalog-info.yaml or bussola.yaml, or start it with `configVersion: 1`, `apiVersion:` or `bussola: 1`",
        )
    })
}

fn by_content(text: &str) -> Option<Format> {
    let mut seen = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let key = line.split_once(':').map(|(key, rest)| (key.trim_end().trim_matches(['"', '\'']), rest));
        let Some((key, rest)) = key.filter(|(_, rest)| rest.is_empty() || rest.starts_with([' ', '\t'])) else {
            continue;
        };
        match key {
            "bussola" => return Some(Format::Bussola),
            "apiVersion" => return Some(Format::Backstage),
            // Only Compass has this key; the others of its keys (`name`, `fields`) stand in many kinds of files.
            "configVersion" => return Some(Format::Compass),
            "typeId" | "customFields" => seen = Some(Format::Compass),
            "metadata" | "kind" if seen.is_none() && !rest.contains('{') => seen = Some(Format::Backstage),
            _ => {}
        }
    }
    seen
}

fn by_name(path: &str) -> Option<Format> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))?;
    // `payments.compass.yml` and `compass.yml` alike.
    let ends =
        |wanted: &str| stem == wanted || stem.strip_suffix(wanted).is_some_and(|rest| rest.ends_with(['.', '-', '_']));
    if ends("bussola") {
        Some(Format::Bussola)
    } else if ends("compass") {
        Some(Format::Compass)
    } else if ends("catalog-info") || ends("catalog") {
        Some(Format::Backstage)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_first_then_name() {
        let check = |path, text, expected| assert_eq!(format(path, text).ok(), expected, "{path} {text:?}");
        check("x.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component", Some(Format::Backstage));
        check("compass.yml", "apiVersion: backstage.io/v1alpha1\nkind: Component", Some(Format::Backstage));
        check("x.yaml", "name: a\nconfigVersion: 1", Some(Format::Compass));
        check("x.yaml", "# c\nbussola: 1", Some(Format::Bussola));
        check("x.yaml", "---\n\"apiVersion\": v1", Some(Format::Backstage));
        check("a/compass.yml", "name: a", Some(Format::Compass));
        check("a/compass.yaml", "", Some(Format::Compass));
        check("catalog-info.yaml", "{broken", Some(Format::Backstage));
        check("bussola.yaml", "", Some(Format::Bussola));
        check("x.yaml", "name: a", None);
        check("x.yaml", "  apiVersion: v1", None);
        check("x.json", "", None);
    }
}
