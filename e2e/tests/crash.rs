//! Nothing acknowledged is lost: `kill -9` at a random moment of a pipeline of 2,000 tasks, driven by several workers;
//! then the ledger verifies, every acknowledged change is there, and the workers finish.
//!
//! Rounds: `BUSSOLA_CRASH_ROUNDS` (3; `make crash`: 50). The seed is printed; `BUSSOLA_CRASH_SEED` repeats a run as far as
//! threads allow.
//!
//! A worker records a change as acknowledged when it has read the reply. What was on its way when the server died may
//! or may not have happened: the check allows exactly that, and nothing else.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bussola_e2e::luigi::{Answer, Client, add_task, end_task};
use bussola_e2e::places::{Scratch, binary};
use bussola_e2e::random::Random;
use bussola_e2e::server::{Plan, Running, free_address, run, succeeded};
use serde_json::{Value, json};

const TASKS: usize = 2_000;
/// Tasks in a level; each needs two of the level below.
const LEVEL: usize = 100;
const WORKERS: usize = 4;
/// Every so many tasks, one fails at its first attempt.
const FAILS_EVERY: usize = 37;
/// Every so many runs, a worker changes the amount of a resource: a change that is not about tasks.
const RESOURCE_EVERY: usize = 50;
/// Replies of a round: each worker schedules all; each task is handed out and ended; failures take two calls more.
const REPLIES: usize = WORKERS * TASKS + 2 * TASKS + 3 * (TASKS / FAILS_EVERY);
/// LIMIT: connections that may break in a round although the server lives. A worker that waited for the others while the
/// server was killed and started again learns only later that its connection is gone.
const BROKEN_MAX: usize = 20;
/// LIMIT: a round that takes longer hangs.
const ROUND_MAX: Duration = Duration::from_secs(120);

/// What is known of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Pending,
    Running(usize),
    /// Failed once, on the worker that will ask for it to be tried again.
    Failed(usize),
    Done,
}

/// A call that has been sent and not answered.
#[derive(Clone, Debug)]
enum Sent {
    Add,
    GetWork,
    End(usize, &'static str),
    Again(usize),
    Resource(u64),
}

struct Model {
    tasks: BTreeMap<usize, Known>,
    sent: [Option<Sent>; WORKERS],
    resources: [Option<u64>; WORKERS],
    replies: usize,
    parked: usize,
    finished: usize,
    /// Grows by one each time the server is there again: parked workers go on.
    opened: usize,
    /// The server has been or is about to be killed.
    down: bool,
    /// Connections that broke although the server lived: a client of Luigi's would try again, and so do we.
    broken: Vec<String>,
    problem: Option<String>,
}

/// What a lock holds, also after a panic elsewhere: the panic that came first is the one to be read.
fn held<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

struct Round {
    number: usize,
    address: SocketAddr,
    model: Mutex<Model>,
    changed: Condvar,
}

impl Round {
    fn new(number: usize, address: SocketAddr) -> Self {
        let model = Model {
            tasks: BTreeMap::new(),
            sent: [const { None }; WORKERS],
            resources: [None; WORKERS],
            replies: 0,
            parked: 0,
            finished: 0,
            opened: 0,
            down: false,
            broken: Vec::new(),
            problem: None,
        };
        Self { number, address, model: Mutex::new(model), changed: Condvar::new() }
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        held(self.model.lock())
    }

    fn family(&self) -> String {
        format!("Crash{}", self.number)
    }

    fn task_id(&self, n: usize) -> String {
        format!("Crash{}_{n:04}_0123456789", self.number)
    }

    fn number_of(&self, task_id: &str) -> Option<usize> {
        task_id.strip_prefix(&format!("Crash{}_", self.number))?.get(..4)?.parse().ok()
    }

    fn worker(&self, w: usize) -> String {
        format!("Worker(salt={}{w}, workers=1, host=crash, username=e2e, pid={w})", self.number)
    }

    fn resource(&self, w: usize) -> String {
        format!("r{}w{w}", self.number)
    }

    /// Where everybody is, and what the server says of the tasks that are not done: what one wants to know of a hang.
    fn told(&self, model: &Model) -> String {
        let mut said = format!(
            "{} replies, {} parked, {} finished, on the way {:?}, {} tasks known\n",
            model.replies,
            model.parked,
            model.finished,
            model.sent,
            model.tasks.len()
        );
        let listed = Client::open(self.address)
            .and_then(|mut client| client.ask("task_list", &json!({"limit": false, "search": self.family()})));
        for (n, known) in model.tasks.iter().filter(|(_, known)| **known != Known::Done).take(20) {
            let task = listed.as_ref().map_or(Value::Null, |all| all[self.task_id(*n)].clone());
            said.push_str(&format!("task {n}: known as {known:?}, the server says {task}\n"));
        }
        said
    }

