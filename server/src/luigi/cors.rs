//! The CORS headers of `/api`, as luigid's `[cors]` section says.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue};

use crate::config::Cors;

/// Adds to the reply of a preflight what the request's origin may know.
pub fn preflight(cors: &Cors, request: &HeaderMap, reply: &mut HeaderMap) {
    let Some(allowed) = allowed_origin(cors, request) else { return };
    reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    let mut put = |name: HeaderName, value: &str| {
        // A configured value that cannot stand in a header (a line break) is left out: the browser then refuses, safely.
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.insert(name, value);
        }
    };
    put(ACCESS_CONTROL_MAX_AGE, &cors.max_age.to_string());
    put(ACCESS_CONTROL_ALLOW_METHODS, &cors.allowed_methods);
    put(ACCESS_CONTROL_ALLOW_HEADERS, &cors.allowed_headers);
    if cors.allow_credentials {
        put(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !cors.exposed_headers.is_empty() {
        put(ACCESS_CONTROL_EXPOSE_HEADERS, &cors.exposed_headers);
    }
}

/// Adds to the reply of a call whether the request's origin may read it.
pub fn answer(cors: &Cors, request: &HeaderMap, reply: &mut HeaderMap) {
    let Some(allowed) = allowed_origin(cors, request) else { return };
    // The answer differs by origin only where it names one.
    if allowed != "null" && allowed != "*" {
        reply.insert(VARY, HeaderValue::from_static("Origin, Accept-Encoding"));
    }
    reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
}

/// Whether the request's origin may read answers.
pub fn allows(cors: &Cors, request: &HeaderMap) -> bool {
    allowed_origin(cors, request).is_some()
}

fn allowed_origin(cors: &Cors, request: &HeaderMap) -> Option<HeaderValue> {
    if !cors.enabled {
        return None;
    }
    let origin = request.get(ORIGIN).filter(|origin| !origin.is_empty())?;
    if origin == "null" {
        return cors.allow_null_origin.then(|| origin.clone());
    }
    if cors.allow_any_origin {
        return Some(HeaderValue::from_static("*"));
    }
    let allowed = cors.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
    allowed.then(|| origin.clone())
}
