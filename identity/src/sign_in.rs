//! What every sign-in through a browser shares: what we keep until the person is back, and what comes back.
//!
//! Invariants: a way back counts only with the `state` that we gave this browser, within [`SIGN_IN_TIME_S_MAX`], and without a
//! parameter twice. What is kept belongs on the server, bound to the browser's cookie; it is used once.

use url::{Url, form_urlencoded};

use crate::limits::{OPAQUE_BYTES_MAX, SIGN_IN_TIME_S_MAX};
use crate::random::{NoRandomness, challenge, random_text};
use crate::secret::Secret;

/// Where to send the browser, and what to keep until it is back.
#[derive(Debug)]
pub struct SignInStart {
    /// The provider's page.
    pub url: Url,
    /// To be kept, and given back with the callback.
    pub pending: PendingSignIn,
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// Ties the way back to this browser; also what to look a pending sign-in up by.
    pub state: Secret,
    /// Ties the ID token to this sign-in.
    pub nonce: Secret,
    /// Ties the code to us (PKCE).
    pub verifier: Secret,
    /// Where the provider was told to send the browser.
    pub redirect_uri: Url,
    /// When it began.
    pub began_at: i64,
}

/// What the browser brought back.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The code, unless there is an error.
    pub code: Option<Secret>,
    /// Our `state`.
    pub state: Option<Secret>,
    /// RFC 9207: who answers.
    pub issuer: Option<String>,
    /// Why not.
    pub error: Option<String>,
}

/// Why a way back does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// A parameter is there twice.
    #[error("the way back from the provider has `{0}` twice")]
    Twice(&'static str),
    /// A parameter is too long.
    #[error("the way back from the provider has a `{0}` longer than {OPAQUE_BYTES_MAX} bytes")]
    TooLong(&'static str),
    /// No state, or another browser's.
    #[error("the way back from the provider does not belong to the sign-in that began in this browser")]
    State,
    /// It took too long.
    #[error("the sign-in took longer than {} minutes", SIGN_IN_TIME_S_MAX / 60)]
    TooLate,
    /// Another provider answers than was asked.
    #[error("another provider answered than the one that was asked")]
    Issuer,
    /// The provider, or the person, refused.
    #[error("the provider refused the sign-in with `{0}`")]
    Refused(String),
    /// Neither code nor error.
    #[error("the way back from the provider has no code")]
    NoCode,
}

impl CallbackFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            CallbackFault::Refused(code) if code == "access_denied" => "sign in again and agree",
            CallbackFault::Refused(_) => "the provider's log says more",
            _ => "sign in again",
        }
    }
}

impl PendingSignIn {
    pub(crate) fn begin(redirect_uri: &Url, now: i64) -> Result<PendingSignIn, NoRandomness> {
        Ok(PendingSignIn {
            state: random_text()?,
            nonce: random_text()?,
            verifier: random_text()?,
            redirect_uri: redirect_uri.clone(),
            began_at: now,
        })
    }

    pub(crate) fn challenge(&self) -> String {
        challenge(&self.verifier)
    }

    /// The code, if the way back is this sign-in's. `issuer`: who must have answered; `says_issuer`: whether the provider
    /// promised to say so.
    pub(crate) fn accept(
        &self,
        callback: &Callback,
        issuer: &str,
        says_issuer: bool,
        now: i64,
    ) -> Result<Secret, CallbackFault> {
        if !callback.state.as_ref().is_some_and(|state| self.state.matches(state.expose())) {
            return Err(CallbackFault::State);
        }
        if !(0..=SIGN_IN_TIME_S_MAX).contains(&(now - self.began_at)) {
            return Err(CallbackFault::TooLate);
        }
        match &callback.issuer {
            Some(found) if found != issuer => return Err(CallbackFault::Issuer),
            None if says_issuer => return Err(CallbackFault::Issuer),
            _ => {}
        }
        if let Some(error) = &callback.error {
            return Err(CallbackFault::Refused(error.clone()));
        }
        callback.code.clone().ok_or(CallbackFault::NoCode)
    }
}

impl Callback {
    /// Reads the query of the way back.
    pub fn from_query(query: &str) -> Result<Callback, CallbackFault> {
        let mut callback = Callback::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, taken) = match &*name {
                "code" => ("code", callback.code.replace(Secret::new(&*value)).is_some()),
                "state" => ("state", callback.state.replace(Secret::new(&*value)).is_some()),
                "iss" => ("iss", callback.issuer.replace(value.to_string()).is_some()),
                "error" => ("error", callback.error.replace(error_code(&value)).is_some()),
                _ => continue,
            };
            if taken {
                return Err(CallbackFault::Twice(name));
            }
            if value.len() > OPAQUE_BYTES_MAX {
                return Err(CallbackFault::TooLong(name));
            }
        }
        Ok(callback)
    }
}

/// An error code of OAuth: somebody else's text in our messages, so only what such codes are made of.
pub(crate) fn error_code(text: &str) -> String {
    /// LIMIT: the longest registered code has 36 characters.
    const CODE_LENGTH_MAX: usize = 64;
    let plain = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    text.chars().filter(plain).take(CODE_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://idp.example.com";

    #[test]
    fn which_way_back_counts() {
        let redirect_uri = Url::parse("https://bussola.example.com/callback").expect("a URL");
        let pending = PendingSignIn::begin(&redirect_uri, NOW).expect("randomness");
        let state = pending.state.expose();
        let with_issuer = format!("code=c&state={state}&iss=https%3A%2F%2Fidp.example.com");
        let table = [
            (format!("code=c&state={state}"), false, NOW, Ok("c")),
            (with_issuer.clone(), true, NOW + SIGN_IN_TIME_S_MAX, Ok("c")),
            (with_issuer.clone(), false, NOW + SIGN_IN_TIME_S_MAX + 1, Err(CallbackFault::TooLate)),
            (with_issuer, false, NOW - 1, Err(CallbackFault::TooLate)),
            (format!("code=c&state={state}"), true, NOW, Err(CallbackFault::Issuer)),
            (format!("code=c&state={state}&iss=https://evil.example"), false, NOW, Err(CallbackFault::Issuer)),
            (format!("code=c&state={state}&iss=https://idp.example.com/"), true, NOW, Err(CallbackFault::Issuer)),
            ("code=c".into(), false, NOW, Err(CallbackFault::State)),
            ("code=c&state=".into(), false, NOW, Err(CallbackFault::State)),
            (format!("code=c&state={state}x"), false, NOW, Err(CallbackFault::State)),
            (format!("code=c&code=d&state={state}"), false, NOW, Err(CallbackFault::Twice("code"))),
            (format!("code=c&state={state}&state={state}"), false, NOW, Err(CallbackFault::Twice("state"))),
            (format!("state={state}"), false, NOW, Err(CallbackFault::NoCode)),
            (
                format!("error=access_denied<script>&state={state}"),
                false,
                NOW,
                Err(CallbackFault::Refused("access_deniedscript".into())),
            ),
            ("error=access_denied&state=other".into(), false, NOW, Err(CallbackFault::State)),
            (format!("code={}", "x".repeat(OPAQUE_BYTES_MAX + 1)), false, NOW, Err(CallbackFault::TooLong("code"))),
        ];
        for (query, says_issuer, now, expected) in table {
            let verdict = Callback::from_query(&query)
                .and_then(|callback| pending.accept(&callback, ISSUER, says_issuer, now))
                .map(|code| code.expose().to_string());
            assert_eq!(verdict, expected.map(str::to_string), "{query}");
        }
    }
}
