//! `bussola evidence export`: reads the ledger once, puts the bundle together, has the ledger vouch for it.
//!
//! INVARIANT: the tree is made anew from the entries that were read, and must be what the checkpoint says: an export does not
//! pass on what it did not check.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bussola_domain::id::{BlobHash, NameId};
use bussola_evidence::{
    Draft, Framework, GENERATOR, Person, Proof, Request, Selected, Selection, name_numbers, named_texts,
};
use bussola_ledger::{Checkpoint, EntryRef, VerifyingKey, leaf_kind};
use bussola_server::app::system_now;
use bussola_server::http::wire::catalog::EntityDetail;
use bussola_server::http::wire::ledger::{CheckpointNote, ExportRecorded, ExportRequest, NameText};
use bussola_store::audit;
use serde::Serialize;

use super::{framework, moment};
use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::ledger::source::Source;
use crate::ledger::tree::Tree;
use crate::output::{self, count};
use crate::reference;

pub(super) const LONG_ABOUT: &str = "\
Write a bundle: the entries of a period, the proof that the ledger has them, a report by controls.

A running server appends an entry that names the bundle's manifest by its hash before the bundle is written, so the ledger vouches \
for all of it, and the record says that evidence was taken out. With --data the entries are proven all the same; report and names \
are then the exporter's word. People are the opaque ids that entries have, unless --with-names asks for more.";

/// Arguments of `bussola evidence export`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose controls the report is arranged by: soc2, iso27001 or sox.
    #[arg(long, value_name = "FRAMEWORK", value_parser = framework)]
    framework: &'static Framework,
    /// The period begins with this day, or at this time.
    #[arg(long, value_name = "WHEN", value_parser = moment, allow_hyphen_values = true)]
    from: i64,
    /// The period ends before this day, or this time.
    #[arg(long, value_name = "WHEN", value_parser = moment, allow_hyphen_values = true)]
    to: i64,
    /// Only what concerns this component: it, its pipelines, their runs. That nothing is missing is then not proven.
    #[arg(long, value_name = "REF", conflicts_with = "data")]
    component: Option<String>,
    /// The file to write; it must not be there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// With the texts that entries name by their hash: errors, manifests, reasons.
    #[arg(long)]
    with_texts: bool,
    /// With the names that entries give: host and user names, addresses, messages.
    #[arg(long)]
    with_names: bool,
    /// A data directory; without it the server is asked.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    file: String,
    bytes: usize,
    entries: u64,
    /// The entry that vouches for the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<u64>,
    signatures: usize,
    texts: usize,
    texts_gone: usize,
    names: usize,
    vkey: String,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, CliError> {
    if arguments.from >= arguments.to {
        return Err(CliError::new(Code::BadArgument, "the period ends before it begins", "--to is not part of it"));
    }
    // First of all: an export that cannot be written must not be recorded.
    let out = &arguments.out;
    std::fs::File::create_new(out).map_err(|error| CliError::write(out, &error))?;
    let exported = export(arguments, common);
    if exported.is_err() {
        // It is empty, and ours.
        let _ = std::fs::remove_file(out);
    }
    let answer = exported?;
    output::answer(common.output, &answer, |_| answer_text(&answer))?;
    Ok(Exit::Ok)
}

