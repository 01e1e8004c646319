//! Witnesses: others who cosign our checkpoints once they have checked that the ledger only grew (C2SP tlog-witness).
//!
//! Each has a task that shows it the newest checkpoint with the proof of growth since the last one it saw, takes its
//! cosignature, and says how that went. What a witness refuses is the one thing it is there for: it is told loudly, and stays
//! told as long as it holds.
//!
//! INVARIANT: witnesses hold up nothing: neither commands nor the checkpoint that is served.
//! INVARIANT: an answer is believed as far as its signature goes. A witness can hide that it saw a checkpoint, not invent it.

use std::sync::Arc;
use std::time::Duration;

use bussola_ledger::{Cosignature, WitnessKey};
use bussola_store::Store;
use http::Uri;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::app::system_now;
use crate::limits::{WITNESS_AGAIN, WITNESS_DELAY_MAX, WITNESS_PAUSE};
use crate::{heavy, outbound};

/// One witness, as `[ledger] witnesses` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessSettings {
    /// Where it takes checkpoints: the prefix before `/add-checkpoint`.
    pub url: Uri,
    /// What opens its cosignatures.
    pub key: WitnessKey,
}

/// How it is with a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was not asked yet.
    New,
    /// It cosigned.
    Cosigned,
    /// It cannot be reached, or answers what we do not understand.
    Unreachable(String),
    /// It does not know this ledger, or not its key.
    Unknown(String),
    /// It saw another history under our name: the ledger was forked, cut or restored.
    Refused(String),
}

/// What is known of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// How it is.
    pub standing: Standing,
    /// Since when, in microseconds since 1970-01-01 UTC.
    pub since_us: i64,
    /// The size that it cosigned last.
    pub size: Option<u64>,
    /// When, in seconds since 1970-01-01 UTC by its own clock.
    pub at_s: Option<u64>,
}

/// A witness and what is known of it.
pub struct Witness {
    /// As configured.
    pub settings: WitnessSettings,
    known: Mutex<Witnessed>,
}

/// All of them.
pub struct Witnesses {
    /// Cosignatures that a checkpoint should have before it is served.
    pub quorum: usize,
    /// In the order of the file.
    pub all: Vec<Arc<Witness>>,
}

impl Witnesses {
    /// As configured.
    pub fn new(settings: &[WitnessSettings], quorum: usize) -> Witnesses {
        let known = || Witnessed { standing: Standing::New, since_us: system_now().0, size: None, at_s: None };
        let witness =
            |settings: &WitnessSettings| Arc::new(Witness { settings: settings.clone(), known: Mutex::new(known()) });
        Witnesses { quorum, all: settings.iter().map(witness).collect() }
    }

    /// Starts asking them. Their tasks end with the runtime.
    pub fn start(&self, store: &Store) {
        for witness in &self.all {
            tokio::spawn(keep(store.clone(), witness.clone(), store.published_sizes()));
        }
    }
}

impl Witness {
    /// What is known of it now.
    pub fn known(&self) -> Witnessed {
        self.known.lock().clone()
    }

    fn cosigned(&self, size: u64, cosignature: &Cosignature) {
        self.stands(Standing::Cosigned);
        let mut known = self.known.lock();
        (known.size, known.at_s) = (Some(size), Some(cosignature.at_s));
    }

    /// Says so where it is new.
    fn stands(&self, standing: Standing) {
        let mut known = self.known.lock();
        if known.standing == standing {
            return;
        }
        let (witness, url) = (self.settings.key.name(), &self.settings.url);
        match &standing {
            Standing::New => {}
            Standing::Cosigned => tracing::info!(%witness, "the witness cosigns"),
            Standing::Unreachable(why) => tracing::warn!(%witness, %url, %why, "the witness cannot be asked"),
            Standing::Unknown(why) => {
                tracing::warn!(%witness, %url, %why, hint = "give its operator the ledger's origin and key", "the witness does not know this ledger");
            }
            Standing::Refused(why) => {
                tracing::warn!(%witness, %url, %why, hint = "find out who else signs with the key of this ledger, or which backup was restored: `bussola ledger verify --checkpoint` against one that was kept", "FORK: the witness saw another history of this ledger");
            }
        }
        (known.standing, known.since_us) = (standing, system_now().0);
    }
}

