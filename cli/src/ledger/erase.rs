//! `bussola ledger erase`: texts that name a person, in the data directory of a stopped server.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bussola_domain::access::Caller;
use bussola_domain::command::Erase;
use bussola_domain::id::BlobHash;
use bussola_server::app::system_now;
use bussola_store::{Context, Location, Options, Store, Sync};
use serde::Serialize;

use crate::Common;
use crate::error::{CliError, Exit};
use crate::output::{self, count};

pub(super) const LONG_ABOUT: &str = "\
Erase texts that name a person, and record that they were erased. The server must be stopped.

The ledger has numbers in place of names, and a salted hash of each; text and salt stand beside it and go. Names of workers that \
are still here stay: erase them when they are gone. Copies and backups of the data directory keep what they have.";

#[derive(Serialize)]
struct Answer {
    names: usize,
    names_in_use: usize,
    errors: usize,
    errors_not_there: usize,
}

pub(super) fn run(
    containing: String,
    errors: Vec<BlobHash>,
    data: PathBuf,
    yes: bool,
    common: &Common,
) -> Result<Exit, CliError> {
    let which = if containing.is_empty() { "" } else { &format!("every name that contains `{containing}`, ") };
    output::confirm(yes, &format!("erase {which}{} for ever?", count(errors.len(), "error text", "error texts")))?;
    let options = Options { sync: Sync::Always, snapshots: false, ..Options::new(Location::Directory(data)) };
    let now = system_now();
    let store = Store::open_existing(options, now)?;
    let context = Context { now, caller: Caller::LOCAL };
    let asked = errors.iter().collect::<BTreeSet<_>>().len();
    let erased = store.erase(context, Erase { containing, errors })?;
    store.close();
    let answer = Answer {
        names: erased.names,
        names_in_use: erased.names_in_use,
        errors: erased.errors,
        errors_not_there: asked - erased.errors,
    };
    output::answer(common.output, &answer, |_| {
        let kept = match answer.names_in_use {
            0 => String::new(),
            here => format!("kept, of workers that are still here: {}\n", count(here, "name", "names")),
        };
        let unknown = match answer.errors_not_there {
            0 => String::new(),
            unknown => format!("not there: {}\n", count(unknown, "error text", "error texts")),
        };
        format!(
            "erased: {}, {}\n{kept}{unknown}",
            count(answer.names, "name", "names"),
            count(answer.errors, "error text", "error texts")
        )
    })?;
    Ok(Exit::Ok)
}
