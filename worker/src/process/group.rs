//! A process group: everything that a command started and that did not move away on purpose (`setsid`).

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::time::Instant;

use crate::limits::{GROUP_POLL, KILLED_WAIT_MAX};

/// A group that we made; its number is that of its first process, and is not given to others while one of it is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group(Pid);

impl Group {
    /// The group that a process leads.
    pub(super) fn led_by(id: u32) -> Option<Group> {
        i32::try_from(id).ok().and_then(Pid::from_raw).map(Group)
    }

    /// Sends a signal to all. That nobody is left is no error.
    pub(super) fn signal(self, signal: Signal) {
        let _ = kill_process_group(self.0, signal);
    }

    /// Whether a process of it still runs. One that has ended and waits for its parent to ask about it does not: where
    /// process 1 never asks, such as in small containers, it would count for ever.
    pub(super) fn is_alive(self) -> bool {
        test_kill_process_group(self.0).is_ok() && any_runs(self.0).unwrap_or(true)
    }

    /// Ends what is left of it: SIGTERM, and SIGKILL to whoever does not heed it within the grace period.
    pub(super) async fn end(self, grace: Duration) {
        if !self.is_alive() {
            return;
        }
        self.signal(Signal::TERM);
        // A stopped process would sleep through it.
        self.signal(Signal::CONT);
        if !self.is_gone_within(grace).await {
            self.signal(Signal::KILL);
            self.is_gone_within(KILLED_WAIT_MAX).await;
        }
    }

    async fn is_gone_within(self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.is_alive() {
            if Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(GROUP_POLL.min(time)).await;
        }
        true
    }
}

/// Looks through all processes, where the system has them as files.
fn any_runs(group: Pid) -> Option<bool> {
    let group = group.as_raw_nonzero().get().to_string();
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        // Those that end meanwhile cannot be read, and do not run.
        let Ok(stat) = std::fs::read(entry.path().join("stat")) else { continue };
        let stat = String::from_utf8_lossy(&stat);
        // `id (name) state parent group ...`, where the name may hold spaces and parentheses.
        let Some((_, after_name)) = stat.rsplit_once(") ") else { continue };
        let mut fields = after_name.split(' ');
        let state = fields.next().unwrap_or_default();
        if fields.nth(1) == Some(&group) && !matches!(state, "Z" | "X") {
            return Some(true);
        }
    }
    // Without `/proc` there would have been no entry at all: at least we ourselves run.
    Some(false)
}
