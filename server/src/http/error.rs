//! Errors of the REST API: one table of codes, and the body that each answer carries.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bussola_domain::catalog::Problem;
use bussola_store::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::wire::error::{ErrorBody, FileProblem};
use crate::app::Unavailable;

/// Whose doing an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request is wrong.
    Caller,
    /// The server, or what it stands on.
    Server,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $status:ident $fault:ident $retry:literal, $summary:literal;)+) => {
        /// The stable codes of the REST API, `B0201` to `B0299`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])+ $name,)+ }

        impl ErrorCode {
            /// Every code, in order of number.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)+];

            /// The number behind the `B`.
            pub fn number(self) -> u16 {
                match self { $(ErrorCode::$name => $number,)+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(ErrorCode::$name => StatusCode::$status,)+ }
            }

            /// Whose doing it is.
            pub fn fault(self) -> Fault {
                match self { $(ErrorCode::$name => Fault::$fault,)+ }
            }

            /// Whether the same request may succeed later.
            pub fn is_temporary(self) -> bool {
                match self { $(ErrorCode::$name => $retry,)+ }
            }

            /// One line for the table of codes.
            pub fn summary(self) -> &'static str {
                match self { $(ErrorCode::$name => $summary,)+ }
            }
        }
    };
}

codes! {
    /// No such path.
    NoSuchRoute = 201 NOT_FOUND Caller false, "the API has no such path";
    /// The path does not know the method.
    MethodNotAllowed = 202 METHOD_NOT_ALLOWED Caller false, "the path does not know this method";
    /// A part of the path or the query is not what it should be.
    BadParameter = 203 BAD_REQUEST Caller false, "a parameter of the path or the query is wrong";
    /// The body is not what it should be.
    BadBody = 204 BAD_REQUEST Caller false, "the body is not what the path takes";
    /// The body is not announced as JSON.
    NotJson = 205 UNSUPPORTED_MEDIA_TYPE Caller false, "a request that changes something is not announced as JSON";
    /// The body is larger than the limit.
    BodyTooLarge = 206 PAYLOAD_TOO_LARGE Caller false, "the body is larger than the limit";
    /// The body did not arrive in time.
    BodyTooSlow = 207 REQUEST_TIMEOUT Caller true, "the body did not arrive in time";
    /// The `Host` header names another server.
    WrongHost = 208 MISDIRECTED_REQUEST Caller false, "the request was meant for another host";
    /// There is no such entity.
    NoSuchEntity = 211 NOT_FOUND Caller false, "the catalog has no such entity";
    /// There is no such run.
    NoSuchRun = 212 NOT_FOUND Caller false, "there is no such run";
    /// There is no such task.
    NoSuchTask = 213 NOT_FOUND Caller false, "there is no such task";
    /// There is no such entry.
    NoSuchEntry = 214 NOT_FOUND Caller false, "the ledger has no such entry";
    /// Nobody of that name owns anything.
    NoSuchOwner = 215 NOT_FOUND Caller false, "there is no such owner";
    /// There is no such worker.
    NoSuchWorker = 216 NOT_FOUND Caller false, "there is no such worker here";
    /// No manifest declares the entity, or its text is no longer kept.
    NoManifest = 217 NOT_FOUND Caller false, "there is no text of a manifest that declares the entity";
    /// There is no such principal.
    NoSuchPrincipal = 218 NOT_FOUND Caller false, "there is nobody of that number who may act";
    /// No checkpoint covers such a tile.
    NoSuchTile = 219 NOT_FOUND Caller false, "no signed checkpoint covers the tile";
    /// Nothing names a text of that hash, or it is no longer kept.
    NoSuchText = 220 NOT_FOUND Caller false, "no text of this hash is kept";
    /// Manifests have problems.
    ManifestsRefused = 221 UNPROCESSABLE_ENTITY Caller false, "manifests have problems, nothing was changed";
    /// The task's status does not allow it.
    WrongStatus = 222 CONFLICT Caller false, "the task is in a status that does not allow this";
    /// Pausing is switched off.
    PauseDisabled = 223 CONFLICT Caller false, "pausing is switched off in the configuration";
    /// The entity cannot be written in that format.
    NotExportable = 224 UNPROCESSABLE_ENTITY Caller false, "the format has no place for this entity";
    /// The graph has more nodes or edges than a picture may have.
    GraphTooLarge = 225 UNPROCESSABLE_ENTITY Caller false, "the graph is too large for a picture";
    /// The worker of the run has left.
    RunOver = 226 CONFLICT Caller false, "the worker of the run has left: nobody would run its tasks";
    /// The task takes no messages.
    NoMessages = 227 CONFLICT Caller false, "the task takes no messages";
    /// It is not known who sends the request.
    NotIdentified = 228 UNAUTHORIZED Caller false, "it is not known who sends the request";
    /// Whoever sends the request may not.
    Denied = 229 FORBIDDEN Caller false, "no policy allows it, or one forbids it";
    /// They have as many tokens as anybody may.
    TooManyTokens = 230 CONFLICT Caller false, "they have as many tokens as anybody may have";
    /// The ledger cannot be written or read now.
    LedgerUnavailable = 231 SERVICE_UNAVAILABLE Server true, "the ledger cannot be used at the moment";
    /// Too many watch the event stream.
    TooManyWatchers = 232 SERVICE_UNAVAILABLE Server true, "too many clients follow the event stream";
    /// The ledger is damaged.
    LedgerDamaged = 233 INTERNAL_SERVER_ERROR Server false, "the ledger is not as it was written";
    /// A bug.
    Internal = 299 INTERNAL_SERVER_ERROR Server false, "a bug in bussola";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{:04}", self.number())
    }
}

