//! The whole model: scheduler, runs and catalog, joined. The one place where a fact meets all of them.
//!
//! INVARIANT: [`Model::apply`] is total and the only way in: live, on replay and in the simulator. What is outside the
//! ledger (heartbeats, progress) is changed by the `touch` functions and may be lost at any time.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::access::{Access, Acts, Resource};
use crate::catalog::model::Owner;
use crate::catalog::{
    Catalog, CatalogEvent, EntityRef, Health, HealthMap, HealthSources, ListQuery, Listing, Resolved,
};
use crate::event::{Draft, Event, Fact};
use crate::id::{BlobHash, NameId, RunId, Timestamp, WorkerNo};
use crate::names::Names;
use crate::runs::{AttemptOutcome, HistoryRow, Runs};
use crate::scheduler::event::{Cause, StatusChange, WorkerJoined};
use crate::scheduler::{Config, Scheduler, Status, Task};
use crate::search::{Found, FoundKind, Hits, Query};
use crate::value::Value;

/// Everything that decisions need, in memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Model {
    /// Tasks and workers.
    pub scheduler: Scheduler,
    /// Runs of the workers that are here.
    pub runs: Runs,
    /// Components and how they relate.
    pub catalog: Catalog,
    /// Who may act.
    pub access: Access,
    /// Erasable texts; not in snapshots.
    #[serde(skip)]
    pub names: Names,
    /// How everything fares: derived when asked for, and anew after runs or the catalog have changed it.
    #[serde(skip)]
    health: HealthCell,
}

/// What a snapshot holds of a model.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct Parts {
    pub scheduler: Scheduler,
    pub runs: Runs,
    pub catalog: Catalog,
    pub access: Access,
}

/// How everything fares at one moment: there, or to be derived. Shared by the model and all who asked it at that moment.
type HealthCell = Arc<OnceLock<Arc<HealthMap>>>;

/// How everything fares, derived by whoever needs it first, without the model's lock.
#[derive(Clone, Debug)]
pub struct HealthLater {
    cell: HealthCell,
    /// None: it was there already.
    sources: Option<HealthSources>,
}

impl HealthLater {
    /// Whether it was derived already.
    pub fn is_there(&self) -> bool {
        self.cell.get().is_some()
    }

    /// How everything fares. With a hundred thousand components that hang together it may take some milliseconds, once.
    pub fn get(&self) -> Arc<HealthMap> {
        let derive = || Arc::new(self.sources.as_ref().map(HealthSources::derive).unwrap_or_default());
        self.cell.get_or_init(derive).clone()
    }
}

/// What `apply` lets the history know, or nothing.
type History<'a> = &'a mut Vec<HistoryRow>;

impl Model {
    /// An empty model with these settings.
    pub fn new(config: Config) -> Model {
        Model { scheduler: Scheduler::new(config), ..Model::default() }
    }

    /// The model of a snapshot, with everything derived made anew.
    pub fn restore(parts: Parts, config: Config, names: Names) -> Model {
        let Parts { mut scheduler, runs, mut catalog, mut access } = parts;
        scheduler.configure(config);
        scheduler.rebuild();
        catalog.rebuild();
        access.rebuild();
        Model { scheduler, runs, catalog, access, names, health: HealthCell::default() }
    }

    /// How everything fares. Who reads without haste asks for [`health_later`](Model::health_later) before: then it is there.
    pub fn health(&self) -> &Arc<HealthMap> {
        self.health.get_or_init(|| Arc::new(self.health_sources().derive()))
    }

    /// How everything fares, to be derived without the model's lock. Takes microseconds.
    pub fn health_later(&self) -> HealthLater {
        let sources = self.health.get().is_none().then(|| self.health_sources());
        HealthLater { cell: self.health.clone(), sources }
    }

    fn health_sources(&self) -> HealthSources {
        self.catalog.health_sources(|root| self.runs.health(root).map(|health| health.failing_since.is_none()))
    }

    /// How an entity fares, and when it is at risk what the nearest is that fails.
    pub fn health_of(&self, reference: &EntityRef) -> (Health, Option<&EntityRef>) {
        self.catalog.health_in(self.health(), reference)
    }

    /// What people call an owner: its title, its name, or what Luigi says.
    pub fn owner_name(&self, owner: &Owner) -> String {
        match owner {
            Owner::Entity(reference) => {
                self.catalog.get(reference).map_or(reference.name(), |view| view.title()).to_owned()
            }
            Owner::Named(id) => self.names.text(*id).to_string(),
        }
    }

