//! The history against the entries: all of them are folded into a fresh model, and what that adds to the history is held
//! against the tables. Rows that retention deleted may be missing, nothing else.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::names::Names;
use bussola_domain::runs::HistoryRow;
use bussola_domain::scheduler::Config;
use bussola_ledger::TreeHead;
use rusqlite::{Connection, Row};

use crate::audit::open;
use crate::audit::verify::{Finding, finding, unreadable};
use crate::directory::Directory;
use crate::error::StoreError;
use crate::journal::sqlite::{Database, SqliteReader, places};
use crate::journal::{JournalError, groups};
use crate::recovery;

const REBUILD: &str = "the history follows from the entries: it was changed beside them";

/// A row of `attempts` without its number.
type Attempt = (Option<i64>, String, String, Option<u32>, Option<i64>, i64, String, Option<[u8; 32]>);
/// A row of `runs` without its number.
type Run = (String, String, u32, u32, Option<u32>, i64, Option<i64>, Option<String>);

/// The first difference, if there is one.
pub(super) fn check_history(
    directory: &Directory,
    connection: &Connection,
    head: TreeHead,
    forgotten_before: Option<i64>,
) -> Result<Option<Finding>, StoreError> {
    let mut reader = SqliteReader { database: Database::file(&directory.database()) };
    // The history has numbers, so it follows from the entries without the names, whatever became of these.
    let mut folded = recovery::empty(Config::default(), Names::default());
    let mut runs: BTreeMap<i64, Run> = BTreeMap::new();
    let stored = open(directory)?;
    let compared = (|| -> Result<Option<Finding>, JournalError> {
        let forgotten = forgotten_before.unwrap_or(i64::MIN);
        let select = "SELECT run, task, family, worker, started, ended, outcome, error, id FROM attempts ORDER BY id";
        let mut statement = stored.prepare(select)?;
        let mut rows = statement.query([])?;
        let mut next = rows.next()?.map(attempt).transpose()?;
        let mut found = None;
        let mut failed = None;
        let fold = recovery::fold(&mut folded, &mut reader, head, &mut |added| {
            for row in added.drain(..) {
                let Some(expected) = note(row, &mut runs) else { continue };
                if found.is_some() || failed.is_some() {
                    continue;
                }
                if next.as_ref() == Some(&expected) {
                    match rows.next().and_then(|row| row.map(attempt).transpose()) {
                        Ok(row) => next = row,
                        Err(error) => failed = Some(error),
                    }
                } else if expected.5 >= forgotten {
                    let what =
                        format!("attempt of `{}` that ended at {} is not in the history", expected.1, expected.5);
                    found = Some(finding(what, None, REBUILD));
                }
            }
            ControlFlow::Continue(())
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        if let Err(error) = fold {
            return Ok(Some(finding(error.to_string(), None, error.hint())));
        }
        if found.is_none()
            && let Some(extra) = next
        {
            let what = format!("attempt of `{}` that ended at {} is in no entry", extra.1, extra.5);
            found = Some(finding(what, None, REBUILD));
        }
        match found {
            Some(found) => Ok(Some(found)),
            None => match check_runs(connection, &runs, forgotten)? {
                Some(found) => Ok(Some(found)),
                None => check_index(connection),
            },
        }
    })();
    Ok(compared.unwrap_or_else(|error| Some(unreadable(&error, None))))
}

fn attempt(row: &Row<'_>) -> Result<Attempt, rusqlite::Error> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
}

/// Folds a change of the history as the tables do; an attempt comes back.
fn note(row: HistoryRow, runs: &mut BTreeMap<i64, Run>) -> Option<Attempt> {
    let time = |at: Timestamp| at.0;
    let number = |run: RunId| run.0 as i64;
    match row {
        HistoryRow::RunStarted { run, family, root, worker, worker_name, at } => {
            runs.insert(number(run), (family, root, worker.0, worker_name.0, None, at.0, None, None));
        }
        HistoryRow::RunDescribed { run, info } => {
            if let Some(row) = runs.get_mut(&number(run)) {
                row.4 = Some(info.0);
            }
        }
        HistoryRow::RunEnded { run, outcome, at } => {
            if let Some(row) = runs.get_mut(&number(run)) {
                (row.6, row.7) = (Some(at.0), Some(outcome.as_str().to_owned()));
            }
        }
        HistoryRow::RunResumed { run } => {
            if let Some(row) = runs.get_mut(&number(run)) {
                (row.6, row.7) = (None, None);
            }
        }
        HistoryRow::Attempt { run, task, family, worker, started, ended, outcome, error } => {
            let outcome = outcome.as_str().to_owned();
            let worker = worker.map(|worker| worker.0);
            let error = error.map(|hash| hash.0);
            return Some((run.map(number), task, family, worker, started.map(time), ended.0, outcome, error));
        }
    }
    None
}

fn check_runs(
    connection: &Connection,
    expected: &BTreeMap<i64, Run>,
    forgotten: i64,
) -> Result<Option<Finding>, JournalError> {
    let select = "SELECT id, family, root, worker, worker_name, info, started, ended, outcome FROM runs ORDER BY id";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([], |row| {
        let run =
            (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
        Ok((row.get::<_, i64>(0)?, run))
    })?;
    let stored: BTreeMap<i64, Run> = rows.collect::<Result<_, _>>()?;
    for (run, row) in expected {
        match stored.get(run) {
            Some(found) if found == row => {}
            None if row.6.is_some_and(|ended| ended < forgotten) => {}
            None => return Ok(Some(finding(format!("run {run} is not in the history"), None, REBUILD))),
            Some(_) => return Ok(Some(finding(format!("run {run} differs from its entries"), None, REBUILD))),
        }
    }
    let extra = stored.keys().find(|run| !expected.contains_key(run));
    Ok(extra.map(|run| finding(format!("run {run} is in no entry"), None, REBUILD)))
}

/// The index of runs names each entry before its end once, under its run.
fn check_index(connection: &Connection) -> Result<Option<Finding>, JournalError> {
    const REINDEX: &str = "the index follows from the entries: it was changed beside them";
    let indexed: i64 = connection.query_row("SELECT indexed FROM meta WHERE id = 0", [], |row| row.get(0))?;
    let mut statement = connection.prepare("SELECT run FROM entries WHERE seq < ? ORDER BY seq")?;
    let runs = statement.query_map([indexed], |row| row.get::<_, Option<i64>>(0))?;
    // What is found in the index is taken out; nothing may be left.
    let mut left: Vec<Option<i64>> = runs.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare("SELECT run, first, places FROM entries_of_run ORDER BY run, first")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let run: i64 = row.get(0)?;
        for seq in places(row.get(1)?, row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?) {
            let entry = usize::try_from(seq).ok().and_then(|seq| left.get_mut(seq));
            if entry.and_then(Option::take) != Some(run) {
                let what = format!("the index says that entry {seq} is of run {run}, the entry does not");
                return Ok(Some(finding(what, u64::try_from(seq).ok(), REINDEX)));
            }
        }
    }
    if let Some(seq) = left.iter().position(Option::is_some) {
        return Ok(Some(finding(format!("entry {seq} is not in the index of runs"), Some(seq as u64), REINDEX)));
    }
    let wrong = groups::check(connection)?;
    Ok(wrong.map(|seq| finding(format!("the index of entries is wrong from entry {seq} on"), Some(seq), REINDEX)))
}
