//! What went wrong, in one form: `error[B0301]: cannot …` and a line `hint: …`, to stderr; and how the process ends.

use std::process::ExitCode;

use bussola_server::http::wire::error::{ErrorBody, FileProblem};
use bussola_server::manifests::Refused;
use bussola_store::StoreError;
use http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $exit:ident, $summary:literal;)+) => {
        /// The stable codes of the command line, `B0301` to `B0399`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The number behind the `B`.
            pub fn number(self) -> u16 {
                match self { $(Code::$name => $number,)+ }
            }

            /// How the process ends.
            pub fn exit(self) -> Exit {
                match self { $(Code::$name => Exit::$exit,)+ }
            }

            /// One line for the table of codes.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary,)+ }
            }
        }
    };
}

codes! {
    /// Nobody answers.
    Unreachable = 301 Server, "no server answers";
    /// Something else than bussola answers.
    Strange = 302 Server, "the server's answer cannot be understood";
    /// The URL is not one.
    BadServer = 303 Usage, "the server's URL cannot be used";
    /// A file cannot be read or written.
    Io = 304 No, "a file cannot be read or written";
    /// Nobody agreed.
    NotConfirmed = 305 No, "an act that destroys was not confirmed";
    /// An argument is wrong in a way that only looking shows.
    BadArgument = 306 Usage, "an argument cannot be used";
    /// The ledger is not in order.
    NotVerified = 311 No, "the ledger does not verify";
    /// A checkpoint that was given is not one of this ledger.
    BadCheckpoint = 312 No, "a checkpoint cannot be used";
    /// A bundle of evidence is not whole.
    BadEvidence = 313 No, "a bundle of evidence does not verify";
    /// A data directory cannot be read.
    Data = 321 No, "a data directory cannot be used";
    /// The server does not start.
    NoStart = 331 No, "the server cannot start";
    /// The configuration is wrong.
    BadConfiguration = 332 No, "the configuration cannot be used";
}

/// How the process ends; documented in `docs/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// The answer is no: refused, not found, a problem was found.
    No = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The server cannot be reached, or cannot answer.
    Server = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CliError {
    /// `B0301`
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
    /// What is wrong with manifests.
    pub problems: Vec<FileProblem>,
    /// How the process ends.
    pub exit: Exit,
}

impl CliError {
    /// One of ours.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError {
            code: format!("B{:04}", code.number()),
            message: message.into(),
            hint: hint.into(),
            problems: Vec::new(),
            exit: code.exit(),
        }
    }

    /// What the server answered.
    pub fn answered(status: StatusCode, error: ErrorBody) -> CliError {
        CliError {
            code: error.code,
            message: error.message,
            hint: error.hint,
            problems: error.problems,
            exit: if status.is_server_error() { Exit::Server } else { Exit::No },
        }
    }

    /// A file that cannot be written.
    pub fn write(path: &std::path::Path, error: &std::io::Error) -> CliError {
        let message = format!("cannot write `{}`: {}", path.display(), crate::client::reason(error));
        CliError::new(Code::Io, message, "check that the directory exists and that you may write to it")
    }

    /// In the form that people read.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            text.push_str(&problem_text(problem));
        }
        text.push_str(&format!("error[{}]: {}\n", self.code, self.message));
        if !self.hint.is_empty() {
            text.push_str(&format!("hint: {}\n", self.hint));
        }
        text
    }
}

/// `file:line:column: error[B0114]: …` and its hint.
pub fn problem_text(problem: &FileProblem) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}: ", problem.path),
        // The message names the file.
        _ => String::new(),
    };
    let hint = if problem.hint.is_empty() { String::new() } else { format!("hint: {}\n", problem.hint) };
    format!("{place}error[{}]: {}\n{hint}", problem.code, problem.message)
}

impl From<&Refused> for CliError {
    fn from(refused: &Refused) -> CliError {
        CliError {
            code: refused.code().to_owned(),
            message: refused.to_string(),
            hint: refused.hint(),
            problems: Vec::new(),
            exit: Exit::No,
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        CliError::new(Code::Data, error.to_string(), error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_range() {
        let mut numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
        assert!(numbers.iter().all(|number| (301..400).contains(number)));
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
    }
}
