//! Workers, operators, the clock and the disk: what happens to a writer in one seed.

use std::collections::{BTreeMap, BTreeSet};

use bussola_domain::access::Caller;
use bussola_domain::command::{
    AddTask, AddTaskBatcher, AddWorker, AnnouncePlanningFailure, CountPending, DecreaseRunningResources, DisableWorker,
    Erase, ForgiveFailures, GetWork, MarkAsDone, Pause, Ping, Prune, QueueMessage, ReEnableTask, RetryRun, SetProgress,
    UpdateResources, Work,
};
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model};
use bussola_domain::scheduler::event::Amounts;
use bussola_domain::scheduler::{Config, PolicyPatch, Report, RetryPolicy, Status};
use bussola_domain::value::{Number, Value};
use bussola_store::by_hand::{Waiting, Writer};
use bussola_store::journal::faulty::{Disk, Fault};
use bussola_store::{Context, StoreError};

use crate::dice::Dice;
use crate::judge::{self, Judge, Verdict};

/// Few of each, so that they meet.
const WORKERS: usize = 5;
const TASKS: usize = 24;
const FAMILIES: [&str; 3] = ["Extract", "Load", "Report"];

/// A worker as itself sees the world.
#[derive(Default)]
struct Client {
    name: String,
    /// How often it was born; each life has an id of its own, mostly.
    life: usize,
    alive: bool,
    assistant: bool,
    /// Tasks that it runs, with the batch that they are the joint task of.
    running: Vec<(String, Option<String>)>,
}

pub struct World {
    dice: Dice,
    verbose: bool,
    config: Config,
    disk: Disk,
    writer: Option<Writer>,
    now_us: i64,
    clients: Vec<Client>,
    /// Reports that are late, or will come twice.
    late: Vec<AddTask>,
    judge: Judge,
}

impl World {
    pub fn new(mut dice: Dice, verbose: bool) -> World {
        let config = config(&mut dice);
        let disk = Disk::new();
        let now_us = 1_000_000_000_000_000;
        let writer = Writer::open(&disk, &config, Timestamp(now_us)).ok();
        let clients = (0..WORKERS).map(|number| Client { name: format!("w{number}"), ..Client::default() }).collect();
        World { dice, verbose, config, disk, writer, now_us, clients, late: Vec::new(), judge: Judge::default() }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap_or_else(|| panic!("the writer is only away while it restarts"))
    }

    fn context(&self) -> Context {
        Context { now: Timestamp(self.now_us), caller: Caller::LOCAL }
    }

    fn execute<C: Command + std::fmt::Debug>(&mut self, command: C) -> Result<C::Reply, StoreError>
    where
        C::Reply: std::fmt::Debug,
    {
        let context = self.context();
        let text = if self.verbose { format!("{} {command:?}", self.now_us) } else { String::new() };
        let reply = self.writer().execute(context, command);
        if self.verbose {
            println!("{text}\n    -> {reply:?}");
        }
        reply
    }

    /// One thing happens; then everything is checked.
    pub fn step(&mut self) -> Verdict {
        match self.dice.below(100) {
            0..20 => self.declare()?,
            20..50 => self.ask_for_work()?,
            50..66 => self.report()?,
            66..70 => self.deliver_late()?,
            70..74 => self.live_and_die()?,
            74..80 => self.time_passes()?,
            80..84 => self.prune()?,
            84..91 => self.operate()?,
            91..94 => self.fail_a_commit()?,
            94..97 => self.several_at_once()?,
            _ => self.restart()?,
        }
        let (disk, judge) = (self.disk.clone(), &mut self.judge);
        judge.watch(&disk)?;
        if let Some(writer) = &self.writer {
            self.judge.model(writer)?;
            if self.dice.percent(4) {
                judge::replay(writer, &self.disk, &self.config)?;
            }
        }
        Ok(())
    }

    /// The last look; what this seed came to.
    pub fn finish(&mut self) -> Result<String, String> {
        if let Some(writer) = &self.writer {
            judge::replay(writer, &self.disk, &self.config)?;
        }
        judge::history(&self.disk, &self.config)?;
        let writer = self.writer();
        let (text, _) = writer.read(|model| (model.scheduler.describe(), ()));
        Ok(format!("{} entries\n{text}", self.disk.size()))
    }

