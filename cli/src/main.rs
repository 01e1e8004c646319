//! The binary `bussola`: arguments, configuration, output. No logic of its own.

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Software catalog, workflow engine that speaks Luigi, provable ledger.
#[derive(Debug, Parser)]
#[command(name = "bussola", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve Luigi's workers, the catalog and the ledger.
    Serve(serve::Arguments),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
    }
}
