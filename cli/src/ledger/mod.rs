//! `bussola ledger …`: verify, checkpoint, prove, export; of a running server, or of a data directory. And erase, of the
//! directory of a stopped one.
//!
//! The files that are written are those of `docs/ledger-format.md`, so that other programs take them as they are.

mod erase;
mod recover;
pub(crate) mod source;
pub(crate) mod tree;

use std::path::{Path, PathBuf};

use bussola_domain::id::BlobHash;
use bussola_ledger::{Verifier, VerifyingKey, leaf_hash, leaf_kind};
use bussola_server::http::wire::ledger::{CheckpointNote, EntryProof};
use bussola_store::audit::{self, Depth, RECOVERED, Recovery, Request};
use serde::Serialize;

use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Format, count};
use source::Source;
use tree::Tree;

/// `bussola ledger …`
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Recompute everything from the entries and name the first that is wrong: exit status 0 if all is in order, 1 if not.
    Verify {
        /// A data directory, in use or not; without it the server's ledger is copied and verified here.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A checkpoint that was kept elsewhere: also finds an end that was cut off.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// The key that was kept elsewhere (`ledger.vkey`); without it the one beside the ledger is trusted.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Also every page of the database, and names, error texts and history against the entries. Needs --data.
        #[arg(long, requires = "data")]
        deep: bool,
    },
    /// Sign the ledger as it is: a note to keep where its operator cannot reach it.
    Checkpoint {
        /// A data directory; without it the server signs.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Write `checkpoint` and `ledger.vkey` into this directory instead of to stdout.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Prove that an entry is in the ledger, or that it only grew since a checkpoint.
    Prove {
        /// The number of the entry, from 0: writes entry.json, entry.tlog-proof, entry.hashes and checkpoint.
        #[arg(value_name = "SEQ", required_unless_present = "since")]
        seq: Option<u64>,
        /// A checkpoint of earlier: writes consistency.proof, consistency.hashes and checkpoint.
        #[arg(long, value_name = "FILE", conflicts_with = "seq")]
        since: Option<PathBuf>,
        /// A data directory; without it the server is asked.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where the files go.
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// Write all entries: as JSON Lines to stdout, or into a folder with checkpoint and tiles that can be served as it is.
    Export {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// The same.
        #[arg(long, value_name = "DIR", conflicts_with = "folder")]
        out: Option<PathBuf>,
        /// A data directory; without it the server is asked.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Serve a ledger again that its guard refuses, and record why. The server must be stopped.
    #[command(long_about = recover::LONG_ABOUT)]
    Recover {
        /// Why, in your words: kept beside the ledger, which has its hash.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The file of `[ledger] guard`.
        #[arg(long, value_name = "FILE")]
        guard: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Erase texts that name a person, and record that they were erased. The server must be stopped.
    #[command(long_about = erase::LONG_ABOUT)]
    Erase {
        /// Every name (worker id, host, user, e-mail address, message) that contains this.
        #[arg(value_name = "TEXT", required_unless_present = "error")]
        containing: Option<String>,
        /// An error text, by its SHA-256 as attempts and entries have it; may be given again.
        #[arg(long, value_name = "HASH")]
        error: Vec<BlobHash>,
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs one of them.
pub fn run(command: Command, common: &Common) -> Result<Exit, CliError> {
    match command {
        Command::Verify { data, checkpoint, key, deep } => {
            let checkpoint = checkpoint.map(|path| read_text(&path)).transpose()?;
            let key = key.map(|path| read_key(&path)).transpose()?;
            let report = match data {
                Some(data) => verify_data(&data, checkpoint, key, deep)?,
                None => verify_server(checkpoint, key, common)?,
            };
            finish(&report, common)
        }
        Command::Checkpoint { data, out } => checkpoint(data.as_deref(), out.as_deref(), common),
        Command::Prove { seq: Some(seq), data, out, .. } => prove(seq, data.as_deref(), &out, common),
        Command::Prove { since: Some(since), data, out, .. } => prove_since(&since, data.as_deref(), &out, common),
        // Clap asks for one of the two.
        Command::Prove { .. } => {
            Err(CliError::new(Code::BadArgument, "cannot prove: nothing is named", "name an entry"))
        }
        Command::Recover { reason, data, guard, yes } => recover::run(reason, data, guard, yes, common),
        Command::Erase { containing, error, data, yes } => {
            erase::run(containing.unwrap_or_default(), error, data, yes, common)
        }
        Command::Export { folder, out, data } => export(folder.or(out).as_deref(), data.as_deref(), common),
    }
}

/// What verifying found.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    /// Entries that were checked.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    /// Checkpoints that the entries agree with.
    checkpoints: usize,
    /// Where it was recovered: what had been served before is not all in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovered: Vec<Recovered>,
    /// Texts that are gone, as entries say.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Recovered {
    /// The entry that says so.
    seq: u64,
    what: String,
}

impl Recovered {
    fn of(recovery: &Recovery) -> Recovered {
        Recovered { seq: recovery.seq, what: recovery.to_string() }
    }
}

#[derive(Debug, Serialize)]
struct Gone {
    names_erased: u64,
    errors_erased: u64,
    errors_forgotten: u64,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    hint: String,
}

fn finish(report: &Report, common: &Common) -> Result<Exit, CliError> {
    if common.output == Format::Json {
        output::answer(Format::Json, report, |_| String::new())?;
    }
    if report.ok {
        if common.output == Format::Table {
            output::data(&verified_text(report))?;
        }
        return Ok(Exit::Ok);
    }
    if common.output == Format::Table {
        // It may be why a checkpoint that was kept does not fit.
        output::say(&recovered_text(report));
    }
    for finding in &report.findings {
        let message = format!("the ledger does not verify: {}", finding.what);
        output::say(&CliError::new(Code::NotVerified, message, finding.hint.clone()).text());
    }
    Ok(Exit::No)
}

fn verified_text(report: &Report) -> String {
    let root = report.root.as_ref().map(|root| format!("root {root}\n")).unwrap_or_default();
    let gone = report.gone.as_ref().map(gone_text).unwrap_or_default();
    let recovered = recovered_text(report);
    format!(
        "the ledger is in order: {}, {}\n{root}{recovered}{gone}",
        count(report.size as usize, "entry", "entries"),
        count(report.checkpoints, "checkpoint agrees", "checkpoints agree")
    )
}

fn recovered_text(report: &Report) -> String {
    report.recovered.iter().map(|recovered| format!("{}\n", recovered.what)).collect()
}

fn gone_text(gone: &Gone) -> String {
    format!(
        "gone, as entries say: {} and {} erased, {} older than the retention of runs\n",
        count(gone.names_erased as usize, "name", "names"),
        count(gone.errors_erased as usize, "error text", "error texts"),
        count(gone.errors_forgotten as usize, "error text", "error texts"),
    )
}

fn verify_data(
    data: &Path,
    checkpoint: Option<String>,
    key: Option<VerifyingKey>,
    deep: bool,
) -> Result<Report, CliError> {
    let depth = if deep { Depth::Deep } else { Depth::Ledger };
    let report = audit::verify(data, &Request { key, checkpoint, depth })?;
    let finding = |finding: &audit::Finding| Finding {
        what: finding.what.clone(),
        seq: finding.seq,
        hint: finding.hint.to_owned(),
    };
    Ok(Report {
        ok: report.is_ok(),
        size: report.size,
        root: report.head.map(|head| head.root.to_base64()),
        checkpoints: report.checkpoints,
        recovered: report.recovered.iter().map(Recovered::of).collect(),
        gone: deep.then_some(Gone {
            names_erased: report.gone.names_erased,
            errors_erased: report.gone.errors_erased,
            errors_forgotten: report.gone.errors_forgotten,
        }),
        findings: report.findings.iter().map(finding).collect(),
    })
}

/// Takes every entry from the server and recomputes everything here: the server is not asked whether it is right.
fn verify_server(checkpoint: Option<String>, key: Option<VerifyingKey>, common: &Common) -> Result<Report, CliError> {
    let mut source = Source::server(common)?;
    let CheckpointNote { note, vkey, .. } = source.checkpoint()?;
    let key = match key {
        Some(key) => key,
        None => parse_key(&vkey, "the server's key")?,
    };
    let mut checkpoints = Vec::new();
    for (note, whose) in [(Some(note), "the server's"), (checkpoint, "the given")] {
        let Some(note) = note else { continue };
        match key.open(&note) {
            Ok(checkpoint) => checkpoints.push(checkpoint),
            Err(error) => return Ok(failed(0, format!("{whose} checkpoint: {error}"), None, error.hint())),
        }
    }
    let size = checkpoints.first().map_or(0, |checkpoint| checkpoint.size);
    let mut verifier = Verifier::new(checkpoints);
    let mut fault = None;
    let mut recovered = Vec::new();
    source.leaves(size, &mut |seq, leaf| {
        if leaf_kind(leaf) == Some(RECOVERED) {
            recovered.extend(Recovery::read(leaf).as_ref().map(Recovered::of));
        }
        if fault.is_none() {
            fault = verifier.entry(bussola_ledger::StoredEntry { seq, hash: leaf_hash(leaf), leaf }).err();
        }
        Ok(())
    })?;
    let checked = verifier.size();
    let verified = match fault {
        None => verifier.finish(None),
        Some(fault) => Err(fault),
    };
    Ok(match verified {
        Ok(verified) => Report {
            recovered,
            ok: true,
            size: verified.head.size,
            root: Some(verified.head.root.to_base64()),
            checkpoints: verified.checkpoints,
            gone: None,
            findings: Vec::new(),
        },
        Err(fault) => Report { recovered, ..failed(checked, fault.to_string(), fault.seq(), fault.hint()) },
    })
}

fn failed(size: u64, what: String, seq: Option<u64>, hint: &str) -> Report {
    let finding = Finding { what, seq, hint: hint.to_owned() };
    let recovered = Vec::new();
    Report { ok: false, size, root: None, checkpoints: 0, recovered, gone: None, findings: vec![finding] }
}

fn checkpoint(data: Option<&Path>, out: Option<&Path>, common: &Common) -> Result<Exit, CliError> {
    let checkpoint = Source::of(data, common)?.checkpoint()?;
    match out {
        None => output::answer(common.output, &checkpoint, |_| checkpoint.note.clone())?,
        Some(out) => {
            let files = [("checkpoint", checkpoint.note.as_str()), ("ledger.vkey", &line(&checkpoint.vkey))];
            write_all(out, &files, common, &checkpoint)?;
        }
    }
    Ok(Exit::Ok)
}

fn prove(seq: u64, data: Option<&Path>, out: &Path, common: &Common) -> Result<Exit, CliError> {
    let proof: EntryProof = Source::of(data, common)?.proof(seq)?;
    let files = [
        ("entry.json", proof.leaf.as_str()),
        ("entry.tlog-proof", &proof.proof),
        ("entry.hashes", &proof.hashes),
        ("checkpoint", &proof.checkpoint),
    ];
    write_all(out, &files, common, &proof)?;
    Ok(Exit::Ok)
}

/// A proof that the ledger only grew.
#[derive(Serialize)]
struct Growth {
    old_size: u64,
    proof: String,
    hashes: String,
    checkpoint: String,
}

fn prove_since(since: &Path, data: Option<&Path>, out: &Path, common: &Common) -> Result<Exit, CliError> {
    let old = read_text(since)?;
    let mut source = Source::of(data, common)?;
    let CheckpointNote { note, vkey, .. } = source.checkpoint()?;
    let key = parse_key(&vkey, "the key of the ledger")?;
    let open = |note: &str, what: &str| {
        key.open(note)
            .map_err(|error| CliError::new(Code::BadCheckpoint, format!("cannot use {what}: {error}"), error.hint()))
    };
    let old = open(&old, &format!("checkpoint `{}`", since.display()))?;
    let new = open(&note, "the checkpoint of now")?;
    if old.size > new.size {
        let message =
            format!("cannot prove growth: the checkpoint is of {} entries, the ledger has {}", old.size, new.size);
        return Err(CliError::new(
            Code::NotVerified,
            message,
            "the ledger was cut or restored from an old backup: find the missing entries first",
        ));
    }
    let tree = Tree::read(&mut source, new.size)?;
    let proof = tree.grown_since(old.size, note)?;
    if let Err(error) = proof.verify(&old, &key) {
        let message = format!("cannot prove growth: {error}");
        return Err(CliError::new(
            Code::NotVerified,
            message,
            "history was rewritten: keep the checkpoint and the ledger as evidence",
        ));
    }
    let growth = Growth {
        old_size: old.size,
        proof: proof.to_string(),
        hashes: bussola_ledger::format_hashes(&proof.hashes),
        checkpoint: proof.note.clone(),
    };
    let files = [
        ("consistency.proof", growth.proof.as_str()),
        ("consistency.hashes", &growth.hashes),
        ("checkpoint", &growth.checkpoint),
    ];
    write_all(out, &files, common, &growth)?;
    Ok(Exit::Ok)
}

fn export(folder: Option<&Path>, data: Option<&Path>, common: &Common) -> Result<Exit, CliError> {
    let mut source = Source::of(data, common)?;
    let CheckpointNote { note, vkey, .. } = source.checkpoint()?;
    let size = parse_key(&vkey, "the key of the ledger")?
        .open(&note)
        .map_err(|error| {
            CliError::new(Code::BadCheckpoint, format!("cannot use the ledger's checkpoint: {error}"), error.hint())
        })?
        .size;
    let Some(folder) = folder else {
        source.leaves(size, &mut |_, leaf| {
            let mut line = leaf.to_vec();
            line.push(b'\n');
            output::data(&String::from_utf8_lossy(&line))
        })?;
        return Ok(Exit::Ok);
    };
    let skipped = tree::export(&mut source, size, folder)?;
    write(&folder.join("checkpoint"), note.as_bytes())?;
    for index in &skipped {
        output::say(&format!("note: entry bundle {index} is not written: it has an entry of more than 65,535 bytes\n"));
    }
    let exported = Exported { folder: folder.display().to_string(), entries: size, vkey };
    output::answer(common.output, &exported, |_| {
        format!(
            "{} in {}\nthe key, to be kept elsewhere: {}\n",
            count(size as usize, "entry", "entries"),
            exported.folder,
            exported.vkey
        )
    })?;
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct Exported {
    folder: String,
    entries: u64,
    vkey: String,
}

fn line(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

fn write_all<T: Serialize>(out: &Path, files: &[(&str, &str)], common: &Common, value: &T) -> Result<(), CliError> {
    std::fs::create_dir_all(out).map_err(|error| CliError::write(out, &error))?;
    for (name, text) in files {
        write(&out.join(name), text.as_bytes())?;
    }
    output::answer(common.output, value, |_| {
        files.iter().map(|(name, _)| format!("{}\n", out.join(name).display())).collect()
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| CliError::write(parent, &error))?;
    }
    std::fs::write(path, bytes).map_err(|error| CliError::write(path, &error))
}

fn read_text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read `{}`: {}", path.display(), crate::client::reason(&error));
        CliError::new(Code::Io, message, "check the path")
    })
}

fn read_key(path: &Path) -> Result<VerifyingKey, CliError> {
    parse_key(&read_text(path)?, &format!("key `{}`", path.display()))
}

fn parse_key(text: &str, what: &str) -> Result<VerifyingKey, CliError> {
    text.trim().parse().map_err(|error| {
        CliError::new(Code::BadCheckpoint, format!("cannot use {what}: {error}"), "give the text of `ledger.vkey`")
    })
}
