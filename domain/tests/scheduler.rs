//! The scheduler at the level of commands: what workers call, and what they get.

use bussola_domain::command::{
    AddTask, AddTaskBatcher, AddWorker, AnnouncePlanningFailure, CountPending, DisableWorker, ForgiveFailures, GetWork,
    MarkAsDone, Moved, Ping, Prune, QueueMessage, RETRY_LOOKS_MAX, ReEnableTask, Retried, RetryRun, Work,
};
use bussola_domain::event::Draft;
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model, Step};
use bussola_domain::run_graph::RunGraph;
use bussola_domain::runs::{AttemptOutcome, HistoryRow, Outcome};
use bussola_domain::scheduler::event::Amounts;
use bussola_domain::scheduler::{Config, PolicyPatch, Report, RetryPolicy, Status, Wait};
use bussola_domain::value::{Number, Value};

/// A model with a clock that the test sets.
struct Bench {
    model: Model,
    now_s: f64,
    draft: Draft,
}

impl Bench {
    fn new(config: Config) -> Bench {
        Bench { model: Model::new(config), now_s: 1_000_000.0, draft: Draft::default() }
    }

    fn run<C: Command>(&mut self, command: C) -> C::Reply {
        let now = Timestamp::from_seconds(self.now_s);
        command.execute(&mut Step::new(&mut self.model, now, &mut self.draft))
    }

    fn add(&mut self, worker: &str, task: &str, deps: &[&str]) {
        self.report(worker, task, |report| report.deps = Some(deps.iter().map(|dep| dep.to_string()).collect()));
    }

    fn report(&mut self, worker: &str, task: &str, change: impl FnOnce(&mut Report)) {
        let family = task.split('_').next().unwrap_or(task).to_string();
        let mut report = Report { task: task.into(), family, ..Report::default() };
        change(&mut report);
        self.run(AddTask { worker: worker.into(), report, ..AddTask::default() });
    }

    fn status(&mut self, worker: &str, task: &str, status: Status) {
        self.report(worker, task, |report| report.status = status);
    }

    fn work(&mut self, worker: &str) -> Work {
        self.run(GetWork { worker: worker.into(), ..GetWork::default() })
    }

    fn get(&mut self, worker: &str) -> Option<String> {
        self.work(worker).assignment.map(|assignment| assignment.tasks.join("+"))
    }

    fn of(&self, task: &str) -> Option<Status> {
        self.model.scheduler.task(task).map(|task| task.status())
    }

    fn wait_and_prune(&mut self, worker: &str, seconds: f64) {
        self.now_s += seconds;
        self.run(Ping { worker: worker.into() });
        while self.run(Prune) {}
    }

    /// The graph of the latest run.
    fn graph(&self) -> RunGraph {
        let latest = self.draft.facts.iter().filter_map(|fact| fact.run).max();
        RunGraph::fold(self.draft.facts.iter().filter(|fact| fact.run == latest))
    }

    fn outcomes(&self) -> Vec<Outcome> {
        let rows = self.draft.history.iter();
        rows.filter_map(|row| if let HistoryRow::RunEnded { outcome, .. } = row { Some(*outcome) } else { None })
            .collect()
    }

    /// The state must follow from the facts alone.
    fn check_replay(&self) {
        let mut replayed = Model::new(self.model.scheduler.config().clone());
        replayed.names = self.model.names.clone();
        let mut history = Vec::new();
        for fact in &self.draft.facts {
            replayed.apply(fact, &mut history);
        }
        assert_eq!(history, self.draft.history);
        for slot in 0..self.model.scheduler.slots_end() {
            let (live, again) = (self.model.scheduler.at_slot(slot), replayed.scheduler.at_slot(slot));
            assert_eq!((live.id(), live.status(), live.deps()), (again.id(), again.status(), again.deps()));
            assert_eq!((live.priority(), live.updated()), (again.priority(), again.updated()));
        }
    }
}

fn units(name: &str, amount: f64) -> Amounts {
    Amounts::from([(name.into(), Number(amount))])
}

fn policy(count: f64) -> RetryPolicy {
    RetryPolicy { retry_count: Number(count), ..Config::default().retry_policy }
}

