//! `bussola.toml`, our own file. A key that we do not know is a mistake: it is refused, with the nearest one that we do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bussola_ledger::{KeyError, WitnessKey};
use serde::Deserialize;

use crate::config::access::{self, AccessSettings, RawAccess, RawLuigi, RequireIdentity};
use crate::config::sections::{Cors, Labels, SchedulerPatch, Sections};
use crate::config::{ConfigError, Sync, read_file};
use crate::limits::WITNESSES_MAX;
use crate::outbound;
use crate::witness::WitnessSettings;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    data: Option<PathBuf>,
    serve: Serve,
    ledger: Ledger,
    catalog: Catalog,
    access: RawAccess,
    luigi: RawLuigi,
    runs: Runs,
    scheduler: SchedulerPatch,
    resources: BTreeMap<String, f64>,
    cors: Option<Cors>,
    prometheus: Option<Labels>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Serve {
    listen: Option<SocketAddr>,
    unix_socket: Option<PathBuf>,
    hosts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ledger {
    sync: Sync,
    origin: Option<String>,
    guard: Option<PathBuf>,
    witnesses: Vec<RawWitness>,
    quorum: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWitness {
    url: String,
    vkey: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Catalog {
    paths: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Runs {
    retention_days: Option<u32>,
}

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct File {
    pub data: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub unix_socket: Option<PathBuf>,
    pub hosts: Vec<String>,
    pub sync: Sync,
    pub origin: Option<String>,
    pub guard: Option<PathBuf>,
    pub witnesses: Vec<WitnessSettings>,
    pub quorum: usize,
    pub catalog_paths: Vec<PathBuf>,
    pub retention_days: Option<u32>,
    pub access: AccessSettings,
    pub require_identity: RequireIdentity,
    pub sections: Sections,
}

/// Reads the file. Relative paths in it are relative to the file.
pub(super) fn read(path: &Path) -> Result<File, ConfigError> {
    let base = path.parent().unwrap_or(Path::new(""));
    let mut file = parse(&path.display().to_string(), base, &read_file(path)?)?;
    for relative in
        file.data.iter_mut().chain(&mut file.unix_socket).chain(&mut file.guard).chain(&mut file.catalog_paths)
    {
        *relative = base.join(&*relative);
    }
    if let Some(path) = &mut file.sections.scheduler.state_path {
        *path = base.join(&*path).display().to_string();
    }
    Ok(file)
}

fn parse(file: &str, base: &Path, text: &str) -> Result<File, ConfigError> {
    let raw: Raw = toml::from_str(text).map_err(|error| explain(file, text, &error))?;
    let (witnesses, quorum) = witnesses(&raw.ledger)?;
    Ok(File {
        data: raw.data,
        listen: raw.serve.listen,
        unix_socket: raw.serve.unix_socket,
        hosts: raw.serve.hosts,
        sync: raw.ledger.sync,
        origin: raw.ledger.origin,
        guard: raw.ledger.guard,
        witnesses,
        quorum,
        catalog_paths: raw.catalog.paths,
        access: access::settle(file, base, raw.access)?,
        require_identity: raw.luigi.require_identity,
        retention_days: raw.runs.retention_days,
        sections: Sections {
            scheduler: raw.scheduler,
            resources: raw.resources,
            cors: raw.cors,
            labels: raw.prometheus,
        },
    })
}

/// The witnesses, and how many cosignatures a checkpoint should have: one, if there are any and nothing else is said.
fn witnesses(ledger: &Ledger) -> Result<(Vec<WitnessSettings>, usize), ConfigError> {
    let refused = |what: String, hint: &str| ConfigError::Refused { what, hint: hint.to_owned() };
    let mut witnesses: Vec<WitnessSettings> = Vec::new();
    for raw in &ledger.witnesses {
        let url = outbound::check(&raw.url)
            .map_err(|why| refused(format!("cannot ask the witness at `{}`: {why}", raw.url), "give its prefix"))?;
        let key: WitnessKey = raw.vkey.trim().parse().map_err(|error: KeyError| {
            refused(format!("key of the witness at `{}`: {error}", raw.url), error.hint())
        })?;
        if witnesses.iter().any(|other| other.key.name() == key.name()) {
            let what = format!("witness `{}` is named twice", key.name());
            return Err(refused(what, "each witness counts once"));
        }
        witnesses.push(WitnessSettings { url, key });
    }
    if witnesses.len() > WITNESSES_MAX {
        let what = format!("there are {} witnesses, at most {WITNESSES_MAX} are allowed", witnesses.len());
        return Err(refused(what, "a signed note has no place for more"));
    }
    let quorum = ledger.quorum.unwrap_or(usize::from(!witnesses.is_empty()));
    if quorum > witnesses.len() {
        let what = format!("`[ledger] quorum` is {quorum}, and there are {} witnesses", witnesses.len());
        return Err(refused(what, "name as many in `[ledger] witnesses`"));
    }
    Ok((witnesses, quorum))
}

fn explain(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let message = error.message().trim().replace('\n', ", ");
    let (what, hint) = match unknown_field(&message) {
        Some((name, known)) => {
            let nearest = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
            (format!("unknown key `{name}`"), nearest.unwrap_or_else(|| format!("known here: {}", known.join(", "))))
        }
        None => (message, String::new()),
    };
    ConfigError::Place { file: file.to_string(), line, what, hint }
}

/// Takes apart serde's "unknown field `a`, expected one of `b`, `c`".
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    Some((name, quoted.collect()))
}

/// The known name that takes the fewest edits, if they are few for its length.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    let ranked = known.iter().map(|&other| (edits(&name, other), other)).min()?;
    (ranked.0 <= ranked.1.len() / 3 + 1).then_some(ranked.1)
}

/// Levenshtein's distance.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for column in 0..other.len() {
            let replaced = diagonal + usize::from(letter != other[column]);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (String, String) {
        let error = parse("bussola.toml", Path::new(""), text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        (error.to_string(), error.hint().unwrap_or_default().to_string())
    }

    #[test]
    fn every_section_is_read() {
        let file = parse(
            "bussola.toml",
            Path::new(""),
            "data = 'd'\n[serve]\nlisten = '127.0.0.1:9'\nunix_socket = 's'\n[ledger]\nsync = 'always'\norigin = 'o'\n\
             [catalog]\npaths = ['a', 'b']\n[runs]\nretention_days = 7\n[scheduler]\nretry_delay = 5\n\
             [resources]\ngpu = 2\n[cors]\nenabled = true\n[prometheus]\ntask_parameters_to_use_in_labels = ['x']\n",
        )
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.listen, "127.0.0.1:9".parse().ok());
        assert_eq!(file.sync, Sync::Always);
        assert_eq!(file.catalog_paths.len(), 2);
        assert_eq!(file.retention_days, Some(7));
        assert_eq!(file.sections.scheduler_config().retry_delay_s, 5.0);
        assert_eq!(file.sections.resources.get("gpu"), Some(&2.0));
        assert!(file.sections.cors().enabled);
    }

    #[test]
    fn witnesses_are_checked_before_anything_starts() {
        let vkey = "witness.example.com/w1+c7d5edb8+BGrGpzDAAHQsTBB5mvVRp/xAYgpNG5fJV+GAHZkRTAaV";
        let witness = |url: &str, vkey: &str| format!("[[ledger.witnesses]]\nurl = '{url}'\nvkey = '{vkey}'\n");
        let (what, _) = refused(&witness("http://192.0.2.1", vkey));
        assert!(what.starts_with("cannot ask the witness at `http://192.0.2.1`: without TLS"), "{what}");
        let (what, _) = refused(&witness("http://127.0.0.1:1", "a+01234567+AAAA"));
        assert!(what.starts_with("key of the witness at `http://127.0.0.1:1`"), "{what}");
        let (what, _) = refused("[ledger]\nquorum = 1");
        assert_eq!(what, "`[ledger] quorum` is 1, and there are 0 witnesses");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let (what, hint) = refused("[serve]\n\nlistne = '127.0.0.1:1'");
        assert_eq!((what.as_str(), hint.as_str()), ("bussola.toml:3: unknown key `listne`", "did you mean `listen`?"));
        let (_, hint) = refused("[scheduler]\nretry-delay = 5");
        assert_eq!(hint, "did you mean `retry_delay`?");
        let (_, hint) = refused("[runs]\nzzzzzzzzzz = 5");
        assert_eq!(hint, "known here: retention_days");
    }

    #[test]
    fn a_bad_value_is_refused_with_its_line() {
        let (what, _) = refused("[ledger]\nsync = 'never'");
        assert!(what.starts_with("bussola.toml:2: unknown variant `never`"), "{what}");
        let (what, _) = refused("[serve]\nlisten = 'here'");
        assert!(what.starts_with("bussola.toml:2: invalid socket address"), "{what}");
        let (what, _) = refused("[scheduler]\nretry_delay = true");
        assert!(what.starts_with("bussola.toml:2: invalid type"), "{what}");
    }
}