    // -- workers ------------------------------------------------------------------------------------------------------

    fn client(&mut self) -> usize {
        let client = self.dice.below(WORKERS);
        if !self.clients[client].alive {
            self.born(client);
        }
        client
    }

    fn born(&mut self, client: usize) {
        let same = self.dice.percent(30);
        let life = &mut self.clients[client];
        life.life += usize::from(!same);
        (life.alive, life.name) = (true, format!("w{client}-{}", life.life));
        life.assistant = self.dice.percent(8);
        life.running.clear();
        let mut info: Vec<(Box<str>, Value)> = vec![("workers".into(), Value::Int(1 + self.dice.below(3) as i64))];
        if life.assistant {
            info.push(("assistant".into(), Value::Bool(true)));
        }
        let worker = life.name.clone();
        let _lost = self.execute(AddWorker { worker: worker.clone(), info });
        if self.dice.percent(30) {
            let size_max = if self.dice.percent(50) { f64::INFINITY } else { 2.0 };
            let family = FAMILIES[2].to_owned();
            let _lost = self.execute(AddTaskBatcher { worker, family, arguments: vec!["day".into()], size_max });
        }
    }

    fn declaration(&mut self, client: usize, task: usize) -> AddTask {
        let dice = &mut self.dice;
        let family = FAMILIES[task % FAMILIES.len()];
        let id = |task: usize| format!("{}_{task}", FAMILIES[task % FAMILIES.len()]);
        let mut deps: Vec<String> = (0..task).filter(|_| dice.percent(8)).map(id).collect();
        // A circle is a mistake that people make.
        if dice.percent(2) {
            deps.push(id(task + dice.below(4)));
        }
        let resources = match task % 4 {
            0 if dice.percent(90) => Amounts::from([("db".into(), Number(1.0))]),
            1 => Amounts::from([("db".into(), Number(1.0)), ("gpu".into(), Number(0.5))]),
            _ => Amounts::new(),
        };
        // Half of the seeds' tasks have no resources at all, so that strict order is checked often.
        let resources = if self.config.resources.is_empty() { Amounts::new() } else { resources };
        let retry_policy = PolicyPatch { retry_count: dice.percent(20).then_some(1.0), ..PolicyPatch::default() };
        let status = match dice.below(20) {
            0 => Status::Done,
            1 => Status::Disabled,
            2 => Status::Failed,
            3 => Status::Unknown,
            _ => Status::Pending,
        };
        let report = Report {
            task: id(task),
            status,
            runnable: Some(dice.percent(90)),
            deps: dice.percent(85).then_some(deps),
            resources,
            priority: [0.0, 0.0, 1.0, 5.0, f64::INFINITY, -2.5][dice.below(6)],
            family: family.into(),
            module: Some("company.pipeline".into()),
            params: vec![("day".into(), Value::from(task.to_string())), ("region".into(), Value::from("eu"))],
            batchable: (family == FAMILIES[2]).then_some(true),
            retry_policy,
            ..Report::default()
        };
        let error = (status == Status::Failed).then(|| "it was not there".to_owned());
        AddTask { worker: self.clients[client].name.clone(), report, error, owners: Vec::new() }
    }

    fn declare(&mut self) -> Verdict {
        let client = self.client();
        for _ in 0..1 + self.dice.below(4) {
            let task = self.dice.below(TASKS);
            let declaration = self.declaration(client, task);
            self.send(declaration);
        }
        Ok(())
    }

    /// A report arrives now, later, or twice; one that was refused is sent again later, as Luigi's clients do.
    fn send(&mut self, report: AddTask) {
        match self.dice.below(20) {
            0 => self.late.push(report),
            1 => {
                self.late.push(report.clone());
                let _again = self.execute(report);
            }
            _ => {
                if self.execute(report.clone()).is_err() {
                    self.late.push(report);
                }
            }
        }
    }

    fn deliver_late(&mut self) -> Verdict {
        while !self.late.is_empty() && self.dice.percent(70) {
            let place = self.dice.below(self.late.len());
            let report = self.late.swap_remove(place);
            let _lost = self.execute(report);
        }
        Ok(())
    }

