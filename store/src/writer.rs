//! Who drives the engine: a thread of its own, and callers that find it idle.
//!
//! Waking a thread and being woken by it costs more than a small command itself. So a caller that finds nothing waiting and
//! nobody writing, now or a moment ago, does the writer's work for its own command, there and then. Under load commands
//! come close upon each other: then they share transactions, and the callers' threads are free.
//!
//! INVARIANT: the engine is behind one lock, and what waits goes first: commands take effect in the order in which they came.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bussola_domain::id::{BlobHash, Timestamp};
use bussola_domain::model::Command;

use crate::engine::Engine;
use crate::error::StoreError;
use crate::job::Job;
use crate::limits::{CHECKPOINT_INTERVAL, PAUSE_MIN, RETRY_DELAY_MAX, RETRY_DELAY_MIN};
use crate::options::Sync;
use crate::store::Shared;

/// What the writer is asked to do.
pub(crate) enum Work {
    /// A command.
    Job(Box<dyn Job>),
    /// Something of the store's own.
    Chore(Chore),
}

/// What the store asks of itself.
pub(crate) enum Chore {
    /// A checkpoint for what has none yet.
    Sign,
    /// The write-ahead log was copied into the database.
    Restart,
    /// The write-ahead log has grown too long.
    Fold,
    /// Delete some old history; error texts that the model still names stay.
    Forget { before: Timestamp, in_use: HashSet<BlobHash> },
}

/// The engine, and when to do what with it.
pub(crate) struct Writer {
    engine: Engine,
    jobs: VecDeque<Box<dyn Job>>,
    /// When the last group was done.
    ended: Instant,
    /// When a checkpoint was signed last.
    signed: Instant,
    /// After a failure: when to try again, and how long to wait after the next one.
    retry_at: Option<Instant>,
    retry_delay: Duration,
}

pub(crate) fn spawn(shared: Arc<Shared>) -> Result<JoinHandle<()>, StoreError> {
    let body = move || {
        let _end = EndWithTheWriter;
        let mut waiting = VecDeque::new();
        while shared.queue.wait() {
            // First the lock, then what waits: until then nobody finds the queue empty and goes ahead.
            let mut writer = shared.writer.lock();
            shared.queue.take(&mut waiting);
            for work in waiting.drain(..) {
                match work {
                    Work::Job(job) => writer.jobs.push_back(job),
                    Work::Chore(chore) => {
                        writer.run_jobs();
                        writer.run_chore(chore, &shared);
                    }
                }
            }
            writer.run_jobs();
        }
        shared.writer.lock().finish();
    };
    let spawned = std::thread::Builder::new().name("bussola-writer".into()).spawn(body);
    spawned.map_err(|error| StoreError::file("start", std::path::Path::new("writer thread"), error))
}

/// Without a writer nothing can be kept, and whoever waits for it would wait for ever: the process ends, whole as after
/// `kill -9`, and whoever watches it starts it anew.
struct EndWithTheWriter;

impl Drop for EndWithTheWriter {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

impl Shared {
    /// Executes the command on this thread if it is brief and would be first; gives it back if not.
    pub(crate) fn execute_at_once<C: Command>(&self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        // A flush of the disk takes long enough to share it.
        if C::LONG || self.options.sync == Sync::Always {
            return Some(job);
        }
        let Some(mut writer) = self.writer.try_lock() else { return Some(job) };
        if !self.queue.is_idle() || writer.ended.elapsed() < PAUSE_MIN || !writer.engine.is_ready() {
            return Some(job);
        }
        writer.jobs.push_back(job);
        writer.run_jobs();
        None
    }
}

impl Writer {
    pub(crate) fn new(engine: Engine) -> Writer {
        Writer {
            engine,
            jobs: VecDeque::new(),
            ended: Instant::now(),
            signed: Instant::now(),
            retry_at: None,
            retry_delay: RETRY_DELAY_MIN,
        }
    }

    fn run_jobs(&mut self) {
        while !self.jobs.is_empty() {
            if self.engine.broken().is_some() && self.may_retry() {
                self.engine.mend();
            }
            let sign = self.signed.elapsed() >= CHECKPOINT_INTERVAL;
            self.engine.group(&mut self.jobs, sign);
            if sign {
                self.signed = Instant::now();
            }
            if self.engine.broken().is_none() {
                (self.retry_at, self.retry_delay) = (None, RETRY_DELAY_MIN);
            } else if self.may_retry() {
                self.retry_at = Some(Instant::now() + self.retry_delay);
                self.retry_delay = (self.retry_delay * 2).min(RETRY_DELAY_MAX);
            }
        }
        self.ended = Instant::now();
    }

    fn may_retry(&self) -> bool {
        self.retry_at.is_none_or(|at| at <= Instant::now())
    }

    fn run_chore(&mut self, chore: Chore, shared: &Shared) {
        let (what, done) = match chore {
            Chore::Sign => {
                self.engine.sign();
                return;
            }
            Chore::Restart => ("start the log anew", self.engine.journal().restart().map_err(StoreError::read)),
            Chore::Fold => ("fold the log", self.engine.journal().fold().map_err(StoreError::read)),
            Chore::Forget { before, in_use } => {
                let more = self.engine.forget(before, &|hash| in_use.contains(&hash));
                if let Ok(true) = more {
                    // Others' commands go between.
                    shared.queue.push_chore(Work::Chore(Chore::Forget { before, in_use }));
                }
                ("delete old history", more.map(drop))
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "cannot {what}");
        }
    }

    /// A last checkpoint, and the log folded.
    fn finish(&mut self) {
        self.engine.sign();
        if let Err(error) = self.engine.journal().finish() {
            tracing::warn!(%error, "cannot fold the log at the end");
        }
    }
}
