//! Signing in on a machine without a browser (RFC 8628): the person opens the provider's page anywhere and types a code;
//! meanwhile the command line asks here, and the server asks the provider.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bussola_domain::id::BlobHash;
use bussola_identity::oidc::DeviceOutcome;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::pending::Device;
use super::providers::SignInFault;
use super::{cli_session, json_body, json_reply, seconds};
use crate::app::App;
use crate::http::error::{ApiError, ErrorCode};
use crate::secret::Secret;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    provider: String,
}

/// What to show to the person, and what to ask with.
#[derive(Serialize, Deserialize)]
pub struct DeviceCode {
    /// To ask with.
    pub handle: String,
    /// To be typed at the page.
    pub user_code: String,
    /// The page.
    pub verification_uri: String,
    /// The page with the code filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    handle: String,
}

/// Nobody has signed in yet.
#[derive(Serialize, Deserialize)]
pub struct StillPending {
    /// Ask again in so many seconds, not before.
    pub again_in_seconds: i64,
}

fn refused(what: impl Into<String>, hint: &str) -> ApiError {
    ApiError::new(ErrorCode::NotIdentified, what, hint)
}

fn fault(error: &SignInFault) -> ApiError {
    tracing::warn!(%error, "a sign-in with a code failed");
    refused(error.to_string(), error.hint())
}

pub(super) async fn start(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let Start { provider: name } = json_body(&headers, body).await?;
    let providers = app.login.as_ref().ok_or_else(|| refused("nobody can sign in here", ""))?;
    let provider = providers.find(&name).ok_or_else(|| refused(format!("there is no provider `{name}`"), ""))?;
    let now = seconds(app.clock.now(&headers));
    let started = provider.begin_device(now).await.map_err(|error| fault(&error))?;
    let handle = Secret::draw("")
        .map_err(|error| ApiError::new(ErrorCode::Internal, format!("no random numbers: {error}"), ""))?;
    let device = Device { provider: name, pending: started.pending };
    let full = |_| refused("too many people are signing in at this moment", "try again in a minute");
    providers.pending.keep_device(handle.hash(), device, now).map_err(full)?;
    Ok(json_reply(&DeviceCode {
        handle: handle.reveal().to_owned(),
        user_code: started.user_code,
        verification_uri: started.verification_uri.into(),
        verification_uri_complete: started.verification_uri_complete.map(Into::into),
    }))
}

pub(super) async fn poll(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let Poll { handle } = json_body(&headers, body).await?;
    let again = "run `bussola login` again";
    let hash = BlobHash::of(handle.as_bytes());
    let now = app.clock.now(&headers);
    let providers = app.login.as_ref().ok_or_else(|| refused("nobody can sign in here", ""))?;
    let mut device =
        providers.pending.take_device(hash).ok_or_else(|| refused("this sign-in is not known or over", again))?;
    let provider = providers.find(&device.provider).ok_or_else(|| refused("its provider is gone", again))?;
    let outcome = provider.poll_device(&mut device.pending, seconds(now)).await;
    match outcome {
        Ok(DeviceOutcome::Pending { again_in_s }) => {
            let full = |_| refused("too many people are signing in at this moment", again);
            providers.pending.keep_device(hash, device, seconds(now)).map_err(full)?;
            Ok(json_reply(&StillPending { again_in_seconds: again_in_s }))
        }
        Ok(DeviceOutcome::Denied) => Err(refused("the sign-in was refused", again)),
        Ok(DeviceOutcome::Expired) => Err(refused("nobody typed the code in time", again)),
        Ok(DeviceOutcome::SignedIn(sign_in)) => {
            let profile = provider.profile(&sign_in.identity);
            cli_session(&app, now, profile, sign_in.identity).await
        }
        Err(error) => Err(fault(&error)),
    }
}
