//! `bussola runs`, `bussola runs show`.

use std::fmt::Write as _;

use bussola_server::http::wire::run::{Heard, RunDetail, RunPage, RunRetry, RunSummary, RunTaskPage, TaskCounts, Who};
use bussola_server::http::wire::status::WorkerView;
use serde::Serialize;
use serde_json::json;

use crate::Common;
use crate::catalog::{owner_name, short};
use crate::client::{Query, segment};
use crate::error::{CliError, Exit};
use crate::output::{self, Screen, count, plain, took};

/// `bussola runs`
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show a run: who, when, with which parameters, its tasks and how they went.
    Show {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u64,
    },
    /// Have everything of a run tried again at once that failed, or was disabled after too many failures.
    Retry {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u64,
    },
    /// Cancel a run: its worker gets no more work, and ends once what it runs has ended.
    Cancel {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u64,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Filter {
    /// Only of this pipeline: its root family, or the ref of its component.
    #[arg(long)]
    pipeline: Option<String>,
    /// Only those that ended like this.
    #[arg(long, value_parser = ["running", "succeeded", "failed", "incomplete", "lost"])]
    outcome: Option<String>,
    /// Only those with this in pipeline, root task, worker, host or user.
    #[arg(long)]
    text: Option<String>,
    /// Only of pipelines that this owner answers for.
    #[arg(long)]
    owner: Option<String>,
    /// Only those that started at this time or later, as 2026-03-01T06:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only those whose worker is still here, whether they have ended or not.
    #[arg(long)]
    worker_here: bool,
    /// At most so many.
    #[arg(long, default_value_t = 20, value_parser = output::limit)]
    limit: usize,
}

/// Runs one of them.
pub fn run(arguments: Arguments, common: &Common) -> Result<Exit, CliError> {
    match arguments.command {
        Some(Command::Show { id }) => show(id, common),
        Some(Command::Retry { id }) => retry(id, common),
        Some(Command::Cancel { id, yes }) => cancel(id, yes, common),
        None => list(&arguments.filter, common),
    }
}

fn list(filter: &Filter, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    let mut all = RunPage { items: Vec::new(), total: 0, next_before: None, next_offset: None };
    loop {
        let query = Query::default()
            .with_some("pipeline", filter.pipeline.as_deref())
            .with_some("outcome", filter.outcome.as_deref())
            .with_some("text", filter.text.as_deref())
            .with_some("owner", filter.owner.as_deref())
            .with_some("since", filter.since.as_deref())
            .with_some("before", all.next_before)
            .with("limit", (filter.limit - all.items.len()).clamp(1, 1_000));
        let query = if filter.worker_here { query.with("worker_here", true) } else { query };
        let page: RunPage = client.get(&format!("/runs{query}"))?;
        all.items.extend(page.items);
        all.next_before = page.next_before;
        // Later pages may count runs that came meanwhile.
        all.total = page.total;
        if all.next_before.is_none() || all.items.len() >= filter.limit {
            break;
        }
    }
    output::answer(common.output, &all, |screen| list_text(screen, &all.items))?;
    if all.next_before.is_some() {
        output::say(&format!("{} of {} are shown: --limit shows more\n", all.items.len(), all.total));
    }
    Ok(Exit::Ok)
}

fn retry(id: u64, common: &Common) -> Result<Exit, CliError> {
    let told: RunRetry = common.client()?.post(&format!("/runs/{id}/retry"), &json!({}))?;
    output::answer(common.output, &told, |_| retry_text(&told))?;
    Ok(Exit::Ok)
}

fn retry_text(told: &RunRetry) -> String {
    let mut text = match told.total {
        0 => "nothing of it is failed any more\n".to_owned(),
        total => format!(
            "{}: as soon as a worker asks for work\n",
            count(total, "task is tried again", "tasks are tried again")
        ),
    };
    for task in &told.items {
        let _ = writeln!(text, "  {}", plain(&task.id));
    }
    if told.left_total > 0 {
        let left = count(told.left_total, "task was left", "tasks were left");
        let _ = writeln!(text, "{left}: only their own code can switch them on again");
    }
    text
}

fn cancel(id: u64, yes: bool, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    let run: RunDetail = client.get(&format!("/runs/{id}"))?;
    let summary = &run.summary;
    let Some(worker) = summary.who.worker.as_deref().filter(|_| summary.worker_here && summary.ended.is_none()) else {
        output::answer(common.output, &run, |_| {
            format!("there is nothing to cancel: run {id} is {}, or its worker has left\n", summary.outcome)
        })?;
        return Ok(Exit::Ok);
    };
    let question = format!("cancel run {id} of {}, so that its worker begins nothing more?", plain(&summary.pipeline));
    output::confirm(yes, &question)?;
    let worker: WorkerView = client.post(&format!("/workers/{}/disable", segment(worker)), &json!({}))?;
    output::answer(common.output, &worker, |_| {
        let rest = match worker.running.len() {
            0 => "nothing runs any more".to_owned(),
            running => format!("{} by itself", count(running, "running task ends", "running tasks end")),
        };
        format!("run {id} is cancelled: its worker begins nothing more, {rest}\n")
    })?;
    Ok(Exit::Ok)
}

/// A run with its tasks.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    run: RunDetail,
    task_list: RunTaskPage,
}

