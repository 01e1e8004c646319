//! A command runs as a run: begun at the server, given its token and its secrets, its output redacted, its leases kept, ended.
//!
//! The order is the point. The run is recorded before anything else happens; what was read is recorded before the command
//! sees it; the command starts last. If a step fails, those before are undone and the run is ended as one that did not
//! start. While the command runs, its token file and its leases are renewed; when it has ended, the leases are revoked before
//! the run's end is recorded.
//!
//! Invariant: a run that the server no longer gives a token is stopped.

use std::path::PathBuf;
use std::time::Duration;

use bussola_identity::Secret;
use tokio::time::Instant;

use crate::limits::{RENEWAL_INTERVAL_MIN, RETRY_INTERVAL_MAX, TOKEN_RENEWED_AFTER};
use crate::process::{Command, End, Environment, Output, Running, Signals, StartError, start_listening};
use crate::redact::{Redaction, RedactionFault};
use crate::secrets::{
    Handover, LeaseLost, Leases, PrivateDirectory, PrivateError, ProviderError, Providers, ResolveError, Resolved,
};
use crate::server::{RunToken, Server, ServerError, StartRequest, Started};

/// The variable that holds the path of the token.
pub const TOKEN_FILE_VARIABLE: &str = "BUSSOLA_TOKEN_FILE";

/// The variable that holds the run.
pub const RUN_VARIABLE: &str = "BUSSOLA_RUN";

/// The name under which the run's own token is hidden.
const TOKEN_NAME: &str = "run token";

/// Why a command did not run, or how it ended is not known.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server did not do its part.
    #[error("cannot {action}")]
    Server {
        /// `start a run`...
        action: &'static str,
        /// Why.
        #[source]
        source: ServerError,
    },
    /// A secret.
    #[error(transparent)]
    Secrets(#[from] ResolveError),
    /// A secret that would show in the output.
    #[error(transparent)]
    Redaction(#[from] RedactionFault),
    /// The private directory.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// The command.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A signal came before the command was started.
    #[error("signal {0} came before the command was started")]
    Interrupted(i32),
    /// The operating system does not say how it ended.
    #[error("cannot wait for the command")]
    Wait(#[source] std::io::Error),
}

impl RunError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RunError::Server { source: ServerError::Refused(_), .. } => "ask who keeps the policies of this server",
            RunError::Server { source: ServerError::Unavailable(_), .. } => "check that the server is up",
            RunError::Secrets(error) => error.hint(),
            RunError::Redaction(error) => error.hint(),
            RunError::Private(error) => error.hint(),
            RunError::Start(error) => error.hint(),
            RunError::Interrupted(_) => "nothing was started, and what was read is revoked",
            RunError::Wait(_) => "this is a fault of the operating system",
        }
    }

    /// The exit code for it: what a shell gives if the program is the reason, 125 as `env` and others if we are.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Start(error) => error.exit_code(),
            RunError::Interrupted(signal) => End::Signalled(*signal).exit_code(),
            _ => 125,
        }
    }
}

