//! A command as a process: started without a shell, in a group of its own, with an environment made from nothing; its output
//! redacted; ended whole.
//!
//! The command's first process leads a process group. When it ends, what it left behind in its group is ended too: nothing
//! runs on with secrets of a run that is over. Signals to us go to the group. If we ourselves are killed, a
//! [guard](GuardCommand) ends the group.
//!
//! Invariants: arguments are passed on as they are; the environment holds what was put into it and nothing else; a command
//! that waits for nobody is never held up by a terminal that is gone, or by what is kept.
//!
//! What it deliberately does not do: it gives the command no terminal. A command that asks questions has none to ask them
//! on, and standard input that is a terminal is replaced by nothing: in another group, reading from it would stop the
//! command for ever.

mod group;
mod guard;
mod output;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bussola_identity::Secret;
use rustix::process::Signal;
use tokio::process::Child;
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::limits::{GRACE, OUTPUT_BYTES_KEPT_MAX};
use crate::redact::Redaction;
use group::Group;
use guard::Guard;
use output::{Keeper, Screen};

pub use guard::{GuardCommand, guard_main};
pub use output::{Chunk, Keep, Stream, Terminal};

/// What every command gets of our own environment, where it is set: to find programs, and to write for this user.
pub const PASSED_ON: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TERM", "TZ", "TMPDIR"];

/// Why a command did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such program, or it may not be started.
    #[error("cannot start `{}`", program.to_string_lossy())]
    Program {
        /// Which.
        program: OsString,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The directory that it shall run in.
    #[error("cannot start `{}` in `{}`: that is no directory", program.to_string_lossy(), directory.display())]
    Directory {
        /// Which program.
        program: OsString,
        /// Where.
        directory: PathBuf,
    },
    /// The guard.
    #[error("cannot start the guard `{}`", program.display())]
    Guard {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Signals cannot be received.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
}

impl StartError {
    /// The exit code that a shell would give.
    pub fn exit_code(&self) -> u8 {
        match self {
            StartError::Program { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            _ => 126,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            StartError::Program { .. } => "check its name, `PATH`, and that it is executable; no shell is involved",
            StartError::Directory { .. } => "check the path",
            StartError::Guard { .. } => "this program must be able to start itself: was it replaced or removed?",
            StartError::Signals(_) => "this is a fault of the operating system",
        }
    }
}

/// The variables of a command. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Environment {
    plain: BTreeMap<OsString, OsString>,
    secret: BTreeMap<String, Secret>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.plain.keys()).entries(self.secret.keys()).finish()
    }
}

impl Environment {
    /// Nothing at all.
    pub fn empty() -> Environment {
        Environment::default()
    }

    /// [`PASSED_ON`], as it is for us.
    pub fn usual() -> Environment {
        PASSED_ON.into_iter().fold(Environment::empty(), Environment::pass_on)
    }