    /// Waits until the model is as wanted.
    fn wait(&self, what: &str, wanted: impl Fn(&Model) -> bool) -> MutexGuard<'_, Model> {
        let begin = Instant::now();
        let mut model = self.model();
        while !wanted(&model) && model.problem.is_none() {
            assert!(
                begin.elapsed() < ROUND_MAX,
                "round {} hangs: waited for {what}\n{}",
                self.number,
                self.told(&model)
            );
            model = held(self.changed.wait_timeout(model, Duration::from_millis(200))).0;
        }
        if let Some(problem) = &model.problem {
            panic!("round {}: {problem}", self.number);
        }
        model
    }
}

/// One worker: schedules the whole graph, waits for the others, then runs what it is given.
struct Worker {
    round: Arc<Round>,
    me: usize,
    client: Option<Client>,
}

impl Worker {
    /// Calls until it is answered. A connection that breaks parks the worker until the server is there again.
    fn call(
        &mut self,
        method: &str,
        arguments: &Value,
        sent: Sent,
        acknowledge: impl FnOnce(&mut Model, usize, Value),
    ) {
        let mut acknowledge = Some(acknowledge);
        loop {
            self.round.model().sent[self.me] = Some(sent.clone());
            let answer = match &mut self.client {
                Some(client) => client.call(method, arguments),
                None => match Client::open(self.round.address) {
                    Ok(client) => self.client.insert(client).call(method, arguments),
                    Err(error) => Err(error),
                },
            };
            let mut model = self.round.model();
            match answer {
                Ok(Answer::Value(value)) => {
                    model.sent[self.me] = None;
                    model.replies += 1;
                    if let Some(acknowledge) = acknowledge.take() {
                        acknowledge(&mut model, self.me, value);
                    }
                    self.round.changed.notify_all();
                    return;
                }
                Ok(Answer::Refused(status, text)) => {
                    model.problem = Some(format!("{method} {arguments}: HTTP {status}: {text}"));
                    self.round.changed.notify_all();
                    drop(model);
                    panic!("refused");
                }
                Err(error) => {
                    self.client = None;
                    if !model.down {
                        model.broken.push(format!("{method} of worker {}: {error}", self.me));
                        if model.broken.len() > BROKEN_MAX {
                            model.problem =
                                Some(format!("connections break while the server lives: {:?}", model.broken));
                        }
                        drop(model);
                        std::thread::sleep(Duration::from_millis(10));
                        continue;
                    }
                    let opened = model.opened;
                    model.parked += 1;
                    self.round.changed.notify_all();
                    while model.opened == opened {
                        assert!(model.problem.is_none(), "another worker met a problem");
                        model = held(self.round.changed.wait_timeout(model, Duration::from_millis(200))).0;
                    }
                    model.parked -= 1;
                }
            }
        }
    }

    fn schedule(&mut self) {
        let round = self.round.clone();
        let (worker, family) = (round.worker(self.me), round.family());
        // From the top down, as Luigi walks: a task names what it needs before that is described.
        for n in (0..TASKS).rev() {
            let below = (n / LEVEL).checked_sub(1).map(|level| level * LEVEL);
            let deps: Vec<String> = below.map_or_else(Vec::new, |base| {
                [n % LEVEL, (n * 7 + 3) % LEVEL].iter().map(|i| round.task_id(base + i)).collect()
            });
            let call = add_task(&worker, &round.task_id(n), &family, &json!({"n": n.to_string()}), &deps, "PENDING");
            self.call("add_task", &call, Sent::Add, |model, _, _| {
                model.tasks.entry(n).or_insert(Known::Pending);
            });
        }
    }