#[test]
fn dependencies_come_first() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "B", &["A"]);
    assert_eq!(bench.of("A"), Some(Status::Unknown));
    assert_eq!(bench.get("w"), None);
    bench.add("w", "A", &[]);
    assert_eq!(bench.get("w").as_deref(), Some("A"));
    assert_eq!(bench.get("w"), None);
    bench.status("w", "A", Status::Done);
    assert_eq!(bench.get("w").as_deref(), Some("B"));
    bench.status("w", "B", Status::Done);
    assert_eq!(bench.get("w"), None);
    bench.check_replay();
}

#[test]
fn the_highest_priority_goes_first_and_raises_what_is_upstream() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "low", &[]);
    bench.add("w", "dep", &[]);
    bench.report("w", "high", |report| {
        report.priority = 10.0;
        report.deps = Some(vec!["dep".into()]);
    });
    bench.report("w", "endless", |report| report.priority = f64::INFINITY);
    assert_eq!(bench.get("w").as_deref(), Some("endless"));
    assert_eq!(bench.get("w").as_deref(), Some("dep"));
    assert_eq!(bench.get("w").as_deref(), Some("low"));
    bench.check_replay();
}

#[test]
fn a_long_chain_does_not_recurse() {
    let mut bench = Bench::new(Config::default());
    for number in 0..20_000 {
        bench.add("w", &format!("t{number}"), &[&format!("t{}", number + 1)]);
    }
    bench.report("w", "t0", |report| {
        report.priority = 5.0;
        report.deps = Some(vec!["t1".into()]);
    });
    assert_eq!(bench.model.scheduler.task("t20000").map(|task| task.priority()), Some(5.0));
    bench.status("w", "t20000", Status::Disabled);
    assert_eq!(bench.run(CountPending { worker: "w".into() }).pending, 0);
    bench.status("w", "t20000", Status::Pending);
    assert_eq!(bench.run(CountPending { worker: "w".into() }).pending, 20_001);
}

#[test]
fn workers_get_only_what_they_can_run_and_are_counted_right() {
    let mut bench = Bench::new(Config::default());
    bench.add("x", "A", &[]);
    bench.add("y", "B", &[]);
    bench.add("x", "B", &[]);
    let counts = bench.run(CountPending { worker: "x".into() });
    assert_eq!((counts.pending, counts.unique, counts.last_scheduled), (2, 1, 2));
    let counts = bench.run(CountPending { worker: "y".into() });
    assert_eq!((counts.pending, counts.unique, counts.last_scheduled), (1, 0, 0));
    assert_eq!(bench.get("y").as_deref(), Some("B"));
    assert_eq!(bench.get("y"), None);
    assert_eq!(bench.work("x").counts.running.len(), 1);
}

#[test]
fn a_lost_reply_is_given_again() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    assert_eq!(bench.get("w").as_deref(), Some("A"));
    let again = GetWork { worker: "w".into(), current_tasks: Some(vec![]), ..GetWork::default() };
    assert_eq!(bench.run(again).assignment.map(|work| work.tasks), Some(vec!["A".to_string()]));
    let busy = GetWork { worker: "w".into(), current_tasks: Some(vec!["A".into()]), ..GetWork::default() };
    assert_eq!(bench.run(busy).assignment, None);
}

#[test]
fn resources_are_never_over_committed() {
    let mut bench = Bench::new(Config { resources: vec![("r".into(), 2.0)], ..Config::default() });
    for task in ["A", "B", "C"] {
        bench.report("w", task, |report| report.resources = units("r", 1.0));
    }
    bench.run(AddWorker { worker: "w".into(), info: vec![("workers".into(), Value::Int(3))] });
    assert_eq!(bench.get("w").as_deref(), Some("A"));
    assert_eq!(bench.get("w").as_deref(), Some("B"));
    assert_eq!(bench.get("w"), None);
    assert!(matches!(&bench.model.scheduler.waits("C")[..], [Wait::Resource { holders, .. }] if holders.len() == 2));
    bench.report("w", "A", |report| {
        report.status = Status::Done;
        report.resources = units("r", 1.0);
    });
    assert_eq!(bench.get("w").as_deref(), Some("C"));
    bench.check_replay();
}

