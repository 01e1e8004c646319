//! Sign-ins that have begun, codes that wait for a command line, logout tokens that were used. In memory: who was on the way
//! when the server stopped begins again.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bussola_domain::command::Profile;
use bussola_domain::id::BlobHash;
use bussola_identity::limits::{LEEWAY_S, LOGOUT_TOKEN_AGE_S_MAX, SIGN_IN_TIME_S_MAX};
use bussola_identity::oidc::PendingDevice;
use bussola_identity::{Identity, PendingSignIn};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::limits::{CODE_TIME_S_MAX, PENDING_MAX};

/// SHA-256 of a secret that a command line keeps (PKCE, RFC 7636, method S256).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Challenge([u8; 32]);

impl Challenge {
    /// Reads one; base64url without padding.
    pub fn parse(text: &str) -> Option<Challenge> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Challenge)
    }

    fn is_of(&self, verifier: &str) -> bool {
        // Both are hashes: how long a comparison takes tells nothing.
        (43..=128).contains(&verifier.len()) && self.0 == <[u8; 32]>::from(Sha256::digest(verifier.as_bytes()))
    }
}

/// A command line that waits on a port of the loopback.
#[derive(Clone, Debug)]
pub(super) struct Loopback {
    pub port: u16,
    pub challenge: Challenge,
    pub state: String,
}

/// A sign-in that has begun.
pub(super) struct Began {
    pub provider: String,
    pub pending: PendingSignIn,
    /// Of the cookie of the browser in which it began.
    pub binding: BlobHash,
    pub return_to: String,
    pub cli: Option<Loopback>,
}

struct Code {
    challenge: Challenge,
    profile: Profile,
    identity: Identity,
    since: i64,
}

/// A device sign-in that has begun.
pub(super) struct Device {
    pub provider: String,
    pub pending: PendingDevice,
}

/// There is no place left.
#[derive(Debug)]
pub(super) struct Full;

/// What waits for somebody to come back.
#[derive(Default)]
pub struct Pending {
    began: Mutex<HashMap<BlobHash, Began>>,
    codes: Mutex<HashMap<BlobHash, Code>>,
    devices: Mutex<HashMap<BlobHash, Device>>,
    used: Mutex<HashMap<String, i64>>,
}

/// Makes room by what is over; then there is some, or none.
fn room<K, V>(map: &mut HashMap<K, V>, is_over: impl Fn(&V) -> bool) -> Result<(), Full> {
    if map.len() >= PENDING_MAX {
        map.retain(|_, value| !is_over(value));
    }
    if map.len() >= PENDING_MAX { Err(Full) } else { Ok(()) }
}

impl Pending {
    pub(super) fn keep(&self, began: Began, now: i64) -> Result<(), Full> {
        let mut all = self.began.lock();
        room(&mut all, |began| began.pending.began_at + SIGN_IN_TIME_S_MAX < now)?;
        all.insert(BlobHash::of(began.pending.state.expose().as_bytes()), began);
        Ok(())
    }

    /// Takes a sign-in out, by the state that came back, in the browser in which it began.
    pub(super) fn take(&self, state: &str, binding: Option<BlobHash>, provider: &str, now: i64) -> Option<Began> {
        let mut all = self.began.lock();
        let key = BlobHash::of(state.as_bytes());
        let fits = |began: &Began| Some(began.binding) == binding && began.provider == provider;
        // A stranger who learned the state must not take it away from its owner.
        if !all.get(&key).is_some_and(fits) {
            return None;
        }
        all.remove(&key).filter(|began| now <= began.pending.began_at + SIGN_IN_TIME_S_MAX)
    }

    pub(super) fn keep_code(
        &self,
        code: BlobHash,
        challenge: Challenge,
        profile: Profile,
        identity: Identity,
        now: i64,
    ) -> Result<(), Full> {
        let mut all = self.codes.lock();
        room(&mut all, |code| code.since + CODE_TIME_S_MAX < now)?;
        all.insert(code, Code { challenge, profile, identity, since: now });
        Ok(())
    }

    /// Takes a code out: a wrong verifier costs it.
    pub(super) fn take_code(&self, code: BlobHash, verifier: &str, now: i64) -> Option<(Profile, Identity)> {
        let code = self.codes.lock().remove(&code)?;
        let good = now <= code.since + CODE_TIME_S_MAX && code.challenge.is_of(verifier);
        good.then_some((code.profile, code.identity))
    }

    pub(super) fn keep_device(&self, handle: BlobHash, device: Device, now: i64) -> Result<(), Full> {
        let mut all = self.devices.lock();
        room(&mut all, |device| device.pending.expires_at() < now)?;
        all.insert(handle, device);
        Ok(())
    }

    /// Taken out while it is asked about: two questions at once would count as too early at the provider.
    pub(super) fn take_device(&self, handle: BlobHash) -> Option<Device> {
        self.devices.lock().remove(&handle)
    }

    /// Whether a logout token comes for the first time.
    pub(super) fn is_new(&self, token: &str, now: i64) -> bool {
        let mut used = self.used.lock();
        used.retain(|_, since| *since + LOGOUT_TOKEN_AGE_S_MAX + 2 * LEEWAY_S >= now);
        // Full only by tokens that the provider signed within minutes: then rather one too few is believed.
        used.len() < PENDING_MAX && used.insert(token.to_owned(), now).is_none()
    }
}
