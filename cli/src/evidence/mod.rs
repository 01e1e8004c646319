//! `bussola evidence …`: take evidence out of a ledger, and verify what somebody took out.

mod export;
mod verify;

use std::path::Path;

use crate::Common;
use crate::error::{CliError, Exit};

/// `bussola evidence …`
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a bundle: the entries of a period, the proof that the ledger has them, a report by controls.
    #[command(long_about = export::LONG_ABOUT)]
    Export(export::Arguments),
    /// Check a bundle offline, with nothing but the ledger's public key: exit status 0 if it is whole, 1 if not.
    Verify(verify::Arguments),
    /// List the controls of a framework, and which kinds of entries show them.
    Controls {
        /// Whose: soc2, iso27001 or sox.
        #[arg(value_name = "FRAMEWORK", value_parser = framework)]
        framework: &'static bussola_evidence::Framework,
    },
}

/// Runs one of them.
pub fn run(command: Command, common: &Common) -> Result<Exit, CliError> {
    match command {
        Command::Export(arguments) => export::run(&arguments, common),
        Command::Verify(arguments) => verify::run(&arguments, common),
        Command::Controls { framework } => verify::controls(framework, common),
    }
}

/// A framework by its name.
fn framework(name: &str) -> Result<&'static bussola_evidence::Framework, String> {
    bussola_evidence::Framework::find(name).ok_or_else(|| {
        let known: Vec<&str> = bussola_evidence::frameworks().iter().map(|framework| &*framework.id).collect();
        format!("known are {}", known.join(", "))
    })
}

/// A day, or a moment; in microseconds since 1970-01-01 UTC.
fn moment(text: &str) -> Result<i64, String> {
    let is_day = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    let at: Result<jiff::Timestamp, _> = if is_day { format!("{text}T00:00:00Z").parse() } else { text.parse() };
    at.map(|at| at.as_microsecond()).map_err(|_| "it is a day as 2026-03-01, or a time as 2026-03-01T06:00:00Z".into())
}

fn no_file(path: &Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot read `{}`: {}", path.display(), crate::client::reason(error));
    CliError::new(crate::error::Code::Io, message, "check the path")
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(moment("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(moment("1970-01-01T01:00:00+01:00"), Ok(0));
        for text in ["yesterday", "1970-1-1", "1970-01-01T00:00:00", "19700101", ""] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
