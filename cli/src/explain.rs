//! `bussola explain`: why a run or a task is not done.

use std::fmt::Write as _;

use bussola_server::http::wire::explain::{ExplainedCause, ExplanationView};
use bussola_server::http::wire::task::WaitReason;

use crate::Common;
use crate::catalog::{owner_name, short};
use crate::client::segment;
use crate::error::{CliError, Exit};
use crate::output::{self, Screen, count, plain};
use crate::runs::{silence, who_fully};

/// `bussola explain`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The number of a run; Luigi's id of a task, or how it begins; or the family of a pipeline, for its latest run.
    #[arg(value_name = "RUN|TASK")]
    what: String,
    /// Show errors in full.
    #[arg(long)]
    full: bool,
}

/// Lines of an error that are shown.
const ERROR_LINES_MAX: usize = 3;

/// Causes that are shown in full.
const CAUSES_SHOWN: usize = 5;

/// Asks and writes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<Exit, CliError> {
    let what = arguments.what.trim();
    // A task whose id is a number alone is not what Luigi makes.
    let path = match what.strip_prefix("run:").unwrap_or(what).parse::<u64>() {
        Ok(run) => format!("/runs/{run}/explain"),
        Err(_) => format!("/tasks/{}/explain", segment(what.strip_prefix("task:").unwrap_or(what))),
    };
    let view: ExplanationView = common.client()?.get(&path)?;
    output::answer(common.output, &view, |screen| text(screen, &view, arguments.full))?;
    Ok(Exit::Ok)
}

fn text(screen: &Screen, view: &ExplanationView, full: bool) -> String {
    let mut text = format!("{} is {}", screen.bold(&plain(&view.task)), view.status);
    if let Some(run) = &view.run {
        let _ = write!(text, ", in run {} of {} ({})", run.id, plain(&run.pipeline), run.outcome);
    }
    text.push('\n');
    if let Some(later) = &view.later {
        let how = match later.outcome.as_str() {
            "running" => "is running".to_owned(),
            outcome => format!("ended since: {outcome}"),
        };
        let _ = writeln!(text, "  later      run {} of the same root {how}", later.id);
    }
    // A cause says it of itself.
    if !view.causes.iter().any(|cause| cause.task == view.task) {
        for why in view.waits.iter().filter_map(|wait| waits_for(screen, wait)) {
            let _ = writeln!(text, "  waits      {why}");
        }
    }
    if view.causes.is_empty() {
        text.push_str("nothing stands in its way\n");
        return text;
    }
    let shown = view.causes.iter().take(if full { usize::MAX } else { CAUSES_SHOWN });
    for (number, cause) in shown.enumerate() {
        let title = match view.causes_total {
            1 => "first cause".to_owned(),
            total => format!("first cause {} of {total}", number + 1),
        };
        let _ = writeln!(text, "\n{}", screen.bold(&title));
        write_cause(&mut text, screen, cause, full);
    }
    let rest = view.causes_total.saturating_sub(if full { view.causes.len() } else { CAUSES_SHOWN });
    if rest > 0 {
        let how = if full { "" } else { ": --full shows more" };
        let _ = writeln!(text, "\nand {}{how}", count(rest, "cause more", "causes more"));
    }
    text
}