/// Tasks that are shown with a run, what failed first; the API has all.
const TASKS_SHOWN: usize = 200;

fn show(id: u64, common: &Common) -> Result<Exit, CliError> {
    let mut client = common.client()?;
    let shown = Shown {
        run: client.get(&format!("/runs/{id}"))?,
        task_list: client.get(&format!("/runs/{id}/tasks?sort=status&limit={TASKS_SHOWN}"))?,
    };
    output::answer(common.output, &shown, |screen| show_text(screen, &shown.run, &shown.task_list))?;
    Ok(Exit::Ok)
}

fn list_text(screen: &Screen, items: &[RunSummary]) -> String {
    if items.is_empty() {
        return "no runs: a Luigi worker that finds this server shows up here by itself\n".to_owned();
    }
    let row = |run: &RunSummary| {
        let took = took(&run.started, run.ended.as_deref()).unwrap_or_default();
        vec![
            run.id.to_string(),
            plain(&run.pipeline),
            run.outcome.clone(),
            screen.ago(&run.started),
            took,
            who(&run.who),
            owner_name(run.owner.as_ref()),
        ]
    };
    let header = ["ID", "PIPELINE", "OUTCOME", "STARTED", "TOOK", "BY", "OWNER"];
    screen.table(&header, items.iter().map(row).collect())
}

/// `user@host`, as far as it is known.
pub fn who(who: &Who) -> String {
    match (&who.user, &who.host) {
        (Some(user), Some(host)) => plain(&format!("{user}@{host}")),
        (Some(name), None) | (None, Some(name)) => plain(name),
        (None, None) => who.worker.as_deref().map(plain).unwrap_or_default(),
    }
}

/// `user@host, process 42`
pub fn who_fully(worker: &Who) -> String {
    let process = worker.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
    format!("{}{process}", who(worker))
}

/// `40 s ago; the server gives it up after 60 s of silence`
pub fn silence(heard: &Heard) -> String {
    let ago = output::length(i64::try_from(heard.silent_ms / 1_000).unwrap_or(i64::MAX));
    match heard.given_up_after_ms {
        Some(ms) => {
            format!("{ago} ago; the server gives it up after {} s of silence, within a minute more", ms / 1_000)
        }
        None => format!("{ago} ago"),
    }
}

/// "3 done, 1 failed"
pub fn counts(tasks: &TaskCounts) -> String {
    let all = [
        (tasks.done, "done"),
        (tasks.running, "running"),
        (tasks.pending, "pending"),
        (tasks.failed, "failed"),
        (tasks.disabled, "disabled"),
        (tasks.unknown, "unknown"),
    ];
    let some: Vec<String> =
        all.iter().filter(|(number, _)| *number > 0).map(|(number, name)| format!("{number} {name}")).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

fn show_text(screen: &Screen, detail: &RunDetail, tasks: &RunTaskPage) -> String {
    let run = &detail.summary;
    let mut text = format!("{}\n", screen.bold(&format!("run {} of {}", run.id, plain(&run.pipeline))));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<10} {value}");
        }
    };
    line("outcome", &run.outcome);
    if let Some(cancelled) = &detail.cancelled {
        let still = if run.ended.is_none() { ": its worker ends what it runs, and begins nothing more" } else { "" };
        line("cancelled", &format!("{}{still}", screen.time(cancelled)));
    }
    line("component", &format!("{} ({})", short(&run.component), owner_name(run.owner.as_ref())));
    line("root", &plain(&run.root));
    for parameter in &detail.parameters {
        line("parameter", &plain(&format!("{} = {}", parameter.name, parameter.value)));
    }
    line("by", &who_fully(&run.who));
    if let Some(heard) = run.heard.filter(|heard| run.ended.is_none() && heard.is_silent()) {
        line("silent", &format!("its worker was last heard of {}", silence(&heard)));
    }
    line("started", &screen.time(&run.started));
    if let Some(ended) = &run.ended {
        let took = took(&run.started, Some(ended)).unwrap_or_default();
        line("ended", &format!("{}, after {took}", screen.time(ended)));
    }
    line("tasks", &counts(&detail.tasks));
    let failures = if detail.failures > 0 { format!(", {} failed", detail.failures) } else { String::new() };
    line("tries", &format!("{}{failures}", detail.attempts));
    let rows = tasks.items.iter().map(|task| {
        let last = task.attempts.last();
        let took = last.and_then(|last| took(last.started.as_deref()?, last.ended.as_deref())).unwrap_or_default();
        let error = last.and_then(|last| last.error.as_ref()).map(|error| plain(error.headline())).unwrap_or_default();
        // What was found complete was not tried.
        let tries = task.attempts.iter().filter(|attempt| attempt.started.is_some()).count();
        vec![plain(&task.id), task.status.clone(), tries.to_string(), took, error]
    });
    let _ = write!(text, "\n{}", screen.table(&["TASK", "STATUS", "TRIES", "TOOK", "ERROR"], rows.collect()));
    if tasks.items.len() < tasks.total {
        let _ = writeln!(text, "and {}", count(tasks.total - tasks.items.len(), "task more", "tasks more"));
    }
    if matches!(run.outcome.as_str(), "failed" | "incomplete" | "lost") {
        let _ = writeln!(text, "\nwhy: bussola explain {}", run.id);
    }
    text
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
