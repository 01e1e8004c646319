//! Routes for whoever takes evidence out: texts that entries commit to, and the entry that says that it was taken.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bussola_domain::catalog::EntityRef;
use bussola_domain::command::RecordExport;
use bussola_domain::evidence::EvidenceExported;
use bussola_domain::id::{BlobHash, NameId};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, By, Json, Segments, body};
use super::limits::BODY_BYTES_MAX;
use super::runs::moment;
use super::wire::error::ErrorBody;
use super::wire::ledger::{ExportRecorded, ExportRequest, NameText};

/// LIMIT: frameworks are known to the command line; the entry takes any short word, so that newer ones need no newer server.
const FRAMEWORK_BYTES_MAX: usize = 64;

/// Gives a text that an entry commits to by its SHA-256: an error, a manifest, a reason.
#[utoipa::path(
    get, path = "/ledger/texts/{hash}", tag = "ledger", operation_id = "getText",
    params(("hash" = String, Path, description = "Its SHA-256, in hex")),
    responses(
        (status = OK, content_type = "text/plain", body = String), (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(super) async fn text(State(api): State<Arc<Api>>, Segments(hash): Segments<String>) -> Result<Response, ApiError> {
    let hash = blob_hash("hash", &hash)?;
    let found = api.large(move |store| Ok(store.blob(hash)?)).await?;
    let found = found.ok_or_else(|| no_text(format!("no text of the hash {hash} is kept")))?;
    let mut reply = Response::new(Body::from(found));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(reply)
}

/// Gives the text of a name, which may be a person's, with the salt that ties it to its hash in the entry `names.given`.
#[utoipa::path(
    get, path = "/ledger/names/{name}", tag = "ledger", operation_id = "getName",
    params(("name" = u32, Path, description = "Its number in entries")),
    responses((status = OK, body = NameText), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn name(State(api): State<Arc<Api>>, Segments(name): Segments<u32>) -> Answer<NameText> {
    let found = api.large(move |store| Ok(store.name(NameId(name))?)).await?;
    let (salt, text) = found.ok_or_else(|| no_text(format!("name {name} is not there, or was erased")))?;
    let salt = salt.0.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Json(NameText { name, salt, text }))
}

/// Records that evidence is taken out, with the hash of its manifest: the entry vouches for the whole bundle.
#[utoipa::path(
    post, path = "/evidence/exports", tag = "ledger", operation_id = "recordExport",
    request_body = ExportRequest,
    responses((status = OK, body = ExportRecorded), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn record(State(api): State<Arc<Api>>, by: By, request: Body) -> Answer<ExportRecorded> {
    let request: ExportRequest = body(request, BODY_BYTES_MAX).await?;
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !is_word(&request.framework) || request.framework.len() > FRAMEWORK_BYTES_MAX {
        return Err(ApiError::parameter("`framework` is not a short word in lower case", "for example `soc2`"));
    }
    let component = request.component.as_deref().map(|component| {
        let hint = "a ref is `component:default/payments-api`";
        EntityRef::parse(component).map_err(|error| ApiError::parameter(format!("`component`: {error}"), hint))
    });
    let exported = EvidenceExported {
        component: component.transpose()?.map(|component| component.to_string()),
        framework: request.framework,
        from: moment("from", &request.from)?,
        manifest: blob_hash("manifest", &request.manifest)?,
        to: moment("to", &request.to)?,
    };
    api.execute(&by, RecordExport(exported)).await?;
    Ok(Json(ExportRecorded { size: api.app.store.head().size }))
}

fn blob_hash(name: &str, text: &str) -> Result<BlobHash, ApiError> {
    text.parse().map_err(|_| ApiError::parameter(format!("`{name}` is not a SHA-256"), "64 lower-case hex digits"))
}

fn no_text(message: String) -> ApiError {
    ApiError::new(
        ErrorCode::NoSuchText,
        message,
        "retention deletes error texts with age, and `bussola ledger erase` names",
    )
}
