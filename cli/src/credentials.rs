//! What the command line shows to servers: `BUSSOLA_TOKEN`, a run's token, or the session that `bussola login` began.
//!
//! Sessions are in `bussola/credentials.json` of the user's configuration directory, by server, readable by its owner
//! alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{CliError, Code};

/// A session at one server.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// `Authorization: Bearer`.
    pub secret: String,
    /// Until when it is good.
    pub expires: String,
    /// Who signed in.
    #[serde(default)]
    pub name: Option<String>,
}

type All = BTreeMap<String, Kept>;

/// What to show to a server; none: nothing, so that it decides what that means.
pub fn secret_for(server: &str) -> Result<Option<String>, CliError> {
    if let Some(token) = variable("BUSSOLA_TOKEN") {
        return Ok(Some(token));
    }
    // Written anew while a run goes on: read each time.
    if let Some(path) = variable("BUSSOLA_TOKEN_FILE") {
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &PathBuf::from(&path), &error))?;
        return Ok(Some(text.trim().to_owned()));
    }
    Ok(all()?.remove(&key(server)).map(|kept| kept.secret))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The same server, however its URL ends.
fn key(server: &str) -> String {
    server.trim_end_matches('/').to_owned()
}

fn path() -> Result<PathBuf, CliError> {
    let base = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|base| base.is_absolute());
    let base = base.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")));
    let none = || {
        let hint = "set HOME, or give a token in BUSSOLA_TOKEN";
        CliError::new(Code::Io, "cannot tell where sessions are kept: neither XDG_CONFIG_HOME nor HOME is set", hint)
    };
    Ok(base.ok_or_else(none)?.join("bussola").join("credentials.json"))
}

fn all() -> Result<All, CliError> {
    // Who has no home has no sessions either.
    let Ok(path) = path() else { return Ok(All::new()) };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(All::new()),
        Err(error) => return Err(failed("read", &path, &error)),
    };
    serde_json::from_str(&text).map_err(|error| {
        let message =
            format!("cannot read `{}`: line {}: it is not what `bussola login` writes", path.display(), error.line());
        CliError::new(Code::Io, message, "remove the file and run `bussola login` again")
    })
}

/// Keeps a session for a server.
pub fn keep(server: &str, kept: Kept) -> Result<(), CliError> {
    let mut all = all()?;
    all.insert(key(server), kept);
    write(&all)
}

/// Forgets the session at a server; says whether there was one.
pub fn forget(server: &str) -> Result<bool, CliError> {
    let mut all = all()?;
    let found = all.remove(&key(server)).is_some();
    if found {
        write(&all)?;
    }
    Ok(found)
}

/// Whole or not at all: another command may read at this moment.
fn write(all: &All) -> Result<(), CliError> {
    let path = path()?;
    let directory = path.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(&directory).map_err(|error| failed("make", &directory, &error))?;
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let text = serde_json::to_string_pretty(all).map_err(|error| CliError::new(Code::Io, error.to_string(), ""))?;
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    })();
    written.map_err(|error| failed("write", &path, &error))
}

fn failed(action: &str, path: &std::path::Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot {action} `{}`: {}", path.display(), crate::client::reason(error));
    CliError::new(Code::Io, message, "check that it is yours")
}
