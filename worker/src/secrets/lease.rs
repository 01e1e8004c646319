//! Leases: what must be renewed while a run lives, and what is revoked at its end.
//!
//! Each is renewed when two thirds of its life are over, a little earlier by chance. A provider that is down is asked again
//! until the lease has run out; one that says no, or gives hardly any time, is believed: the lease is lost.

use std::time::Duration;

use bussola_identity::Secret;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::time::Instant;

use super::provider::ProviderError;
use super::vault::Session;
use crate::limits::{RENEWAL_INTERVAL_MIN, RENEWAL_JITTER, RENEWED_AFTER, RETRY_INTERVAL_MAX};

/// How long it lives from now on.
pub(super) struct Renewed {
    pub(super) lifetime: Duration,
}

/// Something that ends unless it is renewed.
pub(super) struct Lease {
    name: String,
    /// `None`: the session itself.
    id: Option<Secret>,
    renewable: bool,
    ends: Instant,
    next: Instant,
}

impl Lease {
    pub(super) fn new(name: &str, id: Option<Secret>, lifetime: Duration, renewable: bool) -> Lease {
        let now = Instant::now();
        let mut lease = Lease { name: name.to_string(), id, renewable, ends: now, next: now };
        lease.lives_for(lifetime, now);
        lease
    }

    /// Names the lease to those who look for it, without giving it to them. Its id is long and random.
    pub(super) fn hash(&self) -> Option<String> {
        let id = self.id.as_ref()?;
        let hash = digest::digest(&digest::SHA256, id.expose().as_bytes());
        Some(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn lives_for(&mut self, lifetime: Duration, now: Instant) {
        self.ends = now + lifetime;
        self.next = if self.renewable { now + sooner(lifetime.mul_f64(RENEWED_AFTER)) } else { self.ends };
    }

    /// When to try again; `None`: it is lost.
    fn after(&mut self, renewed: Result<Renewed, ProviderError>, now: Instant) -> Option<ProviderError> {
        match renewed {
            Ok(Renewed { lifetime }) if lifetime > RENEWAL_INTERVAL_MIN => {
                self.lives_for(lifetime, now);
                self.next = self.next.max(now + RENEWAL_INTERVAL_MIN);
                None
            }
            Ok(_) => Some(self.spent()),
            Err(error) if error.is_passing() && now < self.ends => {
                let wait = sooner((self.ends - now) / 3).clamp(RENEWAL_INTERVAL_MIN, RETRY_INTERVAL_MAX);
                self.next = now + wait;
                None
            }
            Err(error) => Some(error),
        }
    }

    fn spent(&self) -> ProviderError {
        ProviderError::Unusable {
            reference: self.name.clone(),
            fault: "its lease cannot be prolonged further".to_string(),
        }
    }
}

/// Earlier by chance. Without randomness simply not.
fn sooner(wait: Duration) -> Duration {
    let mut random = [0; 1];
    let _ = SystemRandom::new().fill(&mut random);
    wait.mul_f64(1.0 - RENEWAL_JITTER * f64::from(random[0]) / 255.0)
}

/// A lease that ended before its run.
#[derive(Debug, thiserror::Error)]
#[error("the lease of `{name}` ended before the run")]
pub struct LeaseLost {
    /// Of what.
    pub name: String,
    /// Why.
    #[source]
    pub source: ProviderError,
}

/// All leases of a run.
#[derive(Default)]
pub struct Leases {
    session: Option<Session>,
    leases: Vec<Lease>,
}

impl std::fmt::Debug for Leases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leases").field("count", &self.leases.len()).finish_non_exhaustive()
    }
}

impl Leases {
    pub(super) fn new(mut session: Session, mut leases: Vec<Lease>) -> Leases {
        leases.extend(session.lease.take());
        Leases { session: Some(session), leases }
    }

    /// Renews what is due, for ever; comes back only with one that is lost, and can be called again then. Nothing is lost
    /// if it is dropped.
    pub async fn keep(&mut self) -> LeaseLost {
        loop {
            let due = (0..self.leases.len()).min_by_key(|index| self.leases[*index].next);
            let (Some(due), Some(session)) = (due, &self.session) else { return std::future::pending().await };
            tokio::time::sleep_until(self.leases[due].next).await;
            let lease = &mut self.leases[due];
            let trouble = if lease.renewable {
                let renewed = session.renew(lease.id.as_ref()).await;
                lease.after(renewed, Instant::now())
            } else {
                Some(lease.spent())
            };
            if let Some(source) = trouble {
                let name = self.leases.swap_remove(due).name;
                return LeaseLost { name, source };
            }
        }
    }

    /// Ends all of them.
    pub async fn revoke(self) -> Result<(), ProviderError> {
        match self.session {
            Some(session) => session.revoke().await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing() -> ProviderError {
        ProviderError::Failing { action: String::new(), provider: "vault", status: 503, said: String::new() }
    }

    fn refused() -> ProviderError {
        ProviderError::Refused { action: String::new(), provider: "vault", status: 403, said: String::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn renewals_come_early_and_trouble_is_borne_until_the_end() {
        let hour = Duration::from_secs(3_600);
        let mut lease = Lease::new("vault:database/creds/a", Some(Secret::new("id")), hour, true);
        let began = Instant::now();
        for _ in 0..50 {
            assert!(lease.after(Ok(Renewed { lifetime: hour }), began).is_none());
            let wait = lease.next - began;
            assert!(wait <= hour * 2 / 3 && wait >= hour / 2, "{wait:?}");
        }
        assert!(lease.after(Err(failing()), began).is_none());
        assert!(lease.next - began <= RETRY_INTERVAL_MAX);
        assert!(lease.after(Err(failing()), began + hour - Duration::from_millis(1)).is_none());
        assert!(lease.next >= began + hour, "no storm of questions at the end");
        assert!(lease.after(Err(failing()), began + hour).is_some());
        assert!(lease.after(Err(refused()), began).is_some());
        assert!(lease.after(Ok(Renewed { lifetime: RENEWAL_INTERVAL_MIN }), began).is_some());
        let fixed = Lease::new("session of vault", None, hour, false);
        assert_eq!(fixed.next, fixed.ends);
        assert_eq!((fixed.hash(), lease.hash().map(|hash| hash.len())), (None, Some(64)));
    }
}
