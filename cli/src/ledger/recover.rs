//! `bussola ledger recover`: an operator decides that a ledger is served that is not what was served before.

use std::path::PathBuf;

use bussola_domain::access::Caller;
use bussola_server::app::system_now;
use bussola_server::http::wire::ledger::CheckpointNote;
use bussola_store::{Context, Location, Options, Store, Sync};
use serde::Serialize;

use crate::Common;
use crate::error::{CliError, Code, Exit};
use crate::output::{self, count};

pub(super) const LONG_ABOUT: &str = "\
Serve a ledger again that its guard refuses, and record why. The server must be stopped.

The guard has a checkpoint of entries that this ledger does not have, or has otherwise: a backup was restored, or a copy went on \
elsewhere. Look for the newest data first. If the rest is lost, this appends an entry that says what had been served and what is \
left, and puts the ledger's new checkpoint into the guard. Whoever kept a later checkpoint of before will still see that it does \
not fit, and witnesses go on refusing: tell them. It also files a guard that is new where the ledger has entries.";

#[derive(Serialize)]
struct Answer {
    /// Entries that had been served, as far as the guard knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<u64>,
    /// Entries that there are, with the one that says so.
    size: u64,
    checkpoint: CheckpointNote,
}

pub(super) fn run(reason: String, data: PathBuf, guard: PathBuf, yes: bool, common: &Common) -> Result<Exit, CliError> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        let hint = "say what happened: an auditor will ask";
        return Err(CliError::new(Code::BadArgument, "cannot recover without a reason", hint));
    }
    output::confirm(yes, "serve this ledger from here on, whatever was served before?")?;
    let vkey = std::fs::read_to_string(data.join("ledger.vkey")).unwrap_or_default().trim().to_owned();
    let options =
        Options { sync: Sync::Always, snapshots: false, guard: Some(guard), ..Options::new(Location::Directory(data)) };
    let context = Context { now: system_now(), caller: Caller::LOCAL };
    let (old, published) = Store::recover(options, context, reason)?;
    let checkpoint = CheckpointNote { note: published.note, vkey, witnesses: Vec::new() };
    let answer = Answer { served: old.map(|old| old.size), size: published.head.size, checkpoint };
    output::answer(common.output, &answer, |_| {
        let before = answer.served.map_or_else(
            || "what had been served before is not known".to_owned(),
            |served| format!("{} had been served", count(served as usize, "entry", "entries")),
        );
        format!(
            "recovered: {before}, there are {} now\nkeep this checkpoint elsewhere:\n\n{}",
            answer.size, answer.checkpoint.note
        )
    })?;
    Ok(Exit::Ok)
}