/// Trouble that does not end a run by itself.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A lease.
    #[error(transparent)]
    Lease(#[from] LeaseLost),
    /// The token file is old, and we go on trying.
    #[error("the run token could not be renewed; it is tried again")]
    TokenNotRenewed(#[source] ServerError),
    /// The token file cannot be written.
    #[error("the run token could not be written")]
    TokenNotWritten(#[source] PrivateError),
    /// The run may no longer act, so its command is stopped.
    #[error("the server gives the run no token any more: its command is stopped")]
    Stopped(#[source] ServerError),
    /// Leases that end by themselves, later.
    #[error("the leases of the run could not be revoked; they end by themselves")]
    NotRevoked(#[source] ProviderError),
    /// The run is over, and the server does not know it.
    #[error("the end of the run could not be recorded")]
    EndNotRecorded(#[source] ServerError),
}

/// Where trouble is told.
pub type Tell<'a> = &'a (dyn Fn(&Trouble) + Send + Sync);

/// What is needed beside the server.
#[derive(Debug)]
pub struct Runner<'a> {
    /// Where secrets are.
    pub providers: &'a Providers,
    /// Where private directories are made: [`usual_parent`](crate::secrets::usual_parent).
    pub private_parent: PathBuf,
}

impl Runner<'_> {
    /// Runs a command. Its environment gets the variables of the run in addition; `output` is told the run, to keep what it prints.
    pub async fn run(
        &self,
        server: &dyn Server,
        request: &StartRequest,
        command: Command,
        output: impl FnOnce(&Started) -> Output,
        tell: Tell<'_>,
    ) -> Result<End, RunError> {
        // From here on there is something to be undone.
        let signals = Signals::listen()?;
        let failed = |source| RunError::Server { action: "start a run", source };
        let started = server.start(request).await.map_err(failed)?;
        let ended = self.run_started(server, &started, command, output, signals, tell).await;
        // A run whose command started and was lost ended, too; how is not known.
        let end = ended.as_ref().ok().copied();
        if let Err(error) = server.end(&started.run, end).await {
            tell(&Trouble::EndNotRecorded(error));
        }
        ended
    }

    async fn run_started(
        &self,
        server: &dyn Server,
        started: &Started,
        mut command: Command,
        output: impl FnOnce(&Started) -> Output,
        mut signals: Signals,
        tell: Tell<'_>,
    ) -> Result<End, RunError> {
        let private = PrivateDirectory::make(&self.private_parent)?;
        let redaction = Redaction::new();
        let failed = |source| RunError::Server { action: "get a token for the run", source };
        let token = server.token(&started.run, &started.audience).await.map_err(failed)?;
        redaction.declare(TOKEN_NAME, &token.token)?;
        let token_file = private.write(TOKEN_FILE_VARIABLE, &token.token)?;
        for (name, value) in &started.variables {
            command.environment = command.environment.set(name, value);
        }
        command.environment = command.environment.set(RUN_VARIABLE, &started.run).set(TOKEN_FILE_VARIABLE, token_file);
        command.private_directory = Some(private.path().to_path_buf());

        let Resolved { values, reads, mut leases } =
            self.providers.resolve(server, &started.run, &started.secrets).await?;
        let prepared = async {
            let names: Vec<String> = values.iter().map(|(declared, _)| declared.reference.to_string()).collect();
            let hidden: Vec<(&str, &Secret)> =
                names.iter().map(String::as_str).zip(values.iter().map(|(_, value)| value)).collect();
            redaction.declare_all(&hidden)?;
            let failed = |source| RunError::Server { action: "record which secrets were read", source };
            server.report_reads(&started.run, &reads).await.map_err(failed)?;
            let environment = std::mem::take(&mut command.environment);
            command.environment = hand_over(environment, &private, &values)?;
            if let Some(signal) = signals.received().await {
                return Err(RunError::Interrupted(signal));
            }
            Ok::<Running, RunError>(start_listening(&command, &redaction, output(started), signals).await?)
        };
        let ended = match prepared.await {
            Ok(running) => {
                // What the operating system has is enough.
                drop((command, values));
                let renewal = TokenFile { server, started, private: &private, redaction: &redaction };
                supervise(running, &renewal, token, &mut leases, tell).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = leases.revoke().await {
            tell(&Trouble::NotRevoked(error));
        }
        ended
    }
}

/// Adds the secrets. Files are named after their variables, which are names of files as well.
fn hand_over(
    environment: Environment,
    private: &PrivateDirectory,
    values: &[(crate::secrets::Declared, Secret)],
) -> Result<Environment, PrivateError> {
    values.iter().try_fold(environment, |environment, (declared, value)| match &declared.handover {
        Handover::Variable(name) => Ok(environment.set_secret(name, value.clone())),
        Handover::File(name) => Ok(environment.set(name, private.write(name, value)?)),
    })
}

/// Waits for the command, and renews its token and leases meanwhile.
async fn supervise(
    running: Running,
    renewal: &TokenFile<'_>,
    token: RunToken,
    leases: &mut Leases,
    tell: Tell<'_>,
) -> Result<End, RunError> {
    let stopper = running.stopper();
    let mut ended = std::pin::pin!(running.wait());
    let mut renewed = std::pin::pin!(renewal.keep(token.lifetime_s, tell));
    let mut may_act = true;
    loop {
        tokio::select! {
            end = &mut ended => return end.map_err(RunError::Wait),
            lost = leases.keep() => tell(&Trouble::Lease(lost)),
            refusal = &mut renewed, if may_act => {
                may_act = false;
                tell(&Trouble::Stopped(refusal));
                stopper.stop();
            }
        }
    }
}

/// The file that holds a token as long as the run lives.
struct TokenFile<'a> {
    server: &'a dyn Server,
    started: &'a Started,
    private: &'a PrivateDirectory,
    redaction: &'a Redaction,
}

impl TokenFile<'_> {
    /// Renews it again and again. Comes back when the server refuses.
    async fn keep(&self, lifetime_s: u64, tell: Tell<'_>) -> ServerError {
        let mut lifetime = Duration::from_secs(lifetime_s);
        let mut next = Instant::now() + lifetime.mul_f64(TOKEN_RENEWED_AFTER);
        loop {
            tokio::time::sleep_until(next).await;
            match self.server.token(&self.started.run, &self.started.audience).await {
                Ok(token) => {
                    lifetime = Duration::from_secs(token.lifetime_s);
                    next = Instant::now() + lifetime.mul_f64(TOKEN_RENEWED_AFTER).max(RENEWAL_INTERVAL_MIN);
                    self.replace(&token, tell);
                }
                Err(refusal @ ServerError::Refused(_)) => return refusal,
                Err(error) => {
                    tell(&Trouble::TokenNotRenewed(error));
                    let wait = lifetime.mul_f64((1.0 - TOKEN_RENEWED_AFTER) / 4.0);
                    next = Instant::now() + wait.clamp(RENEWAL_INTERVAL_MIN, RETRY_INTERVAL_MAX);
                }
            }
        }
    }

    /// Hidden before anybody can print it.
    fn replace(&self, token: &RunToken, tell: Tell<'_>) {
        if let Err(fault) = self.redaction.declare(TOKEN_NAME, &token.token) {
            let why = ServerError::Unavailable(fault.to_string());
            return tell(&Trouble::TokenNotRenewed(why));
        }
        if let Err(error) = self.private.write(TOKEN_FILE_VARIABLE, &token.token) {
            tell(&Trouble::TokenNotWritten(error));
        }
    }
}

/// Whether a name can be a variable for a secret: letters, digits and `_`, and none of those that we set or that change
/// which programs run.
pub fn is_variable_for_secret(name: &str) -> bool {
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_taken = [TOKEN_FILE_VARIABLE, RUN_VARIABLE].contains(&name) || crate::process::PASSED_ON.contains(&name);
    is_name && !is_taken && !name.starts_with("LD_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_for_secrets_are_plain_names() {
        for (name, expected) in [
            ("DB_PASSWORD", true),
            ("_a1", true),
            ("", false),
            ("1A", false),
            ("A-B", false),
            ("../A", false),
            ("PATH", false),
            ("LD_PRELOAD", false),
            ("BUSSOLA_TOKEN_FILE", false),
        ] {
            assert_eq!(is_variable_for_secret(name), expected, "{name}");
        }
    }
}
