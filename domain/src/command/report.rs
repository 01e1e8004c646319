//! `add_task`: a worker declares a task, or says how it went.

use crate::id::{RunId, WorkerNo};
use crate::model::{Command, Step};
use crate::runs::RunStarted;
use crate::scheduler::{Report, Status};

/// Luigi's `add_task`.
#[derive(Clone, Debug, Default)]
pub struct AddTask {
    /// The client's worker id.
    pub worker: String,
    /// The other arguments; `error` and `owners` are filled in from the next two.
    pub report: Report,
    /// `expl`: the text of whatever value the client sent.
    pub error: Option<String>,
    /// `owners`: e-mail addresses.
    pub owners: Vec<String>,
}

impl Command for AddTask {
    type Reply = ();

    fn execute(mut self, step: &mut Step<'_>) {
        let worker = step.worker(&self.worker);
        self.report.owners = self.owners.iter().map(|owner| step.name(owner)).collect();
        self.report.error = self.error.map(|error| step.blob(error));
        let assistant = self.report.assistant;
        let (task, family) = (self.report.task.clone(), self.report.family.clone());
        let Some((event, members)) = step.scheduler().decide_report(self.report, worker, step.now) else { return };
        let run = match assistant {
            true => step.scheduler().task(&task).and_then(|task| task.run()),
            false => Some(run_of(step, worker, &task, &family)),
        };
        let leads_to_done = event.status.as_ref().is_some_and(|change| change.to == Status::Done);
        step.record(event, run);
        for member in members {
            let run = step.scheduler().task(&member.task).and_then(|task| task.run()).or(run);
            step.record(member, run);
        }
        if leads_to_done {
            super::work::end_if_root_is_done(step, &task);
        }
    }
}

/// The run of a worker; the first task that it declares starts one.
fn run_of(step: &mut Step<'_>, worker: WorkerNo, task: &str, family: &str) -> RunId {
    if let Some(run) = step.model().runs.of_worker(worker) {
        return run;
    }
    let run = step.model().runs.next_run();
    let family = match family {
        "" => crate::scheduler::family_in_id(task).to_string(),
        family => family.to_string(),
    };
    step.record(RunStarted { family, run, task: task.to_string(), worker }, Some(run));
    run
}