    /// What a list of entities is made of: see [`Catalog::listing`]. How they fare comes in when the list is made.
    pub fn listing(&self, query: ListQuery) -> (Listing, Resolved, HealthLater) {
        let (listing, resolved) = self.catalog.listing(query, |owner| self.owner_name(owner));
        (listing, resolved, self.health_later())
    }

    /// The worker with this id, if it is here.
    pub fn worker_no(&self, id: &str) -> Option<WorkerNo> {
        self.scheduler.worker_no(self.names.find(id)?)
    }

    /// What somebody acts on who does something to a task: the component of its run's pipeline.
    pub fn resource_of_task(&self, id: &str) -> Resource {
        match self.scheduler.task(id) {
            Some(task) => match self.catalog.component_for_family(self.scheduler.family_as_declared(task)) {
                Some(component) => Resource::Component(component),
                None => task.run().map_or(Resource::Scheduler, |run| self.resource_of_run(run)),
            },
            None => Resource::Scheduler,
        }
    }

    /// The same for a run whose worker is here. One that left can no longer be acted on.
    pub fn resource_of_run(&self, run: RunId) -> Resource {
        match self.runs.live(run) {
            Some(live) => Resource::Component(self.catalog.component_of_pipeline(&live.family)),
            None => Resource::Scheduler,
        }
    }

    /// The same for a worker, by its id: its run.
    pub fn resource_of_worker(&self, id: &str) -> Resource {
        let run = self.worker_no(id).and_then(|worker| self.runs.of_worker(worker));
        run.map_or(Resource::Scheduler, |run| self.resource_of_run(run))
    }

    /// Offers the owners that only Luigi knows to a search.
    pub fn offer_owners(&self, query: &Query, hits: &mut Hits) {
        let owners = self.catalog.pipelines().filter_map(|pipeline| match pipeline.owner {
            Some(Owner::Named(id)) => Some(id),
            Some(Owner::Entity(_)) | None => None,
        });
        for id in owners.collect::<BTreeSet<_>>() {
            hits.offer_name(query, FoundKind::Team, &self.names.text(id), || Found::Owner(id));
        }
    }

