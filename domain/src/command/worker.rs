//! What workers say about themselves, and messages to and from them.

use std::collections::HashMap;

use crate::access::{Act, Action, Acts, Resource};
use crate::id::{Timestamp, WorkerNo};
use crate::model::{Command, Model, Step};
use crate::scheduler::event::{
    AnswerRead, BatcherSet, MessageAnswered, MessageQueued, MessagesDelivered, PlanningFailed, WorkerDescribed,
    WorkerDisabled,
};
use crate::value::{Number, Value};

/// Luigi's `add_worker`.
#[derive(Clone, Debug, Default)]
pub struct AddWorker {
    /// The client's worker id.
    pub worker: String,
    /// What it tells, merged with what it told before.
    pub info: Vec<(Box<str>, Value)>,
}

impl Command for AddWorker {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let worker = step.known_worker(&self.worker);
        let Some(known) = step.scheduler().worker(worker) else { return };
        let mut info = known.info_value().clone();
        merge(&mut info, self.info);
        if info != *known.info_value() {
            let root = follows(&info, known.info_value()).then(|| info.get("first_task")?.as_str()).flatten();
            if let Some(root) = root.map(str::to_string) {
                begin_run(step, worker, &root);
            }
            let info = step.name(&info.to_string());
            step.record(WorkerDescribed { info, worker }, None);
        }
    }
}

/// Whether what a worker tells about itself is of another session than what it told before.
fn follows(now: &Value, before: &Value) -> bool {
    let differs = |name| matches!((now.get(name), before.get(name)), (Some(now), Some(before)) if now != before);
    differs("salt") || differs("pid") || differs("host")
}

/// A session took the place of another, unnoticed so far: the other one was killed, and its root was not declared anew.
fn begin_run(step: &mut Step<'_>, worker: WorkerNo, root: &str) {
    let Some(run) = step.model().runs.of_worker(worker) else { return };
    if !step.model().runs.live(run).is_some_and(|live| live.has_begun() && live.root != root) {
        return;
    }
    let Some(task) = step.scheduler().task(root) else { return };
    let family = step.scheduler().family_as_declared(task).to_string();
    super::report::start_run(step, worker, root, &family);
}

/// Adds members to an object; later ones win, at the place of the first.
pub(super) fn merge(object: &mut Value, members: Vec<(Box<str>, Value)>) {
    let Value::Object(old) = object else { return };
    let mut places: HashMap<Box<str>, usize> =
        old.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    for (name, value) in members {
        match places.get(&name) {
            Some(&place) => old[place].1 = value,
            None => {
                places.insert(name.clone(), old.len());
                old.push((name, value));
            }
        }
    }
}

/// Luigi's `add_task_batcher`.
#[derive(Clone, Debug)]
pub struct AddTaskBatcher {
    /// The client's worker id.
    pub worker: String,
    /// The family that it can batch.
    pub family: String,
    /// The parameters that become lists.
    pub arguments: Vec<String>,
    /// At most so many at once; may be infinite.
    pub size_max: f64,
}

impl Command for AddTaskBatcher {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let worker = step.known_worker(&self.worker);
        let event =
            BatcherSet { arguments: self.arguments, family: self.family, size_max: Number(self.size_max), worker };
        step.record(event, None);
    }
}

/// Luigi's `announce_scheduling_failure`: `requires()` or `complete()` of a task raised an error. The worker reports the task
/// right after, as UNKNOWN and without the error.
#[derive(Clone, Debug)]
pub struct AnnouncePlanningFailure {
    /// The client's worker id.
    pub worker: String,
    /// The task's family.
    pub family: String,
    /// The text of whatever value the client sent.
    pub error: String,
}

impl Command for AnnouncePlanningFailure {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let worker = step.worker(&self.worker);
        let run = step.model().runs.of_worker(worker);
        let error = step.blob(self.error);
        step.record(PlanningFailed { error, family: self.family, worker }, run);
    }
}

/// Luigi's `disable_worker`.
#[derive(Clone, Debug)]
pub struct DisableWorker {
    /// The client's worker id.
    pub worker: String,
}

