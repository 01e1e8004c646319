//! One call: its method, its arguments, its reply as JSON.

use std::sync::Arc;

use bussola_domain::access::{Action, Denial, Resource};
use bussola_domain::command::Prune;
use bussola_domain::model::{Command, Model};
use bussola_domain::scheduler::Status;
use bussola_domain::value::Value;
use bussola_store::{Context, Store, StoreError};

use crate::app::{App, Unavailable};
use crate::limits::{PRUNE_WAIT_MAX, SMALL_READ_TASKS};
use crate::luigi::arguments::{Arguments, Refusal, wrong};
use crate::luigi::graph::{Direction, graph_of, graph_of_all};
use crate::luigi::lists::{self, StatusFilter, TaskListQuery};
use crate::luigi::method::Method;
use crate::luigi::{operate, work};

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The call itself is wrong: luigid's 500.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Whoever makes the call may not.
    #[error("{0}")]
    Denied(Arc<Denial>),
    /// The call is right, and cannot be kept now.
    #[error("{0}")]
    Unavailable(String),
}

impl From<Unavailable> for Failure {
    fn from(Unavailable(error): Unavailable) -> Failure {
        match error {
            StoreError::Denied { denial } => Failure::Denied(denial),
            error => Failure::Unavailable(error.to_string()),
        }
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Failure {
        Failure::Denied(Arc::new(denial))
    }
}

/// What a method works with.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub app: &'a Arc<App>,
    pub context: &'a Context,
}

impl Call<'_> {
    /// Has a command done; its entries are kept when this returns.
    pub async fn execute<C: Command>(self, command: C) -> Result<C::Reply, Failure> {
        Ok(self.app.execute(self.context.clone(), command).await?)
    }

    /// A small question. What it saw is kept when this returns.
    pub async fn ask(self, question: impl FnOnce(&Model) -> String) -> Result<String, Failure> {
        self.look().await?;
        let answer = self.app.store.read(question);
        self.app.settled().await?;
        Ok(answer)
    }

    /// Whether the caller may look at tasks at all.
    pub async fn look(self) -> Result<(), Failure> {
        Ok(self.app.may(self.context, Action::ReadRuns, Resource::Scheduler).await?)
    }

    /// A list or graph, after pruning as Luigi does; as it is, where pruning cannot be recorded now. A long one is made off
    /// the threads that answer workers.
    async fn read_large(self, read: impl FnOnce(&Store) -> String + Send + 'static) -> Result<String, Failure> {
        self.look().await?;
        let now = self.context.now;
        if self.app.store.read(|model| Prune::is_due(model, now)) {
            match tokio::time::timeout(PRUNE_WAIT_MAX, self.prune()).await {
                Err(_) => tracing::debug!("listed before pruning: the writer waits"),
                Ok(Err(Unavailable(error))) if error.is_temporary() => {
                    tracing::debug!(%error, "listed without pruning");
                }
                Ok(pruned) => pruned?,
            }
        }
        let small = self.app.store.read(|model| model.scheduler.len() <= SMALL_READ_TASKS);
        let reply = if small { read(&self.app.store) } else { self.app.read_large(read).await? };
        self.app.settled().await?;
        Ok(reply)
    }

    /// Prunes to the end, letting other calls in between.
    async fn prune(self) -> Result<(), Unavailable> {
        while self.app.execute_itself("time", self.context.now, Prune).await? {}
        Ok(())
    }
}