    /// A variable as it is for us, if it is set.
    pub fn pass_on(self, name: &str) -> Environment {
        match std::env::var_os(name) {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// A variable, instead of one of the same name.
    pub fn set(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Environment {
        let name = name.into();
        name.to_str().map(|name| self.secret.remove(name));
        self.plain.insert(name, value.into());
        self
    }

    /// A variable with a secret. The operating system's way to hand it over makes copies that nobody overwrites, and every
    /// process of the same user can read it while the command runs: a file is better.
    pub fn set_secret(mut self, name: &str, value: Secret) -> Environment {
        self.plain.remove(OsStr::new(name));
        self.secret.insert(name.to_string(), value);
        self
    }
}

/// What is to be started, and how it is ended.
#[derive(Clone, Debug)]
pub struct Command {
    /// Found in the command's own `PATH`, unless it holds a `/`.
    pub program: OsString,
    /// Passed on as they are.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub directory: PathBuf,
    /// All of its variables.
    pub environment: Environment,
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
    /// Who ends it if we are killed.
    pub guard: Option<GuardCommand>,
    /// What the guard removes then.
    pub private_directory: Option<PathBuf>,
}

impl Command {
    /// With the usual environment and grace period, and without a guard.
    pub fn new(program: impl Into<OsString>, directory: impl Into<PathBuf>) -> Command {
        Command {
            program: program.into(),
            arguments: Vec::new(),
            directory: directory.into(),
            environment: Environment::usual(),
            grace: GRACE,
            guard: None,
            private_directory: None,
        }
    }
}

/// Where output goes.
pub struct Output {
    /// Where standard output is shown.
    pub out: Option<Terminal>,
    /// Where standard error is shown.
    pub err: Option<Terminal>,
    /// Where both are kept.
    pub keep: Keep,
    /// LIMIT: bytes that are kept; the terminal gets all.
    pub bytes_kept_max: u64,
}

impl Output {
    /// Shown as ours, and kept up to [`OUTPUT_BYTES_KEPT_MAX`].
    pub fn to_terminal(keep: Keep) -> Output {
        let (out, err): (Terminal, Terminal) = (Box::new(io::stdout()), Box::new(io::stderr()));
        Output { out: Some(out), err: Some(err), keep, bytes_kept_max: OUTPUT_BYTES_KEPT_MAX }
    }

    /// Kept only.
    pub fn kept(keep: Keep) -> Output {
        Output { out: None, err: None, keep, bytes_kept_max: OUTPUT_BYTES_KEPT_MAX }
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("bytes_kept_max", &self.bytes_kept_max).finish_non_exhaustive()
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with a code.
    Exited(u8),
    /// By a signal.
    Signalled(i32),
}

impl End {
    fn of(status: ExitStatus) -> End {
        match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            (None, signal) => End::Signalled(signal.unwrap_or_default()),
        }
    }

    /// The exit code that a shell gives: 128 and the signal.
    pub fn exit_code(self) -> u8 {
        match self {
            End::Exited(code) => code,
            End::Signalled(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// Ends a running command from elsewhere. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// SIGTERM to the whole group, and SIGKILL after the grace period. Returns at once.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

/// Signals that are passed on. From the first time on they no longer end this process by themselves.
pub(crate) struct Signals([(SignalStream, Signal); 4]);

impl Signals {
    pub(crate) fn listen() -> Result<Signals, StartError> {
        let of = |kind, passed_on| match signal(kind) {
            Ok(stream) => Ok((stream, passed_on)),
            Err(error) => Err(StartError::Signals(error)),
        };
        Ok(Signals([
            of(SignalKind::interrupt(), Signal::INT)?,
            of(SignalKind::terminate(), Signal::TERM)?,
            of(SignalKind::hangup(), Signal::HUP)?,
            of(SignalKind::quit(), Signal::QUIT)?,
        ]))
    }

    /// The number of one that came by now.
    pub(crate) async fn received(&mut self) -> Option<i32> {
        tokio::select! {
            biased;
            received = self.next() => Some(received.as_raw()),
            () = std::future::ready(()) => None,
        }
    }

    async fn next(&mut self) -> Signal {
        let [a, b, c, d] = &mut self.0;
        tokio::select! {
            _ = a.0.recv() => a.1,
            _ = b.0.recv() => b.1,
            _ = c.0.recv() => c.1,
            _ = d.0.recv() => d.1,
        }
    }
}

/// A command that was started. Dropped before it ended, its group is killed.
pub struct Running {
    child: Child,
    group: Group,
    grace: Duration,
    guard: Option<Guard>,
    readers: JoinSet<()>,
    over: watch::Sender<bool>,
    signals: Signals,
    stopper: Stopper,
    has_ended: bool,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("group", &self.group).finish_non_exhaustive()
    }
}

/// Starts a command. Within a Tokio runtime.
pub async fn start(command: &Command, redaction: &Redaction, output: Output) -> Result<Running, StartError> {
    // Before there is a process: a signal that comes now must not be lost.
    start_listening(command, redaction, output, Signals::listen()?).await
}

/// With signals that somebody listened for already.
pub(crate) async fn start_listening(
    command: &Command,
    redaction: &Redaction,
    output: Output,
    signals: Signals,
) -> Result<Running, StartError> {
    if !command.directory.is_dir() {
        let (program, directory) = (command.program.clone(), command.directory.clone());
        return Err(StartError::Directory { program, directory });
    }
    let mut guard = None;
    if let Some(one) = &command.guard {
        let started = Guard::start(one, command.grace, command.private_directory.as_deref());
        guard = Some(started.map_err(|source| StartError::Guard { program: one.program.clone(), source })?);
    }
    let mut child = match spawn(command) {
        Ok(child) => child,
        Err(source) => {
            // Nothing is left to guard; the private directory is the caller's again.
            if let Some(guard) = guard {
                guard.dismiss().await;
            }
            return Err(StartError::Program { program: command.program.clone(), source });
        }
    };
    let group = child.id().and_then(Group::led_by).expect("a process that was not waited for has an id");
    let (over, is_over) = watch::channel(false);
    let keeper = Arc::new(Mutex::new(Keeper::new(output.keep, output.bytes_kept_max)));
    let mut readers = JoinSet::new();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    if let Some(pipe) = out {
        let screen = output.out.map(Screen::new);
        readers.spawn(output::read(Stream::Out, pipe, redaction.redactor(), screen, keeper.clone(), is_over.clone()));
    }
    if let Some(pipe) = err {
        let screen = output.err.map(Screen::new);
        readers.spawn(output::read(Stream::Err, pipe, redaction.redactor(), screen, keeper, is_over));
    }
    let leader = child.id().unwrap_or_default();
    let (grace, stopper) = (command.grace, Stopper::default());
    let mut running = Running { child, group, grace, guard, readers, over, signals, stopper, has_ended: false };
    if let (Some(guard), Some(one)) = (&mut running.guard, &command.guard) {
        let watched = guard.watch(leader).await;
        watched.map_err(|source| StartError::Guard { program: one.program.clone(), source })?;
    }
    Ok(running)
}

fn spawn(command: &Command) -> io::Result<Child> {
    let input = if io::stdin().is_terminal() { Stdio::null() } else { Stdio::inherit() };
    let mut process = tokio::process::Command::new(&command.program);
    process
        .args(&command.arguments)
        .current_dir(&command.directory)
        .env_clear()
        .envs(&command.environment.plain)
        .envs(command.environment.secret.iter().map(|(name, value)| (name, value.expose())))
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    process.spawn()
}

impl Running {
    /// The number of its first process, and of its group.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until it and all that it started in its group have ended, and its output is handed on.
    ///
    /// SIGINT, SIGTERM, SIGHUP and SIGQUIT to us go to the group meanwhile. After SIGTERM and SIGHUP, or a second signal
    /// of any kind, the group has the grace period to end: whoever sends these will not wait for us for ever.
    pub async fn wait(mut self) -> io::Result<End> {
        let status = self.wait_for_leader().await?;
        self.group.end(self.grace).await;
        self.over.send_replace(true);
        let readers = &mut self.readers;
        tokio::select! {
            () = async { while readers.join_next().await.is_some() {} } => {}
            // Somebody holds our output up, and somebody else wants us gone.
            _ = self.signals.next() => {}
            () = self.stopper.0.notified() => {}
        }
        self.has_ended = true;
        if let Some(guard) = self.guard.take() {
            guard.dismiss().await;
        }
        Ok(End::of(status))
    }

    async fn wait_for_leader(&mut self) -> io::Result<ExitStatus> {
        let mut signalled = false;
        loop {
            tokio::select! {
                status = self.child.wait() => return status,
                () = self.stopper.0.notified() => break,
                received = self.signals.next() => {
                    self.group.signal(received);
                    if std::mem::replace(&mut signalled, true) || [Signal::TERM, Signal::HUP].contains(&received) {
                        break;
                    }
                }
            }
        }
        // The leader is part of the group, and has to be waited for meanwhile lest it counts as one of it.
        let (group, grace) = (self.group, self.grace);
        let (status, ()) = tokio::join!(self.child.wait(), group.end(grace));
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            // Without a guard there is nobody else; with one there is no reason to be slower.
            self.group.signal(Signal::KILL);
        }
    }
}