    fn work(&mut self) {
        let round = self.round.clone();
        let (worker, family) = (round.worker(self.me), round.family());
        let mut runs = 0;
        let mut failed_once = std::collections::BTreeSet::new();
        loop {
            let ask = json!({"host": "crash", "assistant": false, "current_tasks": [], "worker": worker});
            let mut given = None;
            let mut left = 0;
            self.call("get_work", &ask, Sent::GetWork, |model, me, reply| {
                left = reply["n_pending_tasks"].as_u64().unwrap_or(0);
                let Some(n) = reply["task_id"].as_str().and_then(|id| round.number_of(id)) else { return };
                match model.tasks.get(&n) {
                    // Ours already: the reply to our first question was lost.
                    Some(Known::Pending) => {}
                    Some(Known::Running(w)) if *w == me => {}
                    // Its failure was tried again by its worker, whose reply is still on the way.
                    Some(Known::Failed(w)) if matches!(model.sent[*w], Some(Sent::Again(m)) if m == n) => {}
                    other => model.problem = Some(format!("task {n} handed to worker {me} is {other:?}")),
                }
                model.tasks.insert(n, Known::Running(me));
                given = Some(n);
            });
            let Some(n) = given else {
                let model = self.round.model();
                if model.tasks.values().all(|known| *known == Known::Done) {
                    return;
                }
                drop(model);
                // Nothing to hand out while others run what we wait for.
                std::thread::sleep(Duration::from_millis(if left > 0 { 1 } else { 5 }));
                continue;
            };
            runs += 1;
            let (id, params) = (round.task_id(n), json!({"n": n.to_string()}));
            if n % FAILS_EVERY == 0 && failed_once.insert(n) {
                let call = end_task(&worker, &id, &family, &params, "FAILED", &explanation(n));
                self.call("add_task", &call, Sent::End(n, "FAILED"), |model, me, _| {
                    model.tasks.insert(n, Known::Failed(me));
                });
                let call = add_task(&worker, &id, &family, &params, &[], "PENDING");
                // Without deps: what it needed is done, or it would not have been handed out.
                self.call("add_task", &call, Sent::Again(n), |model, me, _| {
                    if model.tasks.get(&n) == Some(&Known::Failed(me)) {
                        model.tasks.insert(n, Known::Pending);
                    }
                });
            } else {
                let call = end_task(&worker, &id, &family, &params, "DONE", "");
                self.call("add_task", &call, Sent::End(n, "DONE"), |model, _, _| {
                    model.tasks.insert(n, Known::Done);
                });
            }
            if runs % RESOURCE_EVERY == 0 {
                let amount = runs as u64;
                let call = json!({"resource": round.resource(self.me), "amount": amount});
                self.call("update_resource", &call, Sent::Resource(amount), |model, me, _| {
                    model.resources[me] = Some(amount);
                });
            }
        }
    }
}

fn explanation(n: usize) -> String {
    format!("\"Traceback: task {n} stumbled\"")
}

/// Compares what the server says with what it acknowledged. The server has been started again; all workers are parked.
fn check(round: &Round, model: &Model) {
    let mut client = Client::open(round.address).expect("the server is there");
    let listed = client
        .ask("task_list", &json!({"status": "", "upstream_status": "", "limit": false, "search": round.family()}))
        .expect("task_list is answered");
    let mut wrong = Vec::new();
    // How many tasks a worker may have been given without hearing of it: one, if it was asking.
    let mut unheard: Vec<usize> =
        model.sent.iter().map(|sent| usize::from(matches!(sent, Some(Sent::GetWork)))).collect();
    for (&n, known) in &model.tasks {
        let task = &listed[round.task_id(n)];
        let status = task["status"].as_str().unwrap_or("missing");
        let runner = (0..WORKERS).find(|&w| task["worker_running"] == json!(round.worker(w)));
        let in_flight = |wanted: &dyn Fn(&Sent) -> bool| model.sent.iter().flatten().any(wanted);
        let taken_unheard = |unheard: &mut Vec<usize>| match runner {
            Some(w) if status == "RUNNING" && unheard[w] > 0 => {
                unheard[w] -= 1;
                true
            }
            _ => false,
        };
        let right = match known {
            Known::Done => status == "DONE",
            Known::Running(w) => {
                (status == "RUNNING" && runner == Some(*w))
                    || in_flight(&|sent| matches!(sent, Sent::End(m, to) if *m == n && *to == status))
            }
            Known::Pending => status == "PENDING" || taken_unheard(&mut unheard),
            Known::Failed(_) => {
                let tried_again = in_flight(&|sent| matches!(sent, Sent::Again(m) if *m == n));
                status == "FAILED" || (tried_again && (status == "PENDING" || taken_unheard(&mut unheard)))
            }
        };
        if !right {
            wrong.push(format!("task {n}: acknowledged {known:?}, found {status} on {runner:?}"));
        } else if status == "FAILED" {
            let error =
                client.ask("fetch_error", &json!({"task_id": round.task_id(n)})).expect("fetch_error is answered");
            if error["error"] != json!(explanation(n)) {
                wrong.push(format!("task {n}: its error is {}", error["error"]));
            }
        }
    }
    let resources = client.ask("resource_list", &json!({})).expect("resource_list is answered");
    for w in 0..WORKERS {
        let found = resources.as_array().into_iter().flatten().find(|r| r["name"] == json!(round.resource(w)));
        let found = found.and_then(|r| r["num_total"].as_u64());
        let on_its_way = match model.sent[w] {
            Some(Sent::Resource(amount)) => Some(amount),
            _ => None,
        };
        if found != model.resources[w] && (found.is_none() || found != on_its_way) {
            wrong.push(format!("resource of worker {w}: acknowledged {:?}, found {found:?}", model.resources[w]));
        }
    }
    assert!(
        wrong.is_empty(),
        "round {}: {} acknowledged changes lost; on the way: {:?}\n{}",
        round.number,
        wrong.len(),
        model.sent,
        wrong[..wrong.len().min(20)].join("\n")
    );
}