    fn ask_for_work(&mut self) -> Verdict {
        let client = self.client();
        let worker = self.clients[client].name.clone();
        if self.config.prune_on_get_work {
            self.prune()?;
        }
        let assistant = self.clients[client].assistant && self.dice.percent(80);
        let tells = self.dice.percent(40);
        let current_tasks = tells.then(|| self.clients[client].running.iter().map(|(task, _)| task.clone()).collect());
        let expected = self.expected(&worker, assistant || tells);
        let (before, held) = self.writer().read(|model| (model.scheduler.naive_usage(), held(model)));
        let asked = self.execute(GetWork { worker, assistant, current_tasks });
        let Ok(work) = asked else { return Ok(()) };
        if let Some(expected) = expected {
            let first = work.assignment.as_ref().map(|assignment| assignment.tasks[0].clone());
            if first != expected {
                return Err(format!("priority-order: {first:?} was handed out, {expected:?} ranks first"));
            }
        }
        // A lost reply is given again, with the resources that the task was declared with meanwhile: as Luigi does.
        if work.assignment.as_ref().is_none_or(|assignment| !held.contains(&assignment.tasks[0])) {
            self.check_usage(&before)?;
        }
        if !self.dice.percent(10) {
            self.take_up(client, work);
        }
        Ok(())
    }

    /// What must be handed out, where a simple rule says so: the worker's best, if resources are not in play.
    fn expected(&mut self, worker: &str, special: bool) -> Option<Option<String>> {
        self.writer().read(|model| {
            let number = model.names.find(worker).and_then(|name| model.scheduler.worker_no(name))?;
            let known = model.scheduler.worker(number)?;
            if special
                || known.is_disabled()
                || model.scheduler.is_paused()
                || known.info_value().get("assistant").is_some()
            {
                return None;
            }
            match model.scheduler.naive_best(number) {
                (_, true) => None,
                (best, false) => Some(best.map(str::to_owned)),
            }
        })
    }

    /// Handing out never takes more than there is. (Setting fewer units does not take them away from who has them.)
    fn check_usage(&mut self, before: &BTreeMap<String, (f64, f64)>) -> Verdict {
        let after = self.writer().read(|model| model.scheduler.naive_usage());
        for (name, (used, total)) in after {
            let was = before.get(&name).map_or(0.0, |(used, _)| *used);
            if used > was && used > total {
                return Err(format!("resources-never-over-committed: {used} of {total} `{name}` are in use"));
            }
        }
        Ok(())
    }

    /// The worker learns what it got. Of a batch it makes a joint task and says that it runs it.
    fn take_up(&mut self, client: usize, work: Work) {
        let Some(assignment) = work.assignment else { return };
        let name = self.clients[client].name.clone();
        let Some(batch) = assignment.batch else {
            self.clients[client].running.push((assignment.tasks[0].clone(), None));
            return;
        };
        let joint = format!("{}_joint_{batch}", assignment.family);
        if self.dice.percent(85) {
            let report = Report {
                task: joint.clone(),
                status: Status::Running,
                family: assignment.family,
                batch: Some(batch.clone()),
                ..Report::default()
            };
            self.send(AddTask { worker: name, report, ..AddTask::default() });
            self.clients[client].running.push((joint, Some(batch)));
        }
    }

    fn report(&mut self) -> Verdict {
        let client = self.client();
        if self.clients[client].running.is_empty() {
            return self.ask_for_work();
        }
        let place = self.dice.below(self.clients[client].running.len());
        let (task, batch) = self.clients[client].running.swap_remove(place);
        let status = [Status::Done, Status::Done, Status::Done, Status::Failed, Status::Failed, Status::Pending]
            [self.dice.below(6)];
        let new_deps = if status == Status::Pending { vec![format!("{}_0", FAMILIES[0])] } else { Vec::new() };
        // A task that depends on itself is the one cycle that this could make.
        let new_deps = new_deps.into_iter().filter(|dep| *dep != task).collect();
        let report =
            Report { task, status, new_deps, batch, assistant: self.clients[client].assistant, ..Report::default() };
        let error = (status == Status::Failed).then(|| format!("failed at {}", self.now_us));
        self.send(AddTask { worker: self.clients[client].name.clone(), report, error, ..AddTask::default() });
        Ok(())
    }

