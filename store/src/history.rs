//! Questions to the history and the ledger, answered by connections of their own: they never wait for the writer, and it
//! never waits for them.

use bussola_domain::event::Fact;
use bussola_domain::id::{BlobHash, RunId, Timestamp, WorkerNo};
use bussola_ledger::{Entry, EntryRef, Hash};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::entry;
use crate::error::StoreError;
use crate::journal::sqlite::{places, read_blob, read_entries, stored_row};
use crate::journal::{JournalError, StoredRow};
use crate::limits::{ENTRIES_MAX, ROWS_MAX, RUNS_COUNTED_MAX};

/// Which runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of pipelines with one of these root families; none: all.
    pub families: Option<Vec<String>>,
    /// Only these.
    pub among: Option<Vec<RunId>>,
    /// That ended like this (`succeeded`, `failed`, `incomplete`, `lost`), or are `running`.
    pub outcome: Option<String>,
    /// Whose family, root task, worker id or worker information contains this, in any case.
    pub text: Option<String>,
    /// That started at this time or later.
    pub since: Option<Timestamp>,
    /// Before this one: the next page of the latest runs.
    pub before: Option<RunId>,
    /// In which order.
    pub sort: RunSort,
    /// The other way round.
    pub ascending: bool,
    /// Skip so many.
    pub offset: usize,
    /// At most so many; 0: as many as there may be.
    pub limit: usize,
}

/// The order of runs. What is equal is latest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunSort {
    /// The latest first.
    #[default]
    Started,
    /// The longest first; those that go on come last.
    Duration,
    /// By pipeline, from the end of the alphabet.
    Pipeline,
    /// By outcome, from the end of the alphabet; those that go on come last.
    Outcome,
}

/// A run as the history keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number.
    pub run: RunId,
    /// Root family: names the pipeline.
    pub family: String,
    /// Root task.
    pub root: String,
    /// Who ran it.
    pub worker: WorkerNo,
    /// The client's own worker id; none if it was erased.
    pub worker_name: Option<String>,
    /// What the worker told about itself, as the text of an object; none if nothing, or if it was erased.
    pub info: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended: see [`bussola_domain::runs::Outcome::as_str`].
    pub outcome: Option<String>,
}

/// Which attempts. Without any of the first three: the latest of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Of one run.
    pub run: Option<RunId>,
    /// Of one task.
    pub task: Option<String>,
    /// Of one family.
    pub family: Option<String>,
    /// At most so many; 0: as many as there may be.
    pub limit: usize,
}

/// One try of one task, as the history keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// Rises with the time of the end.
    pub id: i64,
    /// In which run.
    pub run: Option<RunId>,
    /// Which task.
    pub task: String,
    /// Its family.
    pub family: String,
    /// Who tried; none for a task found complete.
    pub worker: Option<WorkerNo>,
    /// When it was handed out.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended: see [`bussola_domain::runs::AttemptOutcome::as_str`].
    pub outcome: String,
    /// What went wrong: a text of [`crate::Store::blob`].
    pub error: Option<BlobHash>,
}

/// An entry with its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// SHA-256 of the leaf, as RFC 6962 prefixes it.
    pub hash: Hash,
    /// What it says, and where.
    pub entry: Entry,
    /// What this release understands it to mean; none: a kind or version that it does not know.
    pub fact: Option<Fact>,
}

pub(crate) fn limit(asked: usize, max: usize) -> i64 {
    if asked == 0 { max as i64 } else { asked.min(max) as i64 }
}

const RUN_COLUMNS: &str = "SELECT runs.id, family, root, worker, who.text, about.text, started, ended, outcome
    FROM runs LEFT JOIN names who ON who.id = worker_name LEFT JOIN names about ON about.id = info";

fn run_row(row: &Row<'_>) -> Result<RunRow, rusqlite::Error> {
    Ok(RunRow {
        run: RunId(row.get::<_, i64>(0)? as u64),
        family: row.get(1)?,
        root: row.get(2)?,
        worker: WorkerNo(row.get(3)?),
        worker_name: row.get(4)?,
        info: row.get(5)?,
        started: Timestamp(row.get(6)?),
        ended: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        outcome: row.get(8)?,
    })
}