#[test]
fn a_better_task_of_another_worker_keeps_its_resource() {
    let mut bench = Bench::new(Config::default());
    bench.report("x", "small", |report| report.resources = units("r", 1.0));
    bench.report("y", "great", |report| {
        report.resources = units("r", 1.0);
        report.priority = 10.0;
    });
    assert_eq!(bench.get("y").as_deref(), Some("great"));
    bench.status("y", "great", Status::Done);
    bench.report("y", "greater", |report| {
        report.resources = units("r", 1.0);
        report.priority = 20.0;
    });
    // y asked lately and would take the better task: x's must not take the resource away from it.
    assert_eq!(bench.get("x"), None);
    assert_eq!(bench.get("y").as_deref(), Some("greater"));
}

#[test]
fn failures_are_retried_after_the_delay() {
    let mut bench = Bench::new(Config { retry_delay_s: 100.0, worker_disconnect_delay_s: 1e9, ..Config::default() });
    bench.add("w", "A", &[]);
    bench.get("w");
    bench.status("w", "A", Status::Failed);
    bench.wait_and_prune("w", 100.0);
    assert_eq!(bench.of("A"), Some(Status::Failed));
    bench.wait_and_prune("w", 0.001);
    assert_eq!(bench.of("A"), Some(Status::Pending));
    assert_eq!(bench.get("w").as_deref(), Some("A"));
}

#[test]
fn too_many_failures_disable_until_the_time_is_over() {
    let config = Config {
        retry_delay_s: 1.0,
        disable_persist_s: 50.0,
        worker_disconnect_delay_s: 1e9,
        retry_policy: policy(9.0),
        ..Config::default()
    };
    let mut bench = Bench::new(config);
    let own = PolicyPatch { retry_count: Some(2.0), ..PolicyPatch::default() };
    bench.report("w", "A", |report| report.retry_policy = own);
    for expected in [Status::Failed, Status::Disabled] {
        assert_eq!(bench.get("w").as_deref(), Some("A"));
        bench.report("w", "A", |report| {
            report.status = Status::Failed;
            report.retry_policy = own;
        });
        assert_eq!(bench.of("A"), Some(expected));
        bench.wait_and_prune("w", 2.0);
    }
    bench.status("w", "A", Status::Pending);
    assert_eq!(bench.of("A"), Some(Status::Disabled));
    bench.wait_and_prune("w", 51.0);
    assert_eq!(bench.of("A"), Some(Status::Failed));
    bench.check_replay();
}

#[test]
fn failures_outside_the_window_do_not_count() {
    let config = Config { retry_delay_s: 1.0, worker_disconnect_delay_s: 1e9, ..Config::default() };
    let mut bench = Bench::new(config);
    let own = PolicyPatch { retry_count: Some(2.0), window_s: Some(10.0), ..PolicyPatch::default() };
    bench.report("w", "A", |report| report.retry_policy = own);
    for (pause, expected) in [(0.0, Status::Failed), (20.0, Status::Failed), (5.0, Status::Disabled)] {
        bench.wait_and_prune("w", pause);
        assert_eq!(bench.get("w").as_deref(), Some("A"));
        bench.report("w", "A", |report| {
            report.status = Status::Failed;
            report.retry_policy = own;
        });
        assert_eq!(bench.of("A"), Some(expected), "after {pause}");
    }
}

#[test]
fn people_can_lift_and_forgive_and_finish() {
    let mut bench = Bench::new(Config { retry_policy: policy(1.0), ..Config::default() });
    bench.add("w", "A", &[]);
    bench.get("w");
    bench.status("w", "A", Status::Failed);
    assert_eq!(bench.of("A"), Some(Status::Disabled));
    assert!(bench.run(ReEnableTask { task: "A".into() }));
    assert!(!bench.run(ReEnableTask { task: "A".into() }));
    let moved = |changed, status| Some(Moved { changed, status });
    assert_eq!(bench.run(ForgiveFailures { task: "A".into() }), moved(true, Status::Pending));
    assert_eq!(bench.run(MarkAsDone { task: "A".into() }), moved(false, Status::Pending));
    bench.get("w");
    assert_eq!(bench.run(MarkAsDone { task: "A".into() }), moved(true, Status::Done));
    assert_eq!(bench.run(MarkAsDone { task: "none".into() }), None);
}