    fn live_and_die(&mut self) -> Verdict {
        let client = self.dice.below(WORKERS);
        if self.clients[client].alive && self.dice.percent(60) {
            self.clients[client].alive = false;
            return Ok(());
        }
        let worker = self.clients[self.dice.below(WORKERS)].name.clone();
        let _lost = self.execute(Ping { worker });
        Ok(())
    }

    // -- time and people ----------------------------------------------------------------------------------------------

    fn time_passes(&mut self) -> Verdict {
        self.now_us += match self.dice.below(10) {
            0 => -500_000,
            1..7 => self.dice.below(3_000_000) as i64,
            _ => self.dice.below(40_000_000) as i64,
        };
        for client in 0..WORKERS {
            if self.clients[client].alive && self.dice.percent(85) {
                let worker = self.clients[client].name.clone();
                let _lost = self.execute(Ping { worker });
            }
        }
        Ok(())
    }

    fn prune(&mut self) -> Verdict {
        while let Ok(true) = self.execute(Prune) {}
        Ok(())
    }

    fn operate(&mut self) -> Verdict {
        let number = self.dice.below(TASKS);
        let task = format!("{}_{number}", FAMILIES[number % FAMILIES.len()]);
        let worker = self.clients[self.dice.below(WORKERS)].name.clone();
        match self.dice.below(14) {
            0 => drop(self.execute(ForgiveFailures { task })),
            1 => drop(self.execute(MarkAsDone { task })),
            2 => drop(self.execute(ReEnableTask { task })),
            3 => drop(self.execute(Pause { paused: true })),
            4 | 5 => drop(self.execute(Pause { paused: false })),
            6 => {
                let units = Number(self.dice.below(4) as f64);
                drop(self.execute(UpdateResources { totals: BTreeMap::from([("db".into(), units)]) }));
            }
            7 => drop(self.execute(DecreaseRunningResources { task, by: Amounts::from([("db".into(), Number(0.5))]) })),
            8 => drop(self.execute(QueueMessage { worker, content: "{\"name\":\"x\",\"kwargs\":{}}".into() })),
            9 if self.dice.percent(20) => drop(self.execute(DisableWorker { worker })),
            9 => drop(self.execute(SetProgress { task, percentage: Value::Int(50) })),
            10 => {
                // The names of one worker's lives; those that are here stay.
                let erase = Erase { containing: format!("w{}", number % WORKERS), errors: Vec::new() };
                drop(self.execute(erase));
            }
            11 => self.retry_a_run()?,
            12 => {
                // What a worker announces, and the report that follows; or another one's.
                let family = FAMILIES[number % FAMILIES.len()].to_owned();
                let error = "\"KeyError\"".to_owned();
                let announce = AnnouncePlanningFailure { worker: worker.clone(), family: family.clone(), error };
                drop(self.execute(announce));
                let (status, runnable) = (Status::Unknown, Some(false));
                let report = Report { task, family, status, runnable, ..Report::default() };
                drop(self.execute(AddTask { worker, report, ..AddTask::default() }));
            }
            _ => drop(self.execute(CountPending { worker })),
        }
        Ok(())
    }

    /// To the end, step by step: after it nothing of the run has failed.
    fn retry_a_run(&mut self) -> Verdict {
        let client = self.client();
        let name = self.clients[client].name.clone();
        let run = self.writer().read(|model| {
            let worker = model.scheduler.worker_no(model.names.find(&name)?)?;
            model.runs.of_worker(worker)
        });
        let Some(run) = run else { return Ok(()) };
        let mut from = Some(0);
        while let Some(place) = from {
            let Ok(Some(retried)) = self.execute(RetryRun { run, from: place }) else { return Ok(()) };
            from = retried.next;
        }
        let failed = self.writer().read(|model| {
            let failed = model.scheduler.slots_with(Status::Failed);
            failed.into_iter().find(|slot| model.scheduler.at_slot(*slot).run() == Some(run))
        });
        match failed {
            Some(slot) => Err(format!("a-retried-run-has-nothing-failed: task {slot} of run {run} has")),
            None => Ok(()),
        }
    }