/// The condition of a filter, and its values.
fn condition(filter: &RunFilter) -> (String, Vec<SqlValue>) {
    let mut condition = String::from(" WHERE TRUE");
    let mut values: Vec<SqlValue> = Vec::new();
    if let Some(families) = &filter.families {
        condition.push_str(" AND family IN (SELECT value FROM json_each(?))");
        values.push(SqlValue::Text(serde_json::json!(families).to_string()));
    }
    if let Some(among) = &filter.among {
        condition.push_str(" AND runs.id IN (SELECT value FROM json_each(?))");
        values.push(SqlValue::Text(serde_json::json!(among).to_string()));
    }
    match filter.outcome.as_deref() {
        None => {}
        Some("running") => condition.push_str(" AND outcome IS NULL"),
        Some(outcome) => {
            condition.push_str(" AND outcome = ?");
            values.push(SqlValue::Text(outcome.to_owned()));
        }
    }
    if let Some(text) = &filter.text {
        let contains = "instr(lower(coalesce({}, '')), lower(?)) > 0";
        let any =
            ["family", "root", "who.text", "about.text"].map(|column| contains.replace("{}", column)).join(" OR ");
        condition.push_str(&format!(" AND ({any})"));
        values.extend(std::iter::repeat_n(SqlValue::Text(text.clone()), 4));
    }
    if let Some(since) = filter.since {
        condition.push_str(" AND started >= ?");
        values.push(SqlValue::Integer(since.0));
    }
    if let Some(before) = filter.before {
        condition.push_str(" AND runs.id < ?");
        values.push(SqlValue::Integer(before.0.min(i64::MAX as u64) as i64));
    }
    (condition, values)
}