/// Makes the call and writes its reply.
pub async fn call(
    app: &Arc<App>,
    context: &Context,
    method: Method,
    mut arguments: Arguments,
) -> Result<String, Failure> {
    let call = Call { app, context };
    match method {
        Method::AddTask => work::add_task(call, arguments).await,
        Method::GetWork => work::get_work(call, arguments).await,
        Method::Ping => work::ping(call, arguments).await,
        Method::CountPending => work::count_pending(call, arguments).await,
        Method::AddWorker => operate::add_worker(call, arguments).await,
        Method::AddTaskBatcher => operate::add_task_batcher(call, arguments).await,
        Method::AnnounceSchedulingFailure => operate::announce_scheduling_failure(call, arguments).await,
        Method::AddSchedulerMessageResponse => operate::add_message_response(call, arguments).await,
        Method::SetTaskStatusMessage => operate::set_status_message(call, arguments).await,
        Method::SetTaskProgressPercentage => operate::set_progress(call, arguments).await,
        Method::DecreaseRunningTaskResources => operate::decrease_resources(call, arguments).await,
        Method::ReportTaskStatistics => operate::report_statistics(arguments).await,
        Method::GetTaskStatusMessage => operate::get_status_message(call, arguments).await,
        Method::GetTaskProgressPercentage => operate::get_progress(call, arguments).await,
        Method::GetRunningTaskResources => operate::get_running_resources(call, arguments).await,
        Method::TaskList => task_list(call, arguments).await,
        Method::DepGraph => graph(call, arguments, Direction::Upstream).await,
        Method::InverseDepGraph => graph(call, arguments, Direction::Downstream).await,
        Method::Graph => call.read_large(graph_of_all).await,
        Method::WorkerList => {
            let include_running = arguments.flag("include_running", true);
            call.read_large(move |store| lists::worker_list(store, include_running)).await
        }
        Method::ResourceList => {
            arguments.end()?;
            call.read_large(lists::resource_list).await
        }
        Method::TaskSearch => {
            let text = arguments.text("task_str")?;
            call.read_large(move |store| lists::task_search(store, &text)).await
        }
        Method::FetchError => operate::fetch_error(call, arguments).await,
        Method::ForgiveFailures => operate::forgive_failures(call, arguments).await,
        Method::MarkAsDone => operate::mark_as_done(call, arguments).await,
        Method::ReEnableTask => operate::re_enable(call, arguments).await,
        Method::DisableWorker => operate::disable_worker(call, arguments).await,
        Method::SetWorkerProcesses => operate::set_worker_processes(call, arguments).await,
        Method::Pause => operate::pause(call, arguments, true).await,
        Method::Unpause => operate::pause(call, arguments, false).await,
        Method::SendSchedulerMessage => operate::send_message(call, arguments).await,
        Method::GetSchedulerMessageResponse => operate::get_message_response(call, arguments).await,
        Method::IsPaused => operate::is_paused(call, arguments).await,
        Method::IsPauseEnabled => operate::is_pause_enabled(call, arguments).await,
        Method::HasTaskHistory => operate::has_task_history(call, arguments).await,
        Method::UpdateResource => operate::update_resource(call, arguments).await,
        Method::UpdateResources => operate::update_resources(call, arguments).await,
        Method::Prune => {
            arguments.end()?;
            while call.execute(Prune).await? {}
            Ok(operate::NOTHING.into())
        }
        Method::UpdateMetricsTaskStarted => operate::update_metrics(arguments).await,
    }
}

async fn graph(call: Call<'_>, mut arguments: Arguments, direction: Direction) -> Result<String, Failure> {
    let root = arguments.text("task_id")?;
    let include_done = arguments.flag("include_done", true);
    call.read_large(move |store| graph_of(store, &root, direction, include_done)).await
}

async fn task_list(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    // Only what was stored is a status: SUSPENDED is stored as PENDING.
    let status = match arguments.optional_text("status")?.as_deref() {
        None | Some("") => StatusFilter::Any,
        Some("SUSPENDED") => StatusFilter::Nonsense,
        Some(text) => Status::parse(text).map_or(StatusFilter::Nonsense, StatusFilter::Only),
    };
    let limited = arguments.flag("limit", true);
    let shown_max = match arguments.take("max_shown_tasks") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let max = value.as_f64().ok_or_else(|| wrong("max_shown_tasks", "a number", &value))?;
            Some(max).filter(|max| *max != 0.0).map(|max| max.max(0.0) as usize)
        }
    };
    let configured = || call.app.store.read(|model| model.scheduler.config().shown_tasks_max);
    let query = TaskListQuery {
        status,
        upstream_status: arguments.optional_text("upstream_status")?.unwrap_or_default(),
        shown_max: limited.then(|| shown_max.unwrap_or_else(configured)),
        search: arguments.optional_text("search")?,
    };
    call.look().await?;
    if let Some(reply) = call.app.store.read(|model| lists::too_many(model, &query)) {
        call.app.settled().await?;
        return Ok(reply);
    }
    call.read_large(move |store| lists::task_list(store, &query)).await
}