/// Why a request is not answered as it hoped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Which kind.
    pub code: ErrorCode,
    /// What happened: lower case, one line, no period.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// What is wrong with manifests.
    pub problems: Vec<FileProblem>,
}

impl ApiError {
    /// An error.
    pub fn new(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), hint: hint.into(), problems: Vec::new() }
    }

    /// A parameter of the path or the query.
    pub fn parameter(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
        ApiError::new(ErrorCode::BadParameter, message, hint)
    }

    /// Manifests with problems.
    pub fn manifests(problems: &[Problem]) -> ApiError {
        let count = problems.len();
        let message = match count {
            1 => "cannot apply the manifests: one problem was found".to_owned(),
            _ => format!("cannot apply the manifests: {count} problems were found"),
        };
        ApiError {
            problems: problems.iter().map(FileProblem::of).collect(),
            ..ApiError::new(ErrorCode::ManifestsRefused, message, "correct them and apply again: nothing was changed")
        }
    }

    /// As the body of an answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            code: self.code.to_string(),
            message: self.message.clone(),
            hint: self.hint.clone(),
            problems: self.problems.clone(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let code = match &error {
            StoreError::NoSuchEntry { .. } => ErrorCode::NoSuchEntry,
            StoreError::Denied { denial } if denial.why.asks_to_sign_in() => ErrorCode::NotIdentified,
            StoreError::Denied { .. } => ErrorCode::Denied,
            error if error.is_temporary() => ErrorCode::LedgerUnavailable,
            // Not temporary: what was served and what there is are two ledgers.
            StoreError::Guard(_)
            | StoreError::Broken(_)
            | StoreError::Unreadable { .. }
            | StoreError::Unproven { .. } => ErrorCode::LedgerDamaged,
            StoreError::Read { .. } => ErrorCode::LedgerUnavailable,
            _ => ErrorCode::Internal,
        };
        ApiError::new(code, error.to_string(), error.hint())
    }
}

impl From<Unavailable> for ApiError {
    fn from(Unavailable(error): Unavailable) -> ApiError {
        error.into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.code.fault() == Fault::Server {
            tracing::warn!(code = %self.code, error = %self.message, "cannot answer a request");
        }
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut reply = Response::new(Body::from(body));
        *reply.status_mut() = self.code.status();
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.code.is_temporary() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        reply
    }
}
