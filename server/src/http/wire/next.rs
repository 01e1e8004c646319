//! What a person can do about a first cause, as it stands now: a run that ended keeps its causes, but much may have been done
//! about them since.

use bussola_domain::explain::CauseKind;

use super::explain::{ExplainedCause, LostTry, NextStep};
use super::run::{RunSummary, Who};
use super::task::WaitReason;

/// The most useful first.
pub(super) fn steps(
    kind: CauseKind,
    cause: &ExplainedCause,
    run: Option<&RunSummary>,
    later: Option<&RunSummary>,
) -> Vec<NextStep> {
    let is_over = run.is_some_and(|run| run.ended.is_some());
    if let Some(later) = later.filter(|later| is_over && later.outcome == "succeeded") {
        return vec![say(format!("run {} of the same root has succeeded since: nothing is left to do", later.id))];
    }
    if is_over && cause.now.as_deref() == Some("DONE") {
        return vec![say(format!("it is done now: {}", again(run)))];
    }
    let mut steps = Vec::new();
    if !matches!(kind, CauseKind::Waiting | CauseKind::Running) {
        steps.push(ask(cause));
    }
    match kind {
        CauseKind::Failed | CauseKind::Disabled => {
            steps.extend(cause.lost.as_ref().map(look_for));
            steps.push(retry(cause, run));
        }
        CauseKind::Unplanned => {
            let what = "mend its `requires()` or `complete()`, or what that looks at";
            steps.push(say(format!("{what}; then {}", again(run))));
        }
        CauseKind::Missing => steps.push(say(
            "no worker makes it: its output has to come from outside, or its pipeline has to run first".into(),
        )),
        CauseKind::Waiting => steps.extend(unblock(&cause.waits)),
        CauseKind::Running => steps.push(wait_for(cause)),
    }
    steps
}

fn say(text: String) -> NextStep {
    NextStep { text, command: None }
}

fn act(text: &str, command: String) -> NextStep {
    NextStep { text: text.to_owned(), command: Some(command) }
}

fn ask(cause: &ExplainedCause) -> NextStep {
    let ownership = &cause.ownership;
    match &ownership.owner {
        Some(owner) => say(format!("ask {}: {} is theirs", owner.name, ownership.reference)),
        None => say(format!(
            "{} is unowned: name an owner in its manifest, or claim family `{}` in a bussola.yaml",
            ownership.reference, cause.family
        )),
    }
}

/// Having it tried again, by what stands in the way of that now.
fn retry(cause: &ExplainedCause, run: Option<&RunSummary>) -> NextStep {
    let nobody =
        |wait: &WaitReason| matches!(wait, WaitReason::Failed { worker_here: false, .. } | WaitReason::NoWorker);
    match cause.now.as_deref() {
        Some("FAILED" | "PENDING") if cause.waits.iter().any(nobody) => {
            say(format!("no worker that could try it is here: once the reason is mended, {}", again(run)))
        }
        Some("FAILED") => {
            act("once the reason is mended, have it tried again at once", command("forgive", &cause.task))
        }
        Some("DISABLED") => match cause.waits.first() {
            Some(WaitReason::Disabled { by_scheduler: true, .. }) => {
                act("once the reason is mended, switch it on again", command("re-enable", &cause.task))
            }
            _ => say("its worker switched it off: see the task's code".into()),
        },
        Some("RUNNING" | "BATCH_RUNNING") => say("it is being tried again: wait for it".into()),
        Some("DONE") => say("it is done now".into()),
        Some(_) => say("it waits to be tried again".into()),
        None => say(format!("once the reason is mended, {}", again(run))),
    }
}

fn again(run: Option<&RunSummary>) -> String {
    match run {
        Some(run) => format!("start `{}` again, what is done stays done", run.pipeline),
        None => "start its pipeline again, what is done stays done".to_owned(),
    }
}

fn look_for(lost: &LostTry) -> NextStep {
    let on = lost.who.host.as_deref().map_or_else(String::new, |host| format!(" on {host}"));
    say(format!("see{on} what ended {}: its log, or the system's if it ran out of memory", named(&lost.who)))
}

/// `process 42`, or the worker by its id.
fn named(who: &Who) -> String {
    match (who.pid, &who.worker) {
        (Some(pid), _) => format!("process {pid}"),
        (None, Some(worker)) => format!("worker {worker}"),
        (None, None) => "its worker".to_owned(),
    }
}

fn wait_for(cause: &ExplainedCause) -> NextStep {
    let Some(silent) = cause.runner.as_ref().filter(|runner| runner.heard.is_silent()) else {
        return say("it runs: wait for it".into());
    };
    let then = match silent.heard.given_up_after_ms {
        Some(ms) => format!("the server gives it up after {} s of silence, within a minute more", ms / 1_000),
        None => "the server never gives it up, as it is configured".to_owned(),
    };
    let on = silent.who.host.as_deref().map_or_else(String::new, |host| format!(" on {host}"));
    say(format!("its worker is silent: see{on} whether {} still runs; {then}", named(&silent.who)))
}

fn unblock(waits: &[WaitReason]) -> Vec<NextStep> {
    let step = |wait: &WaitReason| match wait {
        WaitReason::NoWorker => Some(say("start a worker that has this task: none that is here can run it".into())),
        WaitReason::Paused => Some(act("the scheduler is paused: let it go on", "bussola unpause".into())),
        WaitReason::Resource { name, .. } => {
            Some(say(format!("resource `{name}` is short: wait for its holders, or raise it")))
        }
        _ => None,
    };
    waits.iter().filter_map(step).collect()
}

fn command(act: &str, task: &str) -> String {
    let plain = task.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c));
    let quoted = if plain { task.to_owned() } else { format!("'{}'", task.replace('\'', "'\\''")) };
    format!("bussola task {act} {quoted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        assert_eq!(command("forgive", "a.B_2026-03-02"), "bussola task forgive a.B_2026-03-02");
        assert_eq!(command("done", "B(x='1')"), "bussola task done 'B(x='\\''1'\\'')'");
    }
}
