//! What the server is told to do: `luigi.cfg`, `bussola.toml` and arguments, joined into [`Settings`].
//!
//! Precedence, first wins: arguments, `bussola.toml`, `luigi.cfg`, defaults. Two files because they have two readers:
//! `luigi.cfg` is Luigi's own and its unknown keys are other programs'; `bussola.toml` is ours, so an unknown key there is
//! a mistake and is refused.

pub mod access;
mod bussola_toml;
mod ini;
mod luigi_cfg;
mod sections;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bussola_domain::scheduler::Config;

pub use access::{AccessSettings, RequireIdentity};
pub use sections::Cors;

use crate::limits::CONFIG_BYTES_MAX;
use crate::witness::WitnessSettings;

/// Luigi's clients look for the scheduler here when they are not told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8082";

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A line of a file is wrong.
    #[error("{file}:{line}: {what}")]
    Place {
        /// The file as named by the user.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
        /// What to do; may be empty.
        hint: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{file}`: {source}")]
    Read {
        /// The file as named by the user.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// What was asked for cannot be done.
    #[error("{what}")]
    Refused {
        /// What.
        what: String,
        /// What to do instead.
        hint: String,
    },
}

impl ConfigError {
    /// What to do about it, if we know.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ConfigError::Place { hint, .. } | ConfigError::Refused { hint, .. } => {
                Some(&**hint).filter(|h| !h.is_empty())
            }
            ConfigError::Read { .. } => None,
        }
    }
}

/// Arguments of `bussola serve`.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--unix-socket`
    pub unix_socket: Option<PathBuf>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--ephemeral`
    pub ephemeral: bool,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--luigi-config`
    pub luigi_config: Option<PathBuf>,
    /// `--insecure-listen`
    pub insecure_listen: bool,
    /// `--test-clock`
    pub test_clock: bool,
}

/// Where the ledger lives.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// On disk.
    Directory(PathBuf),
    /// Nowhere: it ends with the process.
    Memory,
}

/// When a reply's entries are flushed to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sync {
    /// Within 100 ms.
    #[default]
    Interval,
    /// Before the reply.
    Always,
}

/// Everything that was decided.
#[derive(Clone, Debug)]
pub struct Settings {
    /// TCP addresses to listen on; none if there is only a socket file.
    pub listen: Option<SocketAddr>,
    /// A Unix socket to listen on.
    pub unix_socket: Option<PathBuf>,
    /// Names by which the API may be called, besides those of the loopback: `[serve] hosts`.
    pub hosts: Vec<String>,
    /// Where the ledger lives.
    pub place: Place,
    /// Why it lives there, for the line at the start.
    pub place_reason: &'static str,
    /// `[ledger] sync`
    pub sync: Sync,
    /// `[ledger] origin`
    pub origin: Option<String>,
    /// `[ledger] guard`
    pub guard: Option<PathBuf>,
    /// `[ledger] witnesses`
    pub witnesses: Vec<WitnessSettings>,
    /// `[ledger] quorum`
    pub quorum: usize,
    /// `[catalog] paths`
    pub catalog_paths: Vec<PathBuf>,
    /// `[runs] retention_days`
    pub retention_days: u32,
    /// `[scheduler]`, `[resources]` and `[prometheus]`
    pub scheduler: Config,
    /// `[access]`
    pub access: AccessSettings,
    /// `[luigi] require_identity`
    pub require_identity: RequireIdentity,
    /// `[cors]`
    pub cors: Cors,
    /// Requests may say what time it is.
    pub test_clock: bool,
    /// What an administrator should know about these settings.
    pub notes: Vec<String>,
}

/// Runs are kept this long unless told otherwise: a quarter and some days, so that quarterly questions have answers.
pub const RETENTION_DAYS_DEFAULT: u32 = 100;

impl Settings {
    /// Reads the files and joins everything.
    pub fn resolve(arguments: &Arguments) -> Result<Settings, ConfigError> {
        let mut notes = Vec::new();
        let mut joined = sections::Sections::default();
        if let Some(path) = &arguments.luigi_config {
            joined = luigi_cfg::read(path, &mut notes)?;
        }
        let mut own = bussola_toml::File::default();
        if let Some(path) = &arguments.config {
            own = bussola_toml::read(path)?;
            joined.overlay(std::mem::take(&mut own.sections));
        }
        let unix_socket = arguments.unix_socket.clone().or(own.unix_socket);
        let listen = match (arguments.listen.or(own.listen), &unix_socket) {
            (Some(address), _) => Some(address),
            (None, Some(_)) => None,
            (None, None) => Some(LISTEN_DEFAULT.parse().map_err(|_| ConfigError::Refused {
                what: format!("`{LISTEN_DEFAULT}` is not an address"),
                hint: String::new(),
            })?),
        };
        refuse_open_listen(listen, arguments.insecure_listen || !own.access.providers.is_empty())?;
        let (place, place_reason) = place(arguments, own.data, joined.scheduler.state_path.as_deref())?;
        joined.scheduler.note(&mut notes);
        joined.check_labels()?;
        Ok(Settings {
            listen,
            unix_socket,
            hosts: own.hosts,
            place,
            place_reason,
            sync: own.sync,
            origin: own.origin,
            guard: own.guard,
            witnesses: own.witnesses,
            quorum: own.quorum,
            catalog_paths: own.catalog_paths,
            retention_days: own.retention_days.unwrap_or(RETENTION_DAYS_DEFAULT),
            scheduler: joined.scheduler_config(),
            access: own.access,
            require_identity: own.require_identity,
            cors: joined.cors(),
            test_clock: arguments.test_clock,
            notes,
        })
    }
}

