//! The route of a manifest's text, as it was read.

use std::sync::Arc;

use axum::extract::State;
use bussola_domain::catalog::EntityRef;
use bussola_domain::model::Model;

use super::api::Api;
use super::catalog::{RefParts, no_entity};
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, Json, Segments};
use super::limits::MANIFEST_TEXT_BYTES_MAX;
use super::wire::catalog::{ManifestSource, format_name};
use super::wire::error::ErrorBody;
use super::wire::time_of;

/// Shows the manifest that declares an entity, as its author wrote it.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/manifest", tag = "catalog", operation_id = "getManifest",
    params(RefParts), responses((status = OK, body = ManifestSource), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Segments(parts): Segments<RefParts>) -> Answer<ManifestSource> {
    let reference = parts.reference()?;
    // The text is stored with the entries that name it.
    api.app.settled().await?;
    let source = api.large(move |store| {
        let (blob, source) = store.read(|model| declared(model, &reference))?;
        match store.blob(blob)? {
            Some(text) => Ok(with_text(source, &text)),
            None => Err(ApiError::new(
                ErrorCode::NoManifest,
                format!("the text of manifest `{}` is no longer kept", source.path),
                "apply it again",
            )),
        }
    });
    Ok(Json(source.await?))
}

fn declared(model: &Model, reference: &EntityRef) -> Result<(bussola_domain::id::BlobHash, ManifestSource), ApiError> {
    if model.catalog.get(reference).is_none() {
        return Err(no_entity(reference));
    }
    let Some(declared) = model.catalog.declared(reference) else {
        let message = format!("no manifest declares `{reference}`: only its runs have shown it");
        let hint = "`bussola catalog export --ref REF` writes a first draft of one";
        return Err(ApiError::new(ErrorCode::NoManifest, message, hint));
    };
    let origin = &declared.entity.origin;
    let source = ManifestSource {
        path: origin.path.clone(),
        format: format_name(origin.format).to_owned(),
        hash: origin.blob.to_string(),
        read: time_of(model.catalog.manifest(&origin.path).map(|manifest| manifest.at)),
        line: origin.line,
        line_end: origin.line,
        first_line: 1,
        text: String::new(),
        cut: false,
    };
    Ok((origin.blob, source))
}

fn with_text(source: ManifestSource, text: &str) -> ManifestSource {
    let skipped = source.line.saturating_sub(1) as usize;
    let own = text.split_inclusive('\n').skip(skipped);
    // A document begins with its first line, which may be a marker; the next marker ends it.
    let lines = own.clone().skip(1).take_while(|line| !line.starts_with("---")).count();
    let source = ManifestSource { line_end: source.line.saturating_add(lines as u32), ..source };
    if text.len() <= MANIFEST_TEXT_BYTES_MAX {
        return ManifestSource { text: text.to_owned(), ..source };
    }
    let start = text.len() - own.map(str::len).sum::<usize>();
    let mut end = text.len().min(start + MANIFEST_TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    ManifestSource { text: text[start..end].to_owned(), first_line: source.line, cut: true, ..source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_begin_with_the_entity() {
        let blank = |line: u32| ManifestSource {
            path: "a.yaml".into(),
            format: "backstage".into(),
            hash: String::new(),
            read: None,
            line,
            line_end: line,
            first_line: 1,
            text: String::new(),
            cut: false,
        };
        let text = "a: 1\nb: 2\n---\nc: 3\nd: 4\n---\ne: 5\n";
        let check = |line: u32, end: u32| assert_eq!(with_text(blank(line), text).line_end, end, "{line}");
        check(1, 2);
        check(3, 5);
        check(4, 5);
        check(7, 7);
        check(99, 99);
        let whole = with_text(blank(4), text);
        assert_eq!((whole.text.as_str(), whole.first_line, whole.cut), (text, 1, false));
        let at_limit = "x".repeat(MANIFEST_TEXT_BYTES_MAX);
        assert!(!with_text(blank(1), &at_limit).cut);
        let long = format!("{text}{}", "é".repeat(MANIFEST_TEXT_BYTES_MAX));
        let cut = with_text(blank(4), &long);
        assert!(cut.cut && cut.first_line == 4 && cut.text.starts_with("c: 3\n"));
        assert!(cut.text.len() <= MANIFEST_TEXT_BYTES_MAX);
    }
}