    /// Folds a fact, and says what it adds to the history.
    pub fn apply(&mut self, fact: &Fact, history: History<'_>) {
        let (at, run) = (fact.at, fact.run);
        let revision = self.catalog.revision();
        match &fact.event {
            Event::WorkerJoined(event) => self.scheduler.worker_joined(event, at),
            Event::WorkerDescribed(event) => {
                let info = Value::parse(&self.names.text(event.info)).unwrap_or(Value::Object(Vec::new()));
                self.scheduler.worker_described(event, info);
                self.runs.worker_began(event.worker);
                if let Some(run) = self.runs.of_worker(event.worker) {
                    history.push(HistoryRow::RunDescribed { run, info: event.info });
                }
            }
            Event::WorkerDisabled(event) => self.scheduler.worker_disabled(event),
            Event::WorkersLost(event) => {
                self.scheduler.workers_lost(event);
                self.runs.workers_lost(&event.workers);
            }
            Event::BatcherSet(event) => self.scheduler.batcher_set(event),
            Event::PlanningFailed(event) => self.scheduler.planning_failed(event),
            Event::TaskReported(event) => {
                let before = self.scheduler.task(&event.task).map(Attempting::of);
                self.scheduler.task_reported(event, run, at);
                if let Some(run) = run.filter(|_| event.unplanned) {
                    self.runs.planning_failed(run);
                }
                if let Some(change) = &event.status {
                    self.note_attempt(&event.task, before, change, None, run, at, history);
                }
            }
            Event::TasksAssigned(event) => {
                self.scheduler.tasks_assigned(event, at);
                self.runs.worker_began(event.worker);
            }
            Event::TaskMoved(event) => {
                let before = self.scheduler.task(&event.task).map(Attempting::of);
                self.scheduler.task_moved(event, at);
                self.note_attempt(&event.task, before, &event.change, Some(event.cause), run, at, history);
            }
            Event::TasksDoomed(event) => self.scheduler.tasks_doomed(event),
            Event::TasksRemoved(event) => self.scheduler.tasks_removed(event),
            Event::ResourcesDecreased(event) => self.scheduler.resources_decreased(event),
            Event::ResourcesSet(event) => self.scheduler.resources_set(event),
            Event::SchedulerPaused(event) => self.scheduler.scheduler_paused(event),
            Event::MessageQueued(event) => self.scheduler.message_queued(event),
            Event::MessagesDelivered(event) => self.scheduler.messages_delivered(event),
            Event::MessageAnswered(event) => self.scheduler.message_answered(event),
            Event::AnswerRead(event) => self.scheduler.answer_read(event),
            Event::RunStarted(event) => {
                self.runs.run_started(event, at);
                self.scheduler.run_started(&event.task, event.run);
                history.push(HistoryRow::RunStarted {
                    run: event.run,
                    family: event.family.clone(),
                    root: event.task.clone(),
                    worker: event.worker,
                    worker_name: self.scheduler.worker_name(event.worker),
                    at,
                });
                if let Some(info) = self.scheduler.worker(event.worker).and_then(|worker| worker.info) {
                    history.push(HistoryRow::RunDescribed { run: event.run, info });
                }
            }
            Event::RunEnded(event) => {
                if self.runs.run_ended(event, at) {
                    self.health = HealthCell::default();
                }
                history.push(HistoryRow::RunEnded { run: event.run, outcome: event.outcome, at });
            }
            Event::RunResumed(event) => {
                self.runs.run_resumed(event);
                history.push(HistoryRow::RunResumed { run: event.run });
            }
            Event::ManifestRead(event) => self.catalog.apply(&CatalogEvent::ManifestRead(event.clone()), at),
            Event::ManifestForgotten(event) => self.catalog.apply(&CatalogEvent::ManifestForgotten(event.clone()), at),
            Event::EntityDeclared(event) => {
                self.catalog.apply(&CatalogEvent::EntityDeclared(Box::new(event.clone())), at);
            }
            Event::EntityRemoved(event) => self.catalog.apply(&CatalogEvent::EntityRemoved(event.clone()), at),
            // For whoever holds the texts, and the history, against the entries.
            Event::NamesGiven(_)
            | Event::HistoryForgotten(_)
            | Event::AccessDenied(_)
            | Event::LedgerRecovered(_)
            | Event::EvidenceExported(_) => {}
            Event::TextsErased(event) => {
                event.names.iter().for_each(|&name| self.names.erase(name));
                self.access.texts_erased();
            }
            Event::PrincipalKnown(event) => self.access.principal_known(event, at),
            Event::SessionStarted(event) => self.access.session_started(event, at),
            Event::SessionRotated(event) => self.access.session_rotated(event, at),
            Event::SessionsEnded(event) => self.access.sessions_ended(event),
            Event::TokenIssued(event) => self.access.token_issued(event, at),
            Event::TokensRevoked(event) => self.access.tokens_revoked(event),
            Event::PoliciesLoaded(event) => self.access.policies_loaded(event),
            Event::PipelineDiscovered(event) => {
                self.catalog.apply(&CatalogEvent::PipelineDiscovered(event.clone()), at);
                if let Some(run) = run {
                    self.runs.learned(run, &event.families, &Default::default(), &Default::default());
                }
            }
            Event::PipelineExtended(event) => {
                self.catalog.apply(&CatalogEvent::PipelineExtended(event.clone()), at);
                if let Some(run) = run {
                    self.runs.learned(run, &event.families, &event.datasets, &event.dependencies);
                }
            }
        }
        if self.catalog.revision() != revision {
            self.health = HealthCell::default();
        }
    }

    /// An attempt ends when its task leaves RUNNING; a task that is DONE without having run was complete already.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site each for its two shapes; a struct would only rename them"
    )]
    fn note_attempt(
        &self,
        id: &str,
        before: Option<Attempting>,
        change: &StatusChange,
        cause: Option<Cause>,
        run: Option<RunId>,
        at: Timestamp,
        history: History<'_>,
    ) {
        let Some(task) = self.scheduler.task(id) else { return };
        let ran = before.as_ref().filter(|before| before.running);
        let outcome = match (ran.is_some(), change.to) {
            (true, Status::Running | Status::BatchRunning | Status::Unknown) => return,
            (true, Status::Done) => AttemptOutcome::Done,
            (true, Status::Pending) => AttemptOutcome::Yielded,
            (true, Status::Failed | Status::Disabled) if cause == Some(Cause::WorkerLost) => AttemptOutcome::Lost,
            (true, Status::Failed) => AttemptOutcome::Failed,
            (true, Status::Disabled) => AttemptOutcome::Disabled,
            (false, Status::Done)
                if cause.is_none() && before.as_ref().is_none_or(|before| before.status != Status::Done) =>
            {
                AttemptOutcome::AlreadyComplete
            }
            (false, _) => return,
        };
        history.push(HistoryRow::Attempt {
            run: run.or(task.run()),
            task: id.to_string(),
            family: self.scheduler.family_of(task).to_string(),
            worker: ran.and_then(|before| before.worker),
            started: ran.and_then(|before| before.started),
            ended: at,
            outcome,
            error: if outcome == AttemptOutcome::Done { None } else { task.error() },
        });
    }
}

