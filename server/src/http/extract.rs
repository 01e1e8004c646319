//! What comes in: query, path and body, each with our errors.

use axum::RequestPartsExt;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Query};
use axum::response::{IntoResponse, Response};
use bussola_store::Context;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{ApiError, ErrorCode};
use super::limits::BODY_TIME_MAX;

/// Who sends the request, and when: found out before it came here.
pub(super) struct By(pub Context);

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<By, ApiError> {
        let missing = || ApiError::new(ErrorCode::Internal, "nobody asked who sends this request", "");
        parts.extensions.get::<Context>().cloned().map(By).ok_or_else(missing)
    }
}

/// The query.
pub(super) struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, ApiError> {
        match parts.extract::<Query<T>>().await {
            Ok(Query(query)) => Ok(Params(query)),
            Err(rejection) => Err(ApiError::parameter(
                format!("the query cannot be read: {}", reason(&rejection.body_text())),
                "`GET /api/v1/openapi.json` says which parameters there are",
            )),
        }
    }
}

/// The variable parts of the path.
pub(super) struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send + 'static, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Segments<T>, ApiError> {
        match parts.extract::<Path<T>>().await {
            Ok(Path(segments)) => Ok(Segments(segments)),
            Err(rejection) => Err(ApiError::parameter(
                format!("the path cannot be read: {}", reason(&rejection.body_text())),
                "`GET /api/v1/openapi.json` says which paths there are",
            )),
        }
    }
}

/// What the library says without its own beginning.
fn reason(text: &str) -> String {
    let text = text.rsplit("Failed to deserialize query string: ").next().unwrap_or(text);
    let text = text.strip_prefix("Invalid URL: ").unwrap_or(text).trim_end_matches('.');
    // What the libraries say of numbers is for their callers.
    if let Some((name, why)) = text.rsplit_once(": ") {
        match why {
            "invalid digit found in string" | "cannot parse integer from empty string" => {
                return format!("`{name}` is no whole number");
            }
            "number too large to fit in target type" => return format!("`{name}` is too large a number"),
            _ => {}
        }
    }
    match text.strip_prefix("Cannot parse ").and_then(|text| text.split_once(" to a `u")) {
        Some((what, _)) => format!("{} is no whole number", what.rsplit(" with value ").next().unwrap_or(what)),
        None => text.to_owned(),
    }
}

/// The body as JSON.
pub(super) async fn body<T: DeserializeOwned>(body: Body, bytes_max: usize) -> Result<T, ApiError> {
    let bytes = match tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) if is_too_long(&error) => {
            let message = format!("the body is larger than {bytes_max} bytes");
            return Err(ApiError::new(ErrorCode::BodyTooLarge, message, "send less at once"));
        }
        Ok(Err(_)) => return Err(ApiError::new(ErrorCode::BadBody, "the body broke off", "send it again")),
        Err(_) => {
            let message = format!("the body did not arrive within {} s", BODY_TIME_MAX.as_secs());
            return Err(ApiError::new(ErrorCode::BodyTooSlow, message, "send it again"));
        }
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("the body cannot be read: {}", error.to_string().trim_end_matches('.'));
        ApiError::new(ErrorCode::BadBody, message, "`GET /api/v1/openapi.json` says what the path takes")
    })
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// An answer as JSON. Never stored by a cache: what it says was true when it left.
pub(super) struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.0) {
            Ok(body) => body,
            Err(error) => {
                return ApiError::new(ErrorCode::Internal, format!("cannot write the answer: {error}"), "")
                    .into_response();
            }
        };
        let mut reply = Response::new(Body::from(body));
        *reply.status_mut() = StatusCode::OK;
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }
}

/// What every handler returns.
pub(super) type Answer<T> = Result<Json<T>, ApiError>;

/// A page: how many items, and from which on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub offset: usize,
    pub limit: usize,
}

impl Slice {
    /// Checks what was asked for.
    pub fn of(offset: Option<usize>, limit: Option<usize>, default: usize, max: usize) -> Result<Slice, ApiError> {
        let limit = limit.unwrap_or(default);
        if limit == 0 || limit > max {
            let message = format!("`limit` is {limit}, it can be 1 to {max}");
            return Err(ApiError::parameter(message, "ask for smaller pages, and follow them"));
        }
        Ok(Slice { offset: offset.unwrap_or(0), limit })
    }

    /// The offset of the next page, if there is one.
    pub fn next(self, total: usize) -> Option<usize> {
        let next = self.offset.saturating_add(self.limit);
        (next < total).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_said_to_be_none() {
        let check = |said: &str, expected: &str| assert_eq!(reason(said), expected);
        check("Invalid URL: Cannot parse `abc` to a `u64`", "`abc` is no whole number");
        check("Invalid URL: Cannot parse `id` with value `abc` to a `u64`", "`abc` is no whole number");
        check("Failed to deserialize query string: limit: invalid digit found in string", "`limit` is no whole number");
        check(
            "Failed to deserialize query string: limit: number too large to fit in target type",
            "`limit` is too large a number",
        );
        check("Failed to deserialize query string: unknown field `x`", "unknown field `x`");
    }
}