/// Secure by default: whoever reaches the port can do everything, so without an identity provider only this machine may.
fn refuse_open_listen(listen: Option<SocketAddr>, insecure: bool) -> Result<(), ConfigError> {
    match listen {
        Some(address) if !address.ip().is_loopback() && !insecure => Err(ConfigError::Refused {
            what: format!(
                "cannot listen on `{address}`: without an identity provider anyone who reaches it could run and stop tasks"
            ),
            hint: "listen on 127.0.0.1 behind a proxy that authenticates, or accept the risk with --insecure-listen"
                .into(),
        }),
        _ => Ok(()),
    }
}

fn place(
    arguments: &Arguments,
    configured: Option<PathBuf>,
    state_path: Option<&str>,
) -> Result<(Place, &'static str), ConfigError> {
    if arguments.ephemeral {
        return match &arguments.data {
            None => Ok((Place::Memory, "--ephemeral")),
            Some(_) => Err(ConfigError::Refused {
                what: "--ephemeral and --data contradict each other".into(),
                hint: "leave out one of them".into(),
            }),
        };
    }
    if let Some(path) = &arguments.data {
        return Ok((Place::Directory(path.clone()), "--data"));
    }
    if let Some(path) = configured {
        return Ok((Place::Directory(path), "data in bussola.toml"));
    }
    // luigid's state file is a pickle, which we neither read nor overwrite: ours stands beside it.
    if let Some(path) = state_path {
        return Ok((Place::Directory(PathBuf::from(format!("{path}.bussola"))), "[scheduler] state_path"));
    }
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(base) = home("XDG_DATA_HOME").filter(|base| base.is_absolute()) {
        return Ok((Place::Directory(base.join("bussola")), "default"));
    }
    if let Some(base) = home("HOME") {
        return Ok((Place::Directory(base.join(".local/share/bussola")), "default"));
    }
    Err(ConfigError::Refused {
        what: "no data directory: neither XDG_DATA_HOME nor HOME is set".into(),
        hint: "name one with --data, or keep nothing with --ephemeral".into(),
    })
}

/// A configuration file's text.
fn read_file(path: &Path) -> Result<String, ConfigError> {
    let file = path.display().to_string();
    let failed = |source| ConfigError::Read { file: file.clone(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > CONFIG_BYTES_MAX {
        let what = format!("it has {size} bytes, more than {CONFIG_BYTES_MAX}");
        return Err(ConfigError::Place { file, line: 1, what, hint: "is this the right file?".into() });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        ConfigError::Place { file, line, what: "not UTF-8".into(), hint: String::new() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(arguments: Arguments) -> Result<Settings, String> {
        Settings::resolve(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn only_this_machine_may_call_unless_told_otherwise() {
        let on = |address: &str, insecure_listen| {
            let listen = Some(address.parse().expect("an address"));
            resolve(Arguments { listen, ephemeral: true, insecure_listen, ..Arguments::default() }).is_ok()
        };
        assert!(on("127.0.0.1:1", false));
        assert!(on("[::1]:1", false));
        assert!(!on("0.0.0.0:1", false));
        assert!(!on("192.0.2.1:1", false));
        assert!(on("0.0.0.0:1", true));
    }

    #[test]
    fn the_data_directory_has_an_order_of_precedence() {
        let at = |arguments: Arguments, configured: Option<&str>, state: Option<&str>| {
            place(&arguments, configured.map(PathBuf::from), state).map(|(place, _)| place).ok()
        };
        let directory = |path: &str| Some(Place::Directory(PathBuf::from(path)));
        let with_data = Arguments { data: Some("d".into()), ..Arguments::default() };
        assert_eq!(at(with_data, Some("c"), Some("s")), directory("d"));
        assert_eq!(at(Arguments::default(), Some("c"), Some("s")), directory("c"));
        assert_eq!(at(Arguments::default(), None, Some("/var/s")), directory("/var/s.bussola"));
        let ephemeral = Arguments { ephemeral: true, ..Arguments::default() };
        assert_eq!(at(ephemeral, None, Some("s")), Some(Place::Memory));
        let both = Arguments { ephemeral: true, data: Some("d".into()), ..Arguments::default() };
        assert_eq!(at(both, None, None), None);
    }
}