fn verify(binary: &Path, data: &Path) {
    let data = data.display().to_string();
    succeeded("ledger verify", &run(binary, "http://127.0.0.1:1", &["ledger", "verify", "--data", &data]));
}

/// One pipeline with one kill in it.
fn play(number: usize, server: &mut Running, plan: &Plan, data: &Path, random: &mut Random) -> String {
    let round = Arc::new(Round::new(number, server.address));
    let begin = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|me| {
            let round = round.clone();
            std::thread::spawn(move || {
                let mut worker = Worker { round: round.clone(), me, client: None };
                worker.schedule();
                // All describe the graph before anybody runs: a late description would make a done task pending again.
                {
                    let mut model = round.model();
                    model.finished += 1;
                    round.changed.notify_all();
                    while model.finished < WORKERS {
                        assert!(model.problem.is_none(), "another worker met a problem");
                        model = held(round.changed.wait_timeout(model, Duration::from_millis(200))).0;
                    }
                }
                worker.work();
                round.model().finished += 1;
                round.changed.notify_all();
            })
        })
        .collect();

    let moment = 1 + random.below(REPLIES as u64 - 1) as usize;
    drop(round.wait("the moment of the kill", |m| m.replies >= moment || m.finished == 2 * WORKERS));
    std::thread::sleep(Duration::from_micros(random.below(3_000)));
    round.model().down = true;
    server.kill();
    // Replies that were already in a socket still count: wait until each worker has met the end of its connection. A
    // worker that waits for others to finish scheduling has nothing on its way.
    drop(round.wait("the workers to notice", |m| {
        let idle = if m.finished >= WORKERS { m.finished - WORKERS } else { m.finished };
        m.parked + idle >= WORKERS
    }));
    verify(&plan.binary, data);

    // One time in four it is killed again while it is still reading its own log.
    if random.below(4) == 0 {
        let mut again = plan.launch(server.address);
        std::thread::sleep(Duration::from_micros(random.below(30_000)));
        again.kill();
        verify(&plan.binary, data);
    }
    server.restart();
    {
        let mut model = round.model();
        check(&round, &model);
        model.down = false;
        model.opened += 1;
        round.changed.notify_all();
    }
    drop(round.wait("the pipeline's end", |m| m.finished == 2 * WORKERS));
    for worker in workers {
        worker.join().expect("a worker ends well");
    }
    let model = round.model();
    assert_eq!(model.tasks.values().filter(|known| **known == Known::Done).count(), TASKS);
    check(&round, &model);
    let broken = if model.broken.is_empty() { String::new() } else { format!(", broke meanwhile: {:?}", model.broken) };
    format!("killed after {moment} of about {REPLIES} replies, {:.1} s{broken}", begin.elapsed().as_secs_f64())
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let Some(binary) = binary() else { return };
    let rounds: usize = std::env::var("BUSSOLA_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let seed = Random::seed_from("BUSSOLA_CRASH_SEED");
    // Past the runner's capture: a run that is killed by a timeout must have said its seed.
    let _ = writeln!(std::io::stderr(), "crash: {rounds} rounds, BUSSOLA_CRASH_SEED={seed}");
    let mut random = Random::new(seed);
    let place = Scratch::new("crash");
    let data = place.join("data");
    let plan = Plan::durable(&binary, &data);
    let mut server = plan.start_at(free_address());
    for number in 0..rounds {
        let said = play(number, &mut server, &plan, &data, &mut random);
        let _ = writeln!(std::io::stderr(), "crash: round {} of {rounds}: {said}", number + 1);
    }
    succeeded("ledger verify", &server.cli(&["ledger", "verify"]));
    server.stop();
    verify(&binary, &data);
}
