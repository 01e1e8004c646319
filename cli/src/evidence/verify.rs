//! `bussola evidence verify` and `controls`: offline, of a file alone.

use std::path::PathBuf;

use bussola_evidence::limits::BUNDLE_BYTES_MAX;
use bussola_evidence::{Framework, Verified, time};
use bussola_ledger::{Cosignature, VerifyingKey, WitnessKey};
use serde::Serialize;

use super::no_file;
use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Screen, count, plain};

/// Arguments of `bussola evidence verify`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The bundle.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The ledger's public key, obtained from elsewhere than the bundle: the text, or a file that holds it.
    #[arg(long, value_name = "KEY")]
    key: String,
    /// The key of a witness that you trust, in the same two ways; may be given again.
    #[arg(long, value_name = "KEY")]
    witness: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    ok: bool,
    origin: String,
    framework: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    from: String,
    to: String,
    /// Entries of the bundle.
    entries: u64,
    /// The number of the first.
    first: u64,
    /// Entries of the ledger as it was signed, and their root.
    size: u64,
    root: String,
    /// Nothing of the period is missing; of one that was not over: up to the time that follows.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_until: Option<String>,
    /// The entry that vouches for report, texts and names.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<u64>,
    witnesses: Vec<Witnessed>,
    names: usize,
    recoveries: Vec<u64>,
    controls: Vec<Controlled>,
}

#[derive(Serialize)]
struct Witnessed {
    name: String,
    at: String,
    /// Its key was given, and did not come with the bundle alone.
    trusted: bool,
}