#[test]
fn a_lost_worker_fails_its_task_and_ends_its_run() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    bench.get("w");
    bench.wait_and_prune("other", 61.0);
    assert_eq!(bench.of("A"), Some(Status::Failed));
    assert_eq!(bench.outcomes(), [Outcome::Lost]);
    let lost = |row: &HistoryRow| matches!(row, HistoryRow::Attempt { outcome: AttemptOutcome::Lost, .. });
    assert!(bench.draft.history.iter().any(lost));
    bench.wait_and_prune("other", 601.0);
    assert_eq!(bench.of("A"), None);
    assert!(bench.model.scheduler.is_empty());
    bench.check_replay();
}

#[test]
fn a_run_ends_when_its_root_is_done_or_nothing_can_go_on() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "Root", &["Leaf"]);
    bench.add("w", "Leaf", &[]);
    bench.get("w");
    bench.status("w", "Leaf", Status::Failed);
    assert_eq!(bench.get("w"), None);
    assert_eq!(bench.get("w"), None);
    assert_eq!(bench.outcomes(), [Outcome::Failed]);
    bench.run(ForgiveFailures { task: "Leaf".into() });
    assert_eq!(bench.get("w").as_deref(), Some("Leaf"));
    bench.status("w", "Leaf", Status::Done);
    bench.get("w");
    bench.status("w", "Root", Status::Done);
    assert_eq!(bench.outcomes(), [Outcome::Failed, Outcome::Succeeded]);
    assert_eq!(bench.model.runs.health("Root").map(|health| health.failing_since), Some(None));
}

#[test]
fn batches_are_handed_out_as_one_and_share_a_fate() {
    let mut bench = Bench::new(Config::default());
    let (family, arguments) = ("F".to_string(), vec!["d".to_string()]);
    bench.run(AddTaskBatcher { worker: "w".into(), family, arguments, size_max: f64::INFINITY });
    for day in ["1", "2", "3"] {
        bench.report("w", &format!("F_{day}"), |report| {
            report.batchable = Some(true);
            report.params = vec![("d".into(), Value::from(day)), ("e".into(), Value::from("x"))];
        });
    }
    let work = bench.work("w").assignment.expect("a batch");
    assert_eq!(work.tasks, ["F_1", "F_2", "F_3"]);
    assert_eq!(work.params[0].1.to_string(), r#"["1","2","3"]"#);
    assert_eq!(bench.of("F_2"), Some(Status::BatchRunning));
    bench.report("w", "F_joint", |report| {
        report.status = Status::Running;
        report.batch = work.batch.clone();
    });
    bench.status("w", "F_joint", Status::Done);
    for task in ["F_1", "F_2", "F_3"] {
        assert_eq!(bench.of(task), Some(Status::Done));
    }
    bench.check_replay();
}

#[test]
fn a_batch_that_is_not_taken_up_goes_back() {
    let mut bench = Bench::new(Config::default());
    bench.run(AddTaskBatcher { worker: "w".into(), family: "F".into(), arguments: vec!["d".into()], size_max: 2.0 });
    for day in ["1", "2"] {
        bench.report("w", &format!("F_{day}"), |report| {
            report.batchable = Some(true);
            report.params = vec![("d".into(), Value::from(day))];
        });
    }
    assert_eq!(bench.get("w").as_deref(), Some("F_1+F_2"));
    let again = GetWork { worker: "w".into(), current_tasks: Some(vec![]), ..GetWork::default() };
    assert_eq!(bench.run(again).assignment.map(|work| work.tasks.len()), Some(2));
}

#[test]
fn messages_are_delivered_once() {
    let mut bench = Bench::new(Config::default());
    bench.run(QueueMessage { worker: "w".into(), content: "{}".into() });
    assert_eq!(bench.run(Ping { worker: "w".into() }), ["{}"]);
    assert!(bench.run(Ping { worker: "w".into() }).is_empty());
}

#[test]
fn a_disabled_worker_phases_out() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    bench.run(DisableWorker { worker: "w".into() });
    assert!(bench.work("w").counts.disabled);
    bench.add("w", "B", &[]);
    assert_eq!(bench.of("B"), None);
}