    // -- the machine --------------------------------------------------------------------------------------------------

    /// A commit fails: what it would have kept is undone, or was kept, and nothing is accepted until the disk is well.
    fn fail_a_commit(&mut self) -> Verdict {
        let fault = if self.dice.percent(70) { Fault::Refused } else { Fault::KeptButReported };
        let (before, size) = (self.writer().read(judge::describe)?, self.disk.size());
        self.disk.set_fault(fault);
        let client = self.dice.below(WORKERS);
        let number = self.dice.below(TASKS);
        let report = self.declaration(client, number);
        let failed = self.execute(report).is_err();
        let after = self.writer().read(judge::describe)?;
        if fault == Fault::Refused && (after != before || self.disk.size() != size) {
            return Err("a-refused-commit-changes-nothing".into());
        }
        if failed && fault == Fault::Refused {
            self.writer().mend();
            let accepts = !self.writer().is_broken();
            if accepts || self.execute(Pause { paused: true }).is_ok() {
                return Err("nothing-is-accepted-while-the-disk-fails".into());
            }
        }
        self.disk.set_fault(Fault::None);
        if failed {
            self.writer().mend();
            if self.writer().is_broken() {
                return Err("the-writer-goes-on-when-the-disk-does".into());
            }
            judge::replay(self.writer.as_ref().ok_or("away")?, &self.disk, &self.config)?;
        }
        Ok(())
    }

    /// Commands that arrive together share a transaction, and are answered as if they had come one by one.
    fn several_at_once(&mut self) -> Verdict {
        let client = self.client();
        let mut replies: Vec<Waiting<()>> = Vec::new();
        for _ in 0..2 + self.dice.below(5) {
            let number = self.dice.below(TASKS);
            let (declaration, context) = (self.declaration(client, number), self.context());
            if self.verbose {
                println!("{} together {declaration:?}", self.now_us);
            }
            replies.push(self.writer().submit(context, declaration));
        }
        self.writer().run();
        replies.into_iter().try_for_each(Waiting::take).map_err(|error| format!("a-healthy-disk-accepts: {error}"))
    }

    /// The process dies, or the power goes: what was acknowledged (after a power cut: flushed) is there again.
    fn restart(&mut self) -> Verdict {
        let before = self.writer().read(judge::describe)?;
        self.writer = None;
        let cut = self.dice.percent(30);
        if cut {
            let unflushed = self.disk.unflushed();
            let kept = self.dice.below(unflushed + 1);
            self.disk.cut_power(kept);
        }
        if self.verbose {
            println!("{} restart, power cut: {cut}", self.now_us);
        }
        let opened = Writer::open(&self.disk, &self.config, Timestamp(self.now_us));
        self.writer = Some(opened.map_err(|error| format!("a-restart-recovers: {error}"))?);
        let after = self.writer().read(judge::describe)?;
        if !cut && before != after {
            return Err("what-was-acknowledged-is-there-after-a-restart".into());
        }
        self.disk.flush();
        Ok(())
    }
}

fn held(model: &Model) -> BTreeSet<String> {
    let tasks = (0..model.scheduler.slots_end()).map(|slot| model.scheduler.at_slot(slot));
    tasks.filter(|task| task.status() == Status::Running).map(|task| task.id().to_owned()).collect()
}

fn config(dice: &mut Dice) -> Config {
    let default = Config::default();
    Config {
        retry_delay_s: [5.0, 0.0, -1.0, 900.0][dice.below(4)],
        remove_delay_s: [15.0, 600.0][dice.below(2)],
        worker_disconnect_delay_s: [10.0, 30.0][dice.below(2)],
        retry_policy: RetryPolicy {
            retry_count: Number([2.0, 3.0, 999_999_999.0][dice.below(3)]),
            hard_timeout_s: Number([999_999_999.0, 20.0][dice.below(2)]),
            window_s: Number([3600.0, 10.0][dice.below(2)]),
        },
        disable_persist_s: 30.0,
        prune_on_get_work: dice.percent(30),
        stable_done_cooldown_s: [0.0, 10.0][dice.below(2)],
        resources: if dice.percent(50) { Vec::new() } else { vec![("db".into(), 2.0)] },
        ..default
    }
}