fn export(arguments: &Arguments, common: &Common) -> Result<Answer, CliError> {
    let mut source = Source::of(arguments.data.as_deref(), common)?;
    let signed = source.checkpoint()?;
    let key = parse_key(&signed.vkey)?;
    let mut size = open(&key, &signed.note)?.size;
    let mut selection = Selection::period(arguments.from, arguments.to);
    if let Some(component) = &arguments.component {
        let entity: EntityDetail = common.client()?.get(&reference::path(component)?)?;
        let roots = entity.pipelines.into_iter().map(|pipeline| pipeline.root);
        selection = selection.of_component(&entity.summary.reference, roots);
    }
    let component = selection.component().map(str::to_owned);
    let mut tree = Tree::default();
    source.leaves_from(0, size, &mut |seq, leaf| {
        tree.append(leaf);
        selection.visit(seq, leaf);
        Ok(())
    })?;
    let selected = selection.finish().ok_or_else(|| {
        let most = bussola_evidence::limits::ENTRIES_MAX;
        CliError::new(Code::BadArgument, format!("the period has more than {most} entries"), "export shorter periods")
    })?;
    let (texts, texts_gone) =
        if arguments.with_texts { read_texts(&mut source, &selected)? } else { Default::default() };
    let people = arguments.with_names.then(|| read_names(&mut source, &selected)).transpose()?;
    let draft = Draft::new(
        &Request {
            framework: arguments.framework,
            component: component.as_deref(),
            from: arguments.from,
            to: arguments.to,
            made_at: system_now().0,
            generator: GENERATOR,
            origin: key.origin().as_str(),
            vkey: &signed.vkey,
            witnesses: &signed.witnesses,
            people: people.as_deref(),
            texts: &texts,
            // They are not taken along yet: the report says so.
            policies: &[],
        },
        &selected,
    );
    let mut note = signed.note;
    let mut entry = None;
    if let Source::Server(client) = &mut source {
        let request = ExportRequest {
            component,
            framework: arguments.framework.id.clone(),
            from: rfc3339(arguments.from),
            manifest: draft.manifest().to_owned(),
            to: rfc3339(arguments.to),
        };
        let _: ExportRecorded = client.post("/evidence/exports", &request)?;
        let signed: CheckpointNote = client.get("/ledger/checkpoint?cosigned=true")?;
        note = signed.note;
        let grown = open(&key, &note)?.size;
        entry = Some(take_rest(&mut source, &mut tree, size..grown, draft.manifest())?);
        size = grown;
    }
    let checkpoint = open(&key, &note)?;
    if tree.head() != checkpoint.head() {
        let message = "cannot export: the entries do not make the root that the ledger signed";
        return Err(CliError::new(Code::NotVerified, message, "run `bussola ledger verify`"));
    }
    let proof = prove(&mut source, &tree, &draft, &selected, arguments.component.is_none(), size, entry, note)?;
    let signatures = proof.note.lines().filter(|line| line.starts_with('\u{2014}')).count();
    let bundle = draft.finish(proof);
    write(&arguments.out, &bundle)?;
    Ok(Answer {
        file: arguments.out.display().to_string(),
        bytes: bundle.len(),
        entries: selected.leaves.len() as u64,
        sealed: entry,
        signatures,
        texts: texts.len(),
        texts_gone,
        names: people.map_or(0, |people| people.len()),
        vkey: signed.vkey,
    })
}

fn answer_text(answer: &Answer) -> String {
    let sealed = match answer.sealed {
        Some(seq) => format!("entry {seq} vouches for it"),
        None => "no entry vouches for it: report and names are your word".to_owned(),
    };
    let gone = match answer.texts_gone {
        0 => String::new(),
        gone => format!("texts that are gone, or were never kept: {gone}\n"),
    };
    format!(
        "{} in {}; {sealed}; {}\n{gone}hand over the key by another way than the bundle: {}\n",
        count(answer.entries as usize, "entry", "entries"),
        answer.file,
        count(answer.signatures.saturating_sub(1), "witness", "witnesses"),
        answer.vkey
    )
}

/// Reads what the ledger has grown by, and finds the entry that vouches for the manifest.
fn take_rest(
    source: &mut Source<'_>,
    tree: &mut Tree,
    range: std::ops::Range<u64>,
    manifest: &str,
) -> Result<u64, CliError> {
    let mut found = None;
    source.leaves_from(range.start, range.end, &mut |seq, leaf| {
        tree.append(leaf);
        let is_ours = leaf_kind(leaf) == Some(b"evidence.exported")
            && EntryRef::decode(leaf).is_ok_and(|entry| String::from_utf8_lossy(entry.payload).contains(manifest));
        if is_ours {
            found = Some(seq);
        }
        Ok(())
    })?;
    found.ok_or_else(|| {
        let message = "cannot export: the ledger does not have the entry that it recorded";
        CliError::new(Code::NotVerified, message, "run `bussola ledger verify`")
    })
}