#[test]
fn an_assistant_runs_what_others_declared() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    let work = bench.run(GetWork { worker: "a".into(), assistant: true, ..GetWork::default() });
    assert_eq!(work.assignment.map(|work| work.tasks), Some(vec!["A".to_string()]));
    bench.report("a", "A", |report| {
        report.status = Status::Done;
        report.assistant = true;
    });
    assert_eq!(bench.of("A"), Some(Status::Done));
}

#[test]
fn what_was_done_a_moment_ago_is_not_done_again() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    bench.get("w");
    bench.status("w", "A", Status::Done);
    bench.add("x", "A", &[]);
    assert_eq!(bench.of("A"), Some(Status::Done));
    bench.now_s += 11.0;
    bench.add("x", "A", &[]);
    assert_eq!(bench.of("A"), Some(Status::Pending));
}

#[test]
fn no_name_of_a_person_is_in_a_payload() {
    let mut bench = Bench::new(Config::default());
    let worker = "Worker(salt=1, host=atlas, username=ada, pid=7)";
    let report = Report { task: "A".into(), family: "A".into(), status: Status::Failed, ..Report::default() };
    let (error, owners) = (Some("\"ada broke it\"".to_string()), vec!["ada@example.com".to_string()]);
    bench.run(AddTask { worker: worker.into(), report, error, owners });
    bench.run(AddWorker { worker: worker.into(), info: vec![("username".into(), Value::from("ada"))] });
    let written = format!("{:?}", bench.draft.facts);
    assert!(!written.contains("ada") && !written.contains("atlas"), "{written}");
}

#[test]
fn a_circle_does_not_block_itself_once_nothing_else_does() {
    let circle = |cut: &dyn Fn(&mut Bench)| {
        let mut bench = Bench::new(Config::default());
        bench.status("w", "Off", Status::Disabled);
        bench.add("w", "A", &["B", "Off"]);
        bench.add("w", "B", &["A"]);
        bench.add("w", "Below", &["B"]);
        bench.model.scheduler.audit().expect("indexes equal a scan");
        cut(&mut bench);
        bench.model.scheduler.audit().expect("indexes equal a scan");
    };
    circle(&|bench| bench.status("w", "Off", Status::Pending));
    circle(&|bench| bench.add("w", "A", &["B"]));
    circle(&|bench| {
        bench.status("w", "B", Status::Disabled);
        bench.status("w", "Off", Status::Done);
        bench.model.scheduler.audit().expect("indexes equal a scan");
        bench.status("w", "B", Status::Pending);
    });
    circle(&|bench| {
        bench.add("w", "A", &["A", "Off"]);
        bench.status("w", "Off", Status::Done);
    });
}

#[test]
fn what_a_lost_worker_ran_is_lost_with_the_run() {
    let mut bench = Bench::new(Config { worker_disconnect_delay_s: 2.0, ..Config::default() });
    bench.add("w", "Root", &["A"]);
    bench.add("w", "A", &[]);
    assert_eq!(bench.get("w").as_deref(), Some("A"));
    bench.now_s += 3.0;
    while bench.run(Prune) {}
    assert_eq!((bench.of("A"), bench.outcomes()), (Some(Status::Failed), vec![Outcome::Lost]));
    let graph = bench.graph();
    let outcomes: Vec<_> = graph.tasks["A"].attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!((graph.tasks["A"].status, outcomes), (Status::Failed, vec![Some(AttemptOutcome::Lost)]));
    assert_eq!(graph.first_causes("Root", 1).0[0].cause, "A");
}

#[test]
fn what_was_done_before_a_run_is_no_cause_of_its_failure() {
    let mut bench = Bench::new(Config::default());
    bench.add("v", "Up", &[]);
    bench.get("v");
    bench.status("v", "Up", Status::Done);
    bench.add("w", "Root", &["Up", "Bad"]);
    bench.status("w", "Up", Status::Done);
    bench.add("w", "Bad", &[]);
    bench.get("w");
    bench.status("w", "Bad", Status::Failed);
    let graph = bench.graph();
    assert_eq!(graph.tasks["Up"].status, Status::Done);
    let (causes, total) = graph.first_causes("Root", 20);
    assert_eq!((causes[0].cause.as_str(), total), ("Bad", 1));
    bench.check_replay();
}