impl Command for DisableWorker {
    type Reply = ();

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::CancelRun, model.resource_of_worker(&self.worker))
    }

    fn execute(self, step: &mut Step<'_>) {
        let worker = step.known_worker(&self.worker);
        if step.scheduler().worker(worker).is_some_and(|worker| !worker.is_disabled()) {
            let run = step.model().runs.of_worker(worker);
            step.record(WorkerDisabled { worker }, run);
        }
    }
}

/// A command to a worker, done only while that is here. Luigi's own calls make a worker of every id that they are given.
#[derive(Clone, Debug)]
pub struct ToWorkerHere<C> {
    /// The client's worker id.
    pub worker: String,
    /// What is to be done.
    pub command: C,
}

impl<C: Command> Command for ToWorkerHere<C> {
    /// None: it is not here, and nothing was done.
    type Reply = Option<C::Reply>;

    fn acts(&self, model: &Model) -> Acts {
        self.command.acts(model)
    }

    fn execute(self, step: &mut Step<'_>) -> Option<C::Reply> {
        let model = step.model();
        model.names.find(&self.worker).and_then(|name| model.scheduler.worker_no(name))?;
        Some(self.command.execute(step))
    }
}

/// Luigi's `ping`: a sign of life; the reply is what waits for the worker, and is handed over once.
#[derive(Clone, Debug)]
pub struct Ping {
    /// The client's worker id.
    pub worker: String,
}

impl Command for Ping {
    /// Messages, each the text of an object with `name` and `kwargs`.
    type Reply = Vec<String>;

    const TOUCHES: bool = true;

    fn touch(&self, model: &mut Model, now: Timestamp) -> Option<Vec<String>> {
        let worker = model.worker_no(&self.worker)?;
        model.scheduler.touch_worker(worker, now);
        if !model.scheduler.worker(worker)?.messages().is_empty() {
            return None;
        }
        model.scheduler.touch_ping(worker, now);
        Some(Vec::new())
    }

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) -> Vec<String> {
        let worker = step.pinging_worker(&self.worker);
        let waiting = step.scheduler().worker(worker).map_or(&[][..], |worker| worker.messages());
        if waiting.is_empty() {
            return Vec::new();
        }
        // One that was erased says nothing any more, and would be no message.
        let names = &step.model().names;
        let messages = waiting.iter().filter_map(|&content| Some(names.kept(content)?.to_string())).collect();
        step.record(MessagesDelivered { worker }, None);
        messages
    }
}

/// Luigi's `set_worker_processes` and `send_scheduler_message`: something for a worker's next ping.
#[derive(Clone, Debug)]
pub struct QueueMessage {
    /// The client's worker id.
    pub worker: String,
    /// The text of an object with `name` and `kwargs`.
    pub content: String,
}

impl Command for QueueMessage {
    type Reply = ();

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::OperateTask, model.resource_of_worker(&self.worker))
    }

    fn execute(self, step: &mut Step<'_>) {
        let worker = step.known_worker(&self.worker);
        let content = step.name(&self.content);
        step.record(MessageQueued { content, worker }, None);
    }
}

/// Luigi's `add_scheduler_message_response`.
#[derive(Clone, Debug)]
pub struct AddMessageResponse {
    /// The task that answers.
    pub task: String,
    /// Which message.
    pub message: String,
    /// A value's text.
    pub response: String,
}

impl Command for AddMessageResponse {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let Some(task) = step.scheduler().task(&self.task) else { return };
        let run = task.run();
        let response = step.name(&self.response);
        step.record(MessageAnswered { message: self.message, response, task: self.task }, run);
    }
}

/// Luigi's `get_scheduler_message_response`: an answer is read once.
#[derive(Clone, Debug)]
pub struct GetMessageResponse {
    /// The task that answers.
    pub task: String,
    /// Which message.
    pub message: String,
}

impl Command for GetMessageResponse {
    /// A value's text; none, too, where it was erased.
    type Reply = Option<String>;

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::OperateTask, model.resource_of_task(&self.task))
    }

    fn execute(self, step: &mut Step<'_>) -> Option<String> {
        let task = step.scheduler().task(&self.task)?;
        let (run, response) = (task.run(), task.answer(&self.message)?);
        let response = step.model().names.kept(response).map(|response| response.to_string());
        step.record(AnswerRead { message: self.message, task: self.task }, run);
        response
    }
}
