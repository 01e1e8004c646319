//! `bussola serve`: the server, until a signal.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use bussola_server::config::{self, Place, Settings};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::error::{CliError, Code};
use crate::output;

/// LIMIT: threads that read requests, execute small commands and write replies. There is one writer: more would wait for it.
const NETWORK_THREADS_MAX: usize = 4;

/// A core in two: the other is for clients on this machine, long reads and snapshots. On two cores that is one thread, which
/// also spares every call the waking of a second one.
fn network_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, NETWORK_THREADS_MAX)
}

/// Arguments of `bussola serve`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address to listen on; Luigi's clients look at 127.0.0.1:8082 when not told otherwise.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Listen on a socket file, for clients with `http+unix://` in their scheduler-url. Without --listen, only there.
    #[arg(long, value_name = "PATH")]
    unix_socket: Option<PathBuf>,
    /// Data directory; made if missing. Default: `data` in the configuration, else `<state_path>.bussola` beside the
    /// file that luigi.cfg names in [scheduler] state_path, else $XDG_DATA_HOME/bussola or ~/.local/share/bussola.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep nothing on disk: for trials and tests.
    #[arg(long)]
    ephemeral: bool,
    /// Configuration file (bussola.toml).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A luigid's configuration file: its [scheduler], [resources], [cors] and [prometheus] sections count.
    #[arg(long, value_name = "FILE")]
    luigi_config: Option<PathBuf>,
    /// Listen on an address that other machines reach, although no identity provider is configured: whoever reaches it
    /// can run and stop tasks.
    #[arg(long)]
    insecure_listen: bool,
    /// Take the time from the header X-Luigi-Test-Now, and never prune by itself.
    #[arg(long, hide = true)]
    test_clock: bool,
}

/// Serves until SIGTERM, SIGINT or SIGQUIT.
pub fn run(arguments: Arguments) -> ExitCode {
    start_log();
    let arguments = config::Arguments {
        listen: arguments.listen,
        unix_socket: arguments.unix_socket,
        data: arguments.data,
        ephemeral: arguments.ephemeral,
        config: arguments.config,
        luigi_config: arguments.luigi_config,
        insecure_listen: arguments.insecure_listen,
        test_clock: arguments.test_clock,
    };
    let settings = match Settings::resolve(&arguments) {
        Ok(settings) => settings,
        Err(error) => return fail(Code::BadConfiguration, &error.to_string(), error.hint()),
    };
    for note in &settings.notes {
        tracing::warn!("{note}");
    }
    if settings.listen.is_some_and(|address| !address.ip().is_loopback()) {
        tracing::warn!("listening beyond this machine without an identity provider, as --insecure-listen asked for");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(network_threads())
        .thread_name("network")
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(&settings)),
        Err(error) => fail(Code::NoStart, &format!("cannot start threads: {error}"), None),
    }
}

async fn serve(settings: &Settings) -> ExitCode {
    // Before anything is opened: a signal during the start must not leave anything half done.
    let signals = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()].map(signal);
    let [Ok(mut terminate), Ok(mut interrupt), Ok(mut quit)] = signals else {
        return fail(Code::NoStart, "cannot listen for signals", None);
    };
    let running = match bussola_server::start(settings).await {
        Ok(running) => running,
        Err(error) => return fail(Code::NoStart, &error.to_string(), error.hint()),
    };
    let place = match &settings.place {
        Place::Directory(path) => format!("data in {} ({})", path.display(), settings.place_reason),
        Place::Memory => format!("nothing is kept ({})", settings.place_reason),
    };
    eprintln!("bussola serves {}, {place}", running.urls().join(" and "));
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = quit.recv() => "SIGQUIT",
    };
    tracing::info!(signal = name, "stopping");
    running.stop().await;
    ExitCode::SUCCESS
}

fn fail(code: Code, message: &str, hint: Option<&str>) -> ExitCode {
    let error = CliError::new(code, message, hint.unwrap_or_default());
    output::say(&error.text());
    error.exit.into()
}

/// Events to stderr; `BUSSOLA_LOG=debug` says more.
fn start_log() {
    let filter = EnvFilter::try_from_env("BUSSOLA_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // A log that cannot be written must not stop what it tells of.
        .log_internal_errors(false)
        .init();
}
