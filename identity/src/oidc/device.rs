//! The device flow (RFC 8628): the person opens a page anywhere and types a code; meanwhile the server asks the provider, on
//! behalf of a command line that has no browser.

use serde_json::Value;
use url::Url;

use super::metadata::safe_url;
use super::{OidcError, Provider, SignIn};
use crate::identity::name_of;
use crate::limits::{DEVICE_INTERVAL_S, DEVICE_TIME_S_MAX, OPAQUE_BYTES_MAX};
use crate::secret::Secret;

/// What to show to the person, and what to keep.
#[derive(Debug)]
pub struct DeviceStart {
    /// To be typed at the page.
    pub user_code: String,
    /// The page.
    pub verification_uri: Url,
    /// The page with the code filled in.
    pub verification_uri_complete: Option<Url>,
    /// To be kept on the server, and asked with.
    pub pending: PendingDevice,
}

/// A device sign-in that has begun.
#[derive(Clone, Debug)]
pub struct PendingDevice {
    code: Secret,
    interval_s: i64,
    next_at: i64,
    expires_at: i64,
}

/// How a device sign-in stands.
#[derive(Debug)]
pub enum DeviceOutcome {
    /// The person has not answered; ask again in so many seconds, not before.
    Pending {
        /// Seconds.
        again_in_s: i64,
    },
    /// The person, or the provider, refused.
    Denied,
    /// The person did not come in time.
    Expired,
    /// Here is who it is.
    SignedIn(Box<SignIn>),
}

impl PendingDevice {
    /// When it is over.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

impl Provider {
    /// Begins a device sign-in.
    pub async fn begin_device(&self, now: i64) -> Result<DeviceStart, OidcError> {
        let metadata = self.metadata(now).await?;
        let url = metadata.device_authorization_endpoint.as_ref();
        let url = url.ok_or(OidcError::Unsupported("device flow"))?;
        let members = self.post(&metadata, url, "device authorization", &[("scope", &self.scope())]).await?;
        let missing = |member| OidcError::Answer { endpoint: "device authorization", member };
        let code = members.get("device_code").and_then(Value::as_str);
        let code = code.filter(|code| (1..=OPAQUE_BYTES_MAX).contains(&code.len())).ok_or(missing("device_code"))?;
        let user_code = name_of(members.get("user_code")).ok_or(missing("user_code"))?;
        // They are printed on a terminal.
        if user_code.chars().any(char::is_control) {
            return Err(missing("user_code"));
        }
        let verification_uri = members.get("verification_uri").and_then(safe_url).ok_or(missing("verification_uri"))?;
        let expires_in = members.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
        let expires_in = expires_in.ok_or(missing("expires_in"))?.min(DEVICE_TIME_S_MAX);
        let interval = members.get("interval").and_then(Value::as_i64).unwrap_or(DEVICE_INTERVAL_S);
        let interval_s = interval.clamp(1, DEVICE_TIME_S_MAX);
        Ok(DeviceStart {
            user_code,
            verification_uri,
            verification_uri_complete: members.get("verification_uri_complete").and_then(safe_url),
            pending: PendingDevice {
                code: Secret::new(code),
                interval_s,
                next_at: now + interval_s,
                expires_at: now + expires_in,
            },
        })
    }

    /// Asks how it stands. Too early a question is answered here and not passed on.
    pub async fn poll_device(&self, pending: &mut PendingDevice, now: i64) -> Result<DeviceOutcome, OidcError> {
        if now >= pending.expires_at {
            return Ok(DeviceOutcome::Expired);
        }
        if now < pending.next_at {
            return Ok(DeviceOutcome::Pending { again_in_s: pending.next_at - now });
        }
        pending.next_at = now + pending.interval_s;
        let metadata = self.metadata(now).await?;
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let fields = [("grant_type", grant), ("device_code", pending.code.expose())];
        match self.request_tokens(&metadata, &fields).await {
            Ok(tokens) => {
                // The code is used up.
                pending.expires_at = now;
                let sign_in = self.sign_in(&metadata, tokens, None, now).await?;
                Ok(DeviceOutcome::SignedIn(Box::new(sign_in)))
            }
            Err(OidcError::Refused(code)) => match code.as_str() {
                "authorization_pending" => Ok(DeviceOutcome::Pending { again_in_s: pending.interval_s }),
                "slow_down" => {
                    // RFC 8628, section 3.5: five seconds more from now on.
                    pending.interval_s += DEVICE_INTERVAL_S;
                    pending.next_at = now + pending.interval_s;
                    Ok(DeviceOutcome::Pending { again_in_s: pending.interval_s })
                }
                "access_denied" => Ok(DeviceOutcome::Denied),
                "expired_token" => Ok(DeviceOutcome::Expired),
                _ => Err(OidcError::Refused(code)),
            },
            Err(other) => Err(other),
        }
    }
}