/// What is remembered of a task across a change.
struct Attempting {
    status: Status,
    running: bool,
    worker: Option<WorkerNo>,
    started: Option<Timestamp>,
}

impl Attempting {
    fn of(task: &Task) -> Attempting {
        Attempting {
            status: task.status(),
            running: task.status().is_running(),
            worker: task.runner(),
            started: task.started(),
        }
    }
}

/// One command's work on the model: facts are applied as they are recorded, so that each decision sees the ones before.
pub struct Step<'a> {
    model: &'a mut Model,
    /// The time of everything in this step.
    pub now: Timestamp,
    draft: &'a mut Draft,
}

impl<'a> Step<'a> {
    /// A step at a time; what it records goes to `draft`.
    pub fn new(model: &'a mut Model, now: Timestamp, draft: &'a mut Draft) -> Step<'a> {
        Step { model, now, draft }
    }

    /// The state as it is now.
    pub fn model(&self) -> &Model {
        self.model
    }

    /// The scheduler as it is now.
    pub fn scheduler(&self) -> &Scheduler {
        &self.model.scheduler
    }

    /// For what is not recorded: heartbeats and progress.
    pub fn scheduler_mut(&mut self) -> &mut Scheduler {
        &mut self.model.scheduler
    }

    /// For what is not recorded: how often denials are.
    pub fn access_mut(&mut self) -> &mut Access {
        &mut self.model.access
    }

    /// Applies and records a fact.
    pub fn record(&mut self, event: impl Into<Event>, run: Option<RunId>) {
        let fact = Fact { at: self.now, event: event.into(), run };
        self.model.apply(&fact, &mut self.draft.history);
        self.draft.facts.push(fact);
    }

    /// The number of a text that may name a person.
    pub fn name(&mut self, text: &str) -> NameId {
        let (id, is_new) = self.model.names.intern(text);
        if is_new {
            self.draft.names.push((id, Arc::from(text)));
        }
        id
    }

    /// Keeps a text by its hash.
    pub fn blob(&mut self, text: String) -> BlobHash {
        let hash = BlobHash::of(text.as_bytes());
        self.draft.blobs.push((hash, text));
        hash
    }

    /// Keeps a text whose hash is known.
    pub fn keep(&mut self, hash: BlobHash, text: &str) {
        self.draft.blobs.push((hash, text.to_string()));
    }

    /// The worker with this id, joined if it is new, and alive now.
    pub fn worker(&mut self, id: &str) -> WorkerNo {
        let number = self.known_worker(id);
        self.model.scheduler.touch_worker(number, self.now);
        number
    }

    /// The worker with this id, joined if it is new, which has just pinged.
    pub fn pinging_worker(&mut self, id: &str) -> WorkerNo {
        let number = self.worker(id);
        self.model.scheduler.touch_ping(number, self.now);
        number
    }

    /// The worker with this id, joined if it is new; not a sign of life.
    pub fn known_worker(&mut self, id: &str) -> WorkerNo {
        let name = self.name(id);
        if let Some(number) = self.model.scheduler.worker_no(name) {
            return number;
        }
        let worker = self.model.scheduler.next_worker_no();
        self.record(WorkerJoined { name, worker }, None);
        worker
    }
}

/// Something that somebody wants done. Executed by the single writer, one after the other.
pub trait Command: Send + 'static {
    /// What the caller gets once everything recorded is kept.
    type Reply: Send + 'static;

    /// Whether it may take milliseconds, so that no thread that has other callers should execute it.
    const LONG: bool = false;

    /// Whether [`Command::touch`] is worth a try.
    const TOUCHES: bool = false;

    /// Does it if nothing need be recorded: heartbeats, which must not wait for a disk. None: it must be executed. What it
    /// saw need not be committed yet.
    fn touch(&self, _model: &mut Model, _now: Timestamp) -> Option<Self::Reply> {
        None
    }

    /// What it is about to do: each of these is decided before it is executed.
    fn acts(&self, model: &Model) -> Acts;

    /// Decides, applies and records.
    fn execute(self, step: &mut Step<'_>) -> Self::Reply;
}