#[allow(clippy::too_many_arguments, reason = "each is a part of the proof, and there is one caller")]
fn prove(
    source: &mut Source<'_>,
    tree: &Tree,
    draft: &Draft,
    selected: &Selected,
    is_period: bool,
    size: u64,
    entry: Option<u64>,
    note: String,
) -> Result<Proof, CliError> {
    let before = selected.first.checked_sub(1).filter(|_| is_period);
    let after = (is_period && selected.end < size).then_some(selected.end);
    let hashes = tree.prove_many(&draft.seqs([before, after, entry].into_iter().flatten()))?;
    let mut leaf = |seq: Option<u64>| -> Result<Option<String>, CliError> {
        let Some(wanted) = seq else { return Ok(None) };
        let mut found = None;
        source.leaves_from(wanted, wanted + 1, &mut |_, leaf| {
            found = Some(String::from_utf8_lossy(leaf).into_owned());
            Ok(())
        })?;
        Ok(found)
    };
    Ok(Proof { note, before: leaf(before)?, after: leaf(after)?, entry: leaf(entry)?, hashes })
}

/// The texts that there are, and how many there are not.
fn read_texts(source: &mut Source<'_>, selected: &Selected) -> Result<(Vec<String>, usize), CliError> {
    let named: BTreeSet<String> = named_texts(&selected.leaves);
    let (mut texts, mut gone) = (Vec::new(), 0);
    for hash in named {
        match read_text(source, &hash)? {
            Some(text) => texts.push(text),
            None => gone += 1,
        }
    }
    Ok((texts, gone))
}

/// A hash in a payload may also be of something else than a text.
fn read_text(source: &mut Source<'_>, hash: &str) -> Result<Option<String>, CliError> {
    match source {
        Source::Data(data) => match hash.parse::<BlobHash>() {
            Ok(hash) => Ok(audit::text(data, hash)?),
            Err(_) => Ok(None),
        },
        Source::Server(client) => match client.get_bytes(&format!("/ledger/texts/{hash}")) {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(error) if error.code == NO_SUCH_TEXT => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// What the server says of a text that is gone.
const NO_SUCH_TEXT: &str = "B0220";

/// The names that are still there; of one that was erased the number stays.
fn read_names(source: &mut Source<'_>, selected: &Selected) -> Result<Vec<Person>, CliError> {
    let mut people = Vec::new();
    for name in name_numbers(&selected.leaves) {
        match source {
            Source::Data(data) => {
                let found = audit::name(data, NameId(name))?;
                let hex = |salt: &[u8]| salt.iter().map(|byte| format!("{byte:02x}")).collect();
                people.extend(found.map(|(salt, text)| Person { name, salt: hex(&salt.0), text }));
            }
            Source::Server(client) => match client.get::<NameText>(&format!("/ledger/names/{name}")) {
                Ok(NameText { name, salt, text }) => people.push(Person { name, salt, text }),
                Err(error) if error.code == NO_SUCH_TEXT => {}
                Err(error) => return Err(error),
            },
        }
    }
    Ok(people)
}

fn parse_key(vkey: &str) -> Result<VerifyingKey, CliError> {
    vkey.trim().parse().map_err(|error: bussola_ledger::KeyError| {
        CliError::new(Code::BadCheckpoint, format!("cannot use the key of the ledger: {error}"), error.hint())
    })
}

fn open(key: &VerifyingKey, note: &str) -> Result<Checkpoint, CliError> {
    key.open(note).map_err(|error| {
        CliError::new(Code::BadCheckpoint, format!("cannot use the ledger's checkpoint: {error}"), error.hint())
    })
}

fn rfc3339(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map_or_else(|_| String::new(), |at| at.to_string())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).map_err(|error| CliError::write(path, &error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| CliError::write(path, &error))
}