async fn keep(store: Store, witness: Arc<Witness>, mut sizes: watch::Receiver<u64>) {
    // What it saw last; 0 makes it say.
    let mut seen = 0;
    let mut delay = WITNESS_PAUSE;
    loop {
        let asked = ask(&store, &witness, &mut seen).await;
        match asked {
            Ok(size) => {
                delay = WITNESS_PAUSE;
                tokio::time::sleep(WITNESS_PAUSE).await;
                // With nothing new it is asked again now and then: its time says how fresh the checkpoint is.
                let newer = tokio::time::timeout(WITNESS_AGAIN, sizes.wait_for(|newest| *newest > size)).await;
                if let Ok(Err(_)) = newer {
                    return;
                }
            }
            Err(standing) => {
                witness.stands(standing);
                tokio::time::sleep(jittered(delay)).await;
                delay = (delay * 2).min(WITNESS_DELAY_MAX);
                if sizes.has_changed().is_err() {
                    return;
                }
            }
        }
    }
}

/// A little more or less, so that many servers do not come back to a witness at one moment.
fn jittered(delay: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness it is the delay itself.
    let _none = getrandom::fill(&mut byte);
    delay.mul_f64(0.75 + f64::from(byte[0]) / 512.0)
}

/// Shows it the newest checkpoint. Returns the size that it has cosigned.
async fn ask(store: &Store, witness: &Witness, seen: &mut u64) -> Result<u64, Standing> {
    // Once more where it had seen another size than we believed.
    for is_first in [true, false] {
        let (store_there, old) = (store.clone(), *seen);
        let growth = heavy::read(move || store_there.growth(old)).await;
        let unreadable = |why: &str| Standing::Unreachable(format!("the proof for it cannot be made: {why}"));
        let growth = match growth {
            Some(Ok(growth)) => growth,
            Some(Err(error)) => return Err(unreadable(&error.to_string())),
            None => return Err(unreadable("the server is stopping")),
        };
        let newest = store.newest_checkpoint().map_or(0, |newest| newest.head.size);
        let Some(growth) = growth else { return Err(refused_longer(old, newest)) };
        let size = match store.verifying_key().open(&growth.note) {
            Ok(checkpoint) => checkpoint.size,
            Err(error) => return Err(unreadable(&error.to_string())),
        };
        if size == 0 {
            return Ok(0);
        }
        let answer = outbound::post(&witness.settings.url, "/add-checkpoint", growth.to_string()).await;
        let answer = answer.map_err(Standing::Unreachable)?;
        match answer.status {
            200 => {
                let found = witness.settings.key.find_in_answer(&growth.note, &answer.text);
                let cosignature = found
                    .map_err(|error| Standing::Unreachable(error.to_string()))?
                    .ok_or_else(|| Standing::Unreachable("its answer has no cosignature of its key".into()))?;
                store.cosign(size, &cosignature);
                witness.cosigned(size, &cosignature);
                *seen = size;
                return Ok(size);
            }
            409 => {
                let has = answer.text.trim_end_matches('\n').parse::<u64>().ok();
                match has {
                    Some(has) if has > size => return Err(refused_longer(has, size)),
                    Some(has) if has == old && old == size => return Err(refused(size, "another root of that size")),
                    Some(has) if is_first && has != old => *seen = has,
                    _ => return Err(Standing::Unreachable(format!("it answered 409: {}", shortened(&answer.text)))),
                }
            }
            422 => {
                *seen = 0;
                return Err(refused(old, "a ledger that ours does not begin with"));
            }
            403 | 404 => return Err(Standing::Unknown(format!("it answered {}", answer.status))),
            other => {
                return Err(Standing::Unreachable(format!("it answered {other}: {}", shortened(&answer.text))));
            }
        }
    }
    Err(Standing::Unreachable("what it saw last changes from one answer to the next".into()))
}

fn refused(size: u64, what: &str) -> Standing {
    Standing::Refused(format!("at {size} entries it saw {what}"))
}

fn refused_longer(seen: u64, size: u64) -> Standing {
    Standing::Refused(format!("it saw {seen} entries, the ledger has {size}"))
}

fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