impl Bench {
    /// A session of a worker whose id its user fixed: all that Luigi's worker sends before it asks for work.
    fn session(&mut self, salt: u64, root: &str, deps: &[&str]) {
        self.add("w", root, deps);
        for dep in deps {
            self.add("w", dep, &[]);
        }
        let info = vec![("salt".into(), Value::from(salt.to_string().as_str())), ("first_task".into(), root.into())];
        self.run(AddWorker { worker: "w".into(), info });
    }

    /// What a worker says of a task that it ran.
    fn result(&mut self, task: &str, status: Status) {
        self.report("w", task, |report| (report.status, report.runnable) = (status, None));
    }

    /// The runs that started, by their roots.
    fn roots(&self) -> Vec<&str> {
        let rows = self.draft.history.iter();
        rows.filter_map(|row| if let HistoryRow::RunStarted { root, .. } = row { Some(root.as_str()) } else { None })
            .collect()
    }
}

#[test]
fn each_session_under_a_fixed_worker_id_is_a_run() {
    let mut bench = Bench::new(Config::default());
    bench.session(1, "A", &[]);
    bench.get("w");
    bench.result("A", Status::Done);
    bench.get("w");
    bench.session(2, "B", &["B1"]);
    assert_eq!(bench.get("w").as_deref(), Some("B1"));
    bench.result("B1", Status::Failed);
    assert_eq!(bench.get("w"), None);
    assert_eq!((bench.roots(), bench.outcomes()), (vec!["A", "B"], vec![Outcome::Succeeded, Outcome::Failed]));
    // Again, after it failed.
    bench.session(3, "B", &["B1"]);
    assert_eq!(bench.get("w").as_deref(), Some("B1"));
    bench.result("B1", Status::Done);
    bench.get("w");
    bench.result("B", Status::Done);
    assert_eq!(bench.roots(), ["A", "B", "B"]);
    assert_eq!(bench.outcomes(), [Outcome::Succeeded, Outcome::Failed, Outcome::Succeeded]);
    assert_eq!(bench.model.runs.all_live().count(), 1);
    bench.check_replay();
}

#[test]
fn a_session_after_a_killed_one_is_a_run() {
    for root in ["A", "B"] {
        let mut bench = Bench::new(Config::default());
        bench.session(1, "A", &["A1"]);
        assert_eq!(bench.get("w").as_deref(), Some("A1"));
        bench.session(2, root, &["X"]);
        assert_eq!((bench.roots(), bench.outcomes()), (vec!["A", root], vec![Outcome::Lost]));
        bench.run(GetWork { worker: "w".into(), current_tasks: Some(Vec::new()), ..GetWork::default() });
        bench.result("X", Status::Done);
        bench.get("w");
        bench.result(root, Status::Done);
        assert_eq!(bench.outcomes(), [Outcome::Lost, Outcome::Succeeded]);
        bench.check_replay();
    }
}

#[test]
fn what_a_session_declares_later_is_of_its_run() {
    let mut bench = Bench::new(Config::default());
    bench.session(1, "A", &["A1"]);
    bench.get("w");
    // A running task asks for more.
    bench.add("w", "More", &[]);
    bench.report("w", "A1", |report| (report.new_deps, report.runnable) = (vec!["More".into()], None));
    bench.get("w");
    bench.result("More", Status::Done);
    bench.get("w");
    bench.result("A1", Status::Done);
    bench.get("w");
    // What it needs is gone again.
    bench.result("A", Status::Failed);
    bench.add("w", "A", &["A1"]);
    bench.add("w", "A1", &[]);
    assert_eq!((bench.roots(), bench.outcomes()), (vec!["A"], vec![]));
}

#[test]
fn a_running_task_that_tells_its_tracking_url_goes_on_in_its_run() {
    for marked in [false, true] {
        let mut bench = Bench::new(Config::default());
        bench.session(1, "A", &[]);
        assert_eq!(bench.get("w").as_deref(), Some("A"));
        if marked {
            // Somebody marked it as done while it ran.
            bench.run(MarkAsDone { task: "A".into() });
        }
        // Luigi's `set_tracking_url` says no more than this, and leaves `runnable` out.
        bench.report("w", "A", |report| {
            report.status = Status::Running;
            report.tracking_url = Some("http://spark/1".into());
        });
        bench.result("A", Status::Done);
        assert_eq!((bench.roots(), bench.outcomes()), (vec!["A"], vec![Outcome::Succeeded]));
        let graph = bench.graph();
        let tries = graph.tasks["A"].attempts.iter().filter(|attempt| attempt.started.is_some()).count();
        assert_eq!(tries, 1 + usize::from(marked));
        bench.check_replay();
    }
}

