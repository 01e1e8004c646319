//! A small process that outlives the runner for a moment: if the runner is gone without a word (`kill -9`, a panic, out of
//! memory), it ends the runner's processes and removes its private directory.
//!
//! It is told nothing but its work and sees nothing of the secrets. A pipe tells it of the runner's end: the kernel closes it
//! whatever happens. `PR_SET_PDEATHSIG` would reach the first process only, not what that started, and has to be set
//! in the child between fork and exec, where safe code cannot be.
//!
//! What is not possible: to end processes that left their group, or to do anything when the guard is killed at the same
//! moment; what is in the private directory then goes with the next start.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::group::Group;

/// What the runner says when all is done.
const DONE: &str = "done\n";

/// How the guard is started: the program, and arguments that make it call [`guard_main`] with those that follow.
#[derive(Clone, Debug)]
pub struct GuardCommand {
    /// Usually this very program.
    pub program: PathBuf,
    /// The name of its hidden command.
    pub arguments: Vec<OsString>,
}

/// A guard at work. Dropped without [`Guard::dismiss`], it does its work.
pub(super) struct Guard(Child);

impl Guard {
    /// Starts it before there is anything to guard.
    pub(super) fn start(command: &GuardCommand, grace: Duration, directory: Option<&Path>) -> std::io::Result<Guard> {
        let child = Command::new(&command.program)
            .args(&command.arguments)
            .arg(grace.as_millis().to_string())
            .arg(directory.map_or(OsStr::new(""), Path::as_os_str))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not in the terminal's group: Ctrl-C is not for it.
            .process_group(0)
            .spawn()?;
        Ok(Guard(child))
    }

    /// Tells it which group.
    pub(super) async fn watch(&mut self, leader: u32) -> std::io::Result<()> {
        self.say(&format!("{leader}\n")).await
    }

    /// Tells it that nothing is left to do, and waits until it is gone.
    pub(super) async fn dismiss(mut self) {
        let _ = self.say(DONE).await;
        drop(self.0.stdin.take());
        let _ = self.0.wait().await;
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        match &mut self.0.stdin {
            Some(pipe) => pipe.write_all(text.as_bytes()).await,
            None => Ok(()),
        }
    }
}

/// The guard's whole life: `arguments` are those after the ones of [`GuardCommand`], `pipe` is standard input.
pub async fn guard_main(arguments: &[OsString], mut pipe: impl Read) {
    let [grace, directory] = arguments else { return };
    let grace = Duration::from_millis(grace.to_str().and_then(|grace| grace.parse().ok()).unwrap_or_default());
    let mut said = Vec::new();
    // Reading blocks, which is all that this process has to do. An error is an end, too.
    let _ = pipe.read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    if said.ends_with(DONE) {
        return;
    }
    let leader = said.lines().next().and_then(|leader| leader.parse().ok());
    if let Some(group) = leader.and_then(Group::led_by) {
        group.end(grace).await;
    }
    if !directory.is_empty() {
        let _ = std::fs::remove_dir_all(directory);
    }
}