fn write_cause(text: &mut String, screen: &Screen, cause: &ExplainedCause, full: bool) {
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10} {value}");
    };
    line("what", &format!("{} {}", plain(&cause.task), said(&cause.kind)));
    line("since", &screen.time(&cause.since));
    let owner = owner_name(cause.ownership.owner.as_ref());
    line("whose", &format!("{owner} ({})", cause.component));
    if cause.path.len() > 1 {
        let mut path: Vec<String> = cause.path.iter().map(|task| plain(task)).collect();
        if cause.path_total > path.len() {
            let left_out = format!("({} more)", cause.path_total - path.len());
            path.insert(path.len() / 2, left_out);
        }
        line("path", &path.join("\n             needs "));
    }
    if cause.attempts > 0 {
        let by = cause.worker.as_deref().map(|worker| format!(", last by {}", plain(worker))).unwrap_or_default();
        line("tried", &format!("{}{by}", count(cause.attempts, "time", "times")));
    }
    if let Some(lost) = &cause.lost {
        line("lost", &format!("{} fell silent, and was given up {}", who_fully(&lost.who), screen.time(&lost.at)));
    }
    if let Some(silent) = cause.runner.as_ref().filter(|runner| runner.heard.is_silent()) {
        line("silent", &format!("{} was last heard of {}", who_fully(&silent.who), silence(&silent.heard)));
    }
    if let Some(error) = &cause.error {
        if full {
            line("error", &plain(error.text.trim_end()).replace('\n', "\n             "));
        } else {
            line("error", &plain(error.headline()));
            for more in first_lines(&error.text, error.headline()) {
                line("", &plain(more));
            }
        }
    }
    for wait in &cause.waits {
        if let Some(why) = waits_for(screen, wait) {
            line("waits", &why);
        }
    }
    for suspect in &cause.suspects {
        let entity = &suspect.entity;
        let what = match (&entity.failing_since, &suspect.changed_at) {
            (Some(since), _) => format!("failing since {}", screen.time(since)),
            (None, Some(at)) => format!("changed {}", screen.time(at)),
            (None, None) => continue,
        };
        line("suspect", &format!("{} ({}): {what}", short(&entity.reference), owner_name(entity.owner.as_ref())));
    }
    if cause.tasks_affected_total > 0 {
        let some: Vec<String> = cause.tasks_affected.iter().take(3).map(|task| plain(task)).collect();
        let more = if cause.tasks_affected_total > 3 { ", …" } else { "" };
        line("holds up", &format!("{}: {}{more}", count(cause.tasks_affected_total, "task", "tasks"), some.join(", ")));
    }
    if cause.components_affected_total > 0 {
        let some = cause.components_affected.iter().take(5);
        let some: Vec<String> = some
            .map(|entity| format!("{} ({})", short(&entity.reference), owner_name(entity.owner.as_ref())))
            .collect();
        let more = if cause.components_affected_total > 5 { ", …" } else { "" };
        let number = count(cause.components_affected_total, "entity", "entities");
        line("affects", &format!("{number}: {}{more}", some.join(", ")));
    }
    for page in &cause.runbooks {
        let title = page.title.as_deref().map(|title| format!("{}: ", plain(title))).unwrap_or_default();
        line("runbook", &format!("{title}{}", plain(&page.url)));
    }
    for step in &cause.next {
        let command = step.command.as_deref().map_or(String::new(), |command| format!(": {command}"));
        line("next", &plain(&format!("{}{command}", step.text)).replace('\n', " "));
    }
}

fn said(kind: &str) -> &'static str {
    match kind {
        "failed" => "failed",
        "disabled" => "is switched off",
        "unplanned" => "could not be planned: its requires() or complete() raised an error",
        "missing" => "is not there, and no worker makes it",
        "waiting" => "waits",
        "running" => "runs",
        _ => "is not done",
    }
}

/// What an error says before its headline, where that is not a traceback.
fn first_lines<'a>(text: &'a str, headline: &str) -> Vec<&'a str> {
    if text.contains("Traceback") {
        return Vec::new();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty() && *line != headline);
    lines.take(ERROR_LINES_MAX - 1).collect()
}

fn waits_for(screen: &Screen, wait: &WaitReason) -> Option<String> {
    Some(match wait {
        WaitReason::Undeclared => "nobody has declared it".to_owned(),
        WaitReason::Running { worker, since } => {
            let by = worker.as_deref().map(|worker| format!(" by {}", plain(worker))).unwrap_or_default();
            let since = since.as_deref().map(|since| format!(" since {}", screen.time(since))).unwrap_or_default();
            format!("it runs{by}{since}")
        }
        WaitReason::Unplanned => "its worker could not say what it needs".to_owned(),
        WaitReason::Failed { worker_here: false, .. } => {
            "failed, and no worker that could try it again is here".to_owned()
        }
        WaitReason::Failed { retry_at: Some(at), .. } => {
            format!("may be tried again {}, if a worker is here then", screen.time(at))
        }
        WaitReason::Failed { retry_at: None, .. } => "is not tried again by itself".to_owned(),
        WaitReason::Disabled { by_scheduler: true, since } => {
            format!("disabled after too many failures, {}", screen.time(since))
        }
        WaitReason::Disabled { by_scheduler: false, since } => {
            format!("disabled by its worker, {}", screen.time(since))
        }
        WaitReason::Dependencies { open, count: number } => {
            let some: Vec<String> =
                open.iter().take(3).map(|dep| format!("{} ({})", plain(&dep.id), dep.status)).collect();
            format!("for {}: {}", count(*number, "dependency", "dependencies"), some.join(", "))
        }
        WaitReason::NoWorker => "no worker that is here can run it".to_owned(),
        WaitReason::NotRunnable => "no worker is to run it: it comes from outside".to_owned(),
        WaitReason::Resource { name, wants, used, total, holders } => {
            let holders: Vec<String> = holders.iter().take(3).map(|task| plain(task)).collect();
            let held = if holders.is_empty() { String::new() } else { format!(", held by {}", holders.join(", ")) };
            format!("for resource {}: wants {wants}, {used} of {total} in use{held}", plain(name))
        }
        WaitReason::Paused => "the scheduler is paused".to_owned(),
        WaitReason::Ready { workers } => {
            format!("its turn: {} can run it", count(workers.len(), "worker", "workers"))
        }
        WaitReason::Done => return None,
    })
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