#[test]
fn a_run_whose_root_cannot_be_planned_fails_at_once() {
    let mut bench = Bench::new(Config::default());
    let announce = AnnouncePlanningFailure { worker: "w".into(), family: "A".into(), error: "\"boom\"".into() };
    bench.run(announce);
    bench.report("w", "A_1", |report| (report.status, report.runnable) = (Status::Unknown, Some(false)));
    assert_eq!(bench.get("w"), None);
    assert_eq!(bench.outcomes(), [Outcome::Failed]);
    let graph = bench.graph();
    assert!(graph.tasks["A_1"].is_unplanned());
    // The error was of that task alone.
    bench.report("w", "A_2", |report| (report.status, report.runnable) = (Status::Unknown, Some(false)));
    assert!(!bench.graph().tasks["A_2"].is_unplanned());
    bench.check_replay();
}

#[test]
fn nothing_of_a_lost_run_runs_for_ever() {
    let mut bench = Bench::new(Config::default());
    bench.session(1, "A", &["A1"]);
    assert_eq!(bench.get("w").as_deref(), Some("A1"));
    // The worker was killed, and began anew under its fixed id.
    bench.session(2, "B", &[]);
    let first = bench.draft.facts.iter().filter_map(|fact| fact.run).min();
    let graph = RunGraph::fold(bench.draft.facts.iter().filter(|fact| fact.run == first));
    let task = &graph.tasks["A1"];
    assert_eq!((graph.outcome, task.status), (Some(Outcome::Lost), Status::Failed));
    let attempts: Vec<_> = task.attempts.iter().map(|attempt| (attempt.ended.is_some(), attempt.outcome)).collect();
    assert_eq!(attempts, [(true, Some(AttemptOutcome::Lost))]);
}

#[test]
fn a_ping_that_needs_no_writer_says_how_often_its_worker_pings() {
    let mut bench = Bench::new(Config::default());
    bench.add("w", "A", &[]);
    for _ in 0..4 {
        bench.now_s += 30.0;
        let ping = Ping { worker: "w".into() };
        assert_eq!(ping.touch(&mut bench.model, Timestamp::from_seconds(bench.now_s)), Some(Vec::new()));
    }
    let number = bench.model.worker_no("w").expect("it is here");
    let interval = bench.model.scheduler.worker(number).and_then(|worker| worker.ping_interval_us());
    assert_eq!(interval, Some(30_000_000));
}

#[test]
fn a_root_that_was_known_already_brings_its_run_what_it_is() {
    let mut bench = Bench::new(Config::default());
    let params = || vec![("date".to_owned(), Value::from("2026-03-01"))];
    for worker in ["v", "w"] {
        bench.report(worker, "A_1", |report| report.params = params());
    }
    let graph = bench.graph();
    let root = &graph.tasks[&graph.root];
    assert_eq!((root.family.as_str(), &root.params), ("A", &params()));
    bench.check_replay();
}

#[test]
fn a_step_of_a_retry_looks_at_so_many_tasks_and_no_more() {
    let mut bench = Bench::new(Config::default());
    for number in 0..RETRY_LOOKS_MAX {
        bench.status("v", &format!("V_{number}"), Status::Failed);
    }
    bench.status("w", "W", Status::Failed);
    let run = bench.model.scheduler.task("W").and_then(|task| task.run()).expect("it has a run");
    let first = bench.run(RetryRun { run, from: 0 }).expect("its worker is here");
    assert_eq!(first, Retried { next: Some(RETRY_LOOKS_MAX), ..Retried::default() });
    let second = bench.run(RetryRun { run, from: RETRY_LOOKS_MAX }).expect("its worker is here");
    assert_eq!((second.tasks, second.next), (vec![("W".to_owned(), Status::Failed)], None));
}
