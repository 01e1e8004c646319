//! The binary `bussola`: arguments, configuration, output. No logic of its own.
//!
//! Each group of commands has a module: it asks the server, or reads files, and hands the answer to a function that makes
//! text of it. Exit codes and the form of errors are in [`error`], `docs/cli.md` says them to users.

mod access;
mod catalog;
mod client;
mod credentials;
mod error;
mod evidence;
mod explain;
mod graph;
mod ledger;
mod login;
mod output;
mod policy;
mod reference;
mod runs;
mod scheduler;
mod serve;
mod status;
mod task;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::env;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use client::Client;
use error::{CliError, Exit};
use output::Format;

/// Software catalog, workflow engine that speaks Luigi, provable ledger.
#[derive(Debug, Parser)]
#[command(name = "bussola", version, max_term_width = 100, infer_subcommands = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// The server to ask: https://host, http://host:port, or http+unix:// and a socket's path with %2F for its slashes. Without it
    /// BUSSOLA_SERVER says, else it is http://127.0.0.1:8082.
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// How answers are written to stdout.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

impl Common {
    /// Where the server is.
    pub fn server(&self) -> Cow<'_, str> {
        match &self.server {
            Some(server) => server.into(),
            None => env::var("BUSSOLA_SERVER").map_or(client::SERVER_DEFAULT.into(), Cow::Owned),
        }
    }

    /// The server.
    pub fn client(&self) -> Result<Client, CliError> {
        Client::new(&self.server())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve Luigi's workers, the catalog and the ledger.
    Serve(serve::Arguments),
    /// Look into the catalog, or change it by manifests.
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Say who answers for an entity, and how that is known.
    Owner(catalog::OwnerArguments),
    /// Say what is affected when an entity fails, with owners.
    Blast(catalog::BlastArguments),
    /// Say why a run or a task is not done: first causes, whose they are, what to do.
    Explain(explain::Arguments),
    /// Show the graph of a run, of a task or of an entity: as a tree, as SVG, for Graphviz.
    Graph(graph::Arguments),
    /// List runs, latest first, or show one.
    Runs(runs::Arguments),
    /// Do something to a task.
    #[command(subcommand)]
    Task(task::Command),
    /// Sign in at the server's identity provider.
    Login(login::Arguments),
    /// End the session that `login` began.
    Logout,
    /// Say who you are to the server.
    Whoami,
    /// Tokens for what cannot sign in.
    #[command(subcommand)]
    Token(access::TokenCommand),
    /// Services: programs that act with tokens.
    #[command(subcommand)]
    Service(access::ServiceCommand),
    /// Everybody who is known.
    #[command(subcommand)]
    Principal(access::PrincipalCommand),
    /// Sessions of those who signed in.
    #[command(subcommand)]
    Session(access::SessionCommand),
    /// Say how the server is.
    Status,
    /// List workers that are here, or do something to one.
    Workers(scheduler::WorkerArguments),
    /// List resources, or set how much of one there is.
    Resources(scheduler::ResourceArguments),
    /// Hand out no more work; what runs goes on.
    Pause,
    /// Hand out work again.
    Unpause,
    /// Check and test policies, without a server.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Verify the ledger, or take proofs from it.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Take evidence out of the ledger for an auditor, or verify what somebody took out.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Write a completion script for a shell to stdout.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    let done = match command {
        Command::Serve(arguments) => return serve::run(arguments),
        Command::Catalog(command) => catalog::run(command, &common),
        Command::Owner(arguments) => catalog::owner(&arguments, &common),
        Command::Blast(arguments) => catalog::blast(&arguments, &common),
        Command::Explain(arguments) => explain::run(&arguments, &common),
        Command::Graph(arguments) => graph::run(&arguments, &common),
        Command::Runs(arguments) => runs::run(arguments, &common),
        Command::Task(command) => task::run(command, &common),
        Command::Login(arguments) => login::login(&arguments, &common),
        Command::Logout => login::logout(&common),
        Command::Whoami => login::whoami(&common),
        Command::Token(command) => access::token(command, &common),
        Command::Service(command) => access::service(command, &common),
        Command::Principal(command) => access::principal(command, &common),
        Command::Session(command) => access::session(command, &common),
        Command::Status => status::run(&common),
        Command::Workers(arguments) => scheduler::workers(arguments, &common),
        Command::Resources(arguments) => scheduler::resources(arguments, &common),
        Command::Pause => scheduler::pause(&common),
        Command::Unpause => scheduler::unpause(&common),
        Command::Policy(command) => policy::run(command, &common),
        Command::Ledger(command) => ledger::run(command, &common),
        Command::Evidence(command) => evidence::run(command, &common),
        Command::Completions { shell } => completions(shell),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::say(&error.text());
            error.exit.into()
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bussola", &mut script);
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