/// Runs that fit a filter.
pub(crate) fn runs(connection: &Connection, filter: &RunFilter) -> Result<Vec<RunRow>, JournalError> {
    let (condition, mut values) = condition(filter);
    let by = match filter.sort {
        RunSort::Started => "runs.id",
        RunSort::Duration => "ended - started",
        RunSort::Pipeline => "family",
        RunSort::Outcome => "outcome",
    };
    let direction = if filter.ascending { "ASC" } else { "DESC" };
    let select =
        format!("{RUN_COLUMNS}{condition} ORDER BY {by} {direction} NULLS LAST, runs.id DESC LIMIT ? OFFSET ?");
    values.push(SqlValue::Integer(limit(filter.limit, ROWS_MAX)));
    values.push(SqlValue::Integer(filter.offset.min(i64::MAX as usize) as i64));
    let mut statement = connection.prepare_cached(&select)?;
    let rows = statement.query_map(params_from_iter(values), run_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many runs fit a filter, whatever page it asks for. More than [`RUNS_COUNTED_MAX`] are not counted.
pub(crate) fn runs_total(connection: &Connection, filter: &RunFilter) -> Result<usize, JournalError> {
    let (condition, mut values) = condition(&RunFilter { before: None, ..filter.clone() });
    let select = format!("SELECT count(*) FROM (SELECT 1 FROM ({RUN_COLUMNS}{condition} LIMIT ?))");
    values.push(SqlValue::Integer(RUNS_COUNTED_MAX as i64));
    let mut statement = connection.prepare_cached(&select)?;
    Ok(statement.query_row(params_from_iter(values), |row| row.get::<_, i64>(0))? as usize)
}

pub(crate) fn run(connection: &Connection, run: RunId) -> Result<Option<RunRow>, JournalError> {
    let mut statement = connection.prepare_cached(&format!("{RUN_COLUMNS} WHERE runs.id = ?"))?;
    Ok(statement.query_row([run.0 as i64], run_row).optional()?)
}

/// Attempts, latest first.
pub(crate) fn attempts(connection: &Connection, filter: &AttemptFilter) -> Result<Vec<AttemptRow>, JournalError> {
    let mut select =
        String::from("SELECT id, run, task, family, worker, started, ended, outcome, error FROM attempts WHERE TRUE");
    let mut values: Vec<SqlValue> = Vec::new();
    if let Some(run) = filter.run {
        select.push_str(" AND run = ?");
        values.push(SqlValue::Integer(run.0 as i64));
    }
    for (column, text) in [("task", &filter.task), ("family", &filter.family)] {
        if let Some(text) = text {
            select.push_str(&format!(" AND {column} = ?"));
            values.push(SqlValue::Text(text.clone()));
        }
    }
    select.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(SqlValue::Integer(limit(filter.limit, ROWS_MAX)));
    let mut statement = connection.prepare_cached(&select)?;
    let rows = statement.query_map(params_from_iter(values), attempt_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn attempt_row(row: &Row<'_>) -> Result<AttemptRow, rusqlite::Error> {
    Ok(AttemptRow {
        id: row.get(0)?,
        run: row.get::<_, Option<i64>>(1)?.map(|run| RunId(run as u64)),
        task: row.get(2)?,
        family: row.get(3)?,
        worker: row.get::<_, Option<u32>>(4)?.map(WorkerNo),
        started: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        ended: Timestamp(row.get(6)?),
        outcome: row.get(7)?,
        error: row.get::<_, Option<[u8; 32]>>(8)?.map(BlobHash),
    })
}

/// Entries in order, from a number on.
pub(crate) fn entries(connection: &Connection, from: u64, asked: usize) -> Result<Vec<Recorded>, StoreError> {
    let rows = read_entries(connection, from.min(i64::MAX as u64), limit(asked, ENTRIES_MAX) as usize);
    rows.map_err(StoreError::read)?.into_iter().map(|row| recorded(connection, row)).collect()
}

/// The entries of a run, in order, from a number on.
pub(crate) fn entries_of_run(connection: &Connection, run: RunId, from: u64) -> Result<Vec<Recorded>, StoreError> {
    let from = from.min(i64::MAX as u64) as i64;
    let read = || -> Result<Vec<StoredRow>, JournalError> {
        // One moment of the ledger: between the two questions an entry may move from the tail into the index.
        let moment = connection.unchecked_transaction()?;
        let mut found = Vec::new();
        let mut one = moment.prepare_cached("SELECT seq, hash, leaf FROM entries WHERE seq = ?")?;
        let select = "SELECT first, places FROM entries_of_run WHERE run = ? AND first >= ? ORDER BY first";
        let mut statement = moment.prepare_cached(select)?;
        // The last group that begins at or before it may hold it.
        let group = moment
            .prepare_cached("SELECT coalesce(max(first), 0) FROM entries_of_run WHERE run = ? AND first <= ?")?
            .query_row([run.0 as i64, from], |row| row.get::<_, i64>(0))?;
        let mut rows = statement.query([run.0 as i64, group])?;
        while let Some(row) = rows.next()? {
            for seq in places(row.get(0)?, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?) {
                if seq >= from {
                    found.push(one.query_row([seq], stored_row)?);
                }
            }
        }
        let select = "SELECT seq, hash, leaf FROM entries
                      WHERE seq >= max((SELECT indexed FROM meta), ?) AND run = ? ORDER BY seq";
        let mut statement = moment.prepare_cached(select)?;
        for row in statement.query_map([from, run.0 as i64], stored_row)? {
            found.push(row?);
        }
        Ok(found)
    };
    read().map_err(StoreError::read)?.into_iter().map(|row| recorded(connection, row)).collect()
}

pub(crate) fn recorded(connection: &Connection, row: StoredRow) -> Result<Recorded, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { seq: row.seq, reason };
    let entry = EntryRef::decode(&row.leaf).map_err(|error| unreadable(error.to_string()))?;
    let fact = entry::decode(&entry, |hash| read_blob(connection, hash).map_err(StoreError::read))?;
    Ok(Recorded { hash: row.hash, entry: entry.to_entry(), fact })
}