#[derive(Serialize)]
struct Controlled {
    id: String,
    coverage: &'static str,
    entries: u64,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, CliError> {
    let key: VerifyingKey = key(&arguments.key, "the key of the ledger")?;
    let trusted: Vec<WitnessKey> =
        arguments.witness.iter().map(|text| self::key(text, "the key of a witness")).collect::<Result<_, _>>()?;
    let length = std::fs::metadata(&arguments.file).map_err(|error| no_file(&arguments.file, &error))?.len();
    if length > BUNDLE_BYTES_MAX as u64 {
        let message = format!("`{}` has {length} bytes, at most {BUNDLE_BYTES_MAX} are read", arguments.file.display());
        return Err(CliError::new(Code::BadEvidence, message, "ask for bundles of shorter periods"));
    }
    let bundle = std::fs::read(&arguments.file).map_err(|error| no_file(&arguments.file, &error))?;
    let verified = bussola_evidence::verify(&bundle, &key, &trusted).map_err(|fault| {
        CliError::new(Code::BadEvidence, plain(&format!("the bundle does not verify: {fault}")), fault.hint)
    })?;
    let answer = answer(&verified);
    output::answer(common.output, &answer, |screen| text(screen, &answer, &verified))?;
    Ok(Exit::Ok)
}

/// A key as text, or in a file.
fn key<K: std::str::FromStr<Err = bussola_ledger::KeyError>>(given: &str, what: &str) -> Result<K, CliError> {
    let refused = |error: bussola_ledger::KeyError| {
        CliError::new(Code::BadCheckpoint, format!("cannot use {what}: {error}"), error.hint())
    };
    let path = PathBuf::from(given);
    // A key has plus signs; a file of that name would be an odd one.
    if given.contains('+') && !path.is_file() {
        return given.trim().parse().map_err(refused);
    }
    let text = std::fs::read_to_string(&path).map_err(|error| no_file(&path, &error))?;
    text.trim().parse().map_err(refused)
}

fn answer(verified: &Verified) -> Answer {
    let manifest = &verified.manifest;
    let witness = |cosignature: &Cosignature, trusted: bool| Witnessed {
        name: cosignature.witness.to_string(),
        at: time::seconds(i64::try_from(cosignature.at_s).unwrap_or(i64::MAX / 1_000_000).saturating_mul(1_000_000)),
        trusted,
    };
    let framework = Framework::find(&manifest.framework);
    let controls = framework.map(|framework| framework.judge(&verified.population)).unwrap_or_default();
    let until = verified.next_at.filter(|next| *next < manifest.to);
    Answer {
        ok: true,
        origin: manifest.origin.clone(),
        framework: manifest.framework.clone(),
        component: manifest.component.clone(),
        from: time::seconds(manifest.from),
        to: time::seconds(manifest.to),
        entries: manifest.entries,
        first: manifest.first,
        size: verified.checkpoint.size,
        root: verified.checkpoint.root.to_base64(),
        complete: verified.complete,
        complete_until: until.map(time::seconds),
        sealed: verified.sealed.map(|sealed| sealed.seq),
        witnesses: verified
            .cosignatures
            .iter()
            .map(|cosignature| witness(cosignature, true))
            .chain(verified.cosignatures_unknown.iter().map(|cosignature| witness(cosignature, false)))
            .collect(),
        names: verified.people,
        recoveries: verified.population.recoveries.clone(),
        controls: controls
            .iter()
            .map(|finding| Controlled {
                id: finding.control.id.clone(),
                coverage: finding.coverage.as_str(),
                entries: finding.found.iter().flatten().map(|(_, count)| count).sum(),
            })
            .collect(),
    }
}

fn text(screen: &Screen, answer: &Answer, verified: &Verified) -> String {
    let mut lines = vec![format!(
        "the bundle is whole: {} of {}, {} to before {}",
        count(answer.entries as usize, "entry", "entries"),
        answer.origin,
        answer.from,
        answer.to
    )];
    lines.push(match (&answer.component, answer.complete, &answer.complete_until) {
        (Some(component), ..) => format!("about {component}; that these are all is the exporter's word"),
        (None, true, Some(until)) => format!("nothing is missing up to {until}: the period was not over"),
        (None, true, None) => "nothing of the period is missing".to_owned(),
        (None, false, _) => "whether something is missing is not shown".to_owned(),
    });
    lines.push(match verified.sealed {
        Some(sealed) => format!("entry {} vouches for all of it, of {}", sealed.seq, time::seconds(sealed.at_us)),
        None if verified.report_compared => {
            "no entry vouches for it: the report was made anew and is the same".to_owned()
        }
        None => "no entry vouches for it: the entries are proven, report and names are the exporter's word".to_owned(),
    });
    for witness in &answer.witnesses {
        let trust = if witness.trusted { "" } else { ", by a key that came with the bundle: no proof of who that is" };
        lines.push(format!("cosigned by {} at {}{trust}", witness.name, witness.at));
    }
    if answer.witnesses.is_empty() {
        lines.push("no witness cosigned it: who holds the ledger's key could show others another history".to_owned());
    }
    for seq in &answer.recoveries {
        lines.push(format!("the ledger was recovered at entry {seq}: what had been served before is not all in it"));
    }
    let rows = answer
        .controls
        .iter()
        .map(|control| vec![control.id.clone(), control.coverage.to_owned(), control.entries.to_string()]);
    format!("{}\n\n{}", lines.join("\n"), screen.table(&["CONTROL", "EVIDENCE", "ENTRIES"], rows.collect()))
}

/// The controls of a framework.
pub(super) fn controls(framework: &Framework, common: &Common) -> Result<Exit, CliError> {
    #[derive(Serialize)]
    struct Listed<'f> {
        id: &'f str,
        asks: &'f str,
        kinds: Vec<&'f str>,
    }
    let listed: Vec<Listed<'_>> = framework
        .controls
        .iter()
        .map(|control| Listed {
            id: &control.id,
            asks: &control.asks,
            kinds: control.items.iter().flat_map(|item| item.kinds.iter().map(String::as_str)).collect(),
        })
        .collect();
    output::answer(common.output, &listed, |screen| {
        let rows = listed.iter().map(|control| vec![control.id.into(), control.asks.into(), control.kinds.join(", ")]);
        screen.table(&["CONTROL", "ASKS", "KINDS OF ENTRIES"], rows.collect())
    })?;
    Ok(Exit::Ok)
}
