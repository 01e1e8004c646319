//! A store in a directory of its own, and the commands that the tests give it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

use bussola_domain::access::{Act, Action, Acts, Caller, Resource};
use bussola_domain::command::{AddTask, GetWork};
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model};
use bussola_domain::scheduler::{Report, Status};
use bussola_store::{Context, Location, Options, Store, StoreError};
use tempfile::TempDir;

pub fn at(seconds: f64) -> Timestamp {
    Timestamp::from_seconds(1e9 + seconds)
}

pub fn context(seconds: f64) -> Context {
    Context { now: at(seconds), caller: Caller::LOCAL }
}

pub struct Place {
    root: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { root: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn options(&self) -> Options {
        Options::new(Location::Directory(self.path()))
    }

    pub fn open(&self) -> Store {
        Store::open(self.options(), at(0.0)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The directory as it is on the disk at this moment, as after `kill -9`.
    pub fn copy(&self) -> Place {
        let copy = Place::new();
        copy_all(&self.path(), &copy.path());
        copy
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // The shared memory of a process that is gone is made anew.
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

pub fn run<C: Command>(store: &Store, seconds: f64, command: C) -> C::Reply {
    store.execute_blocking(context(seconds), command).unwrap_or_else(|error| panic!("{error}"))
}

pub fn add(task: &str, status: Status) -> AddTask {
    let report = Report { task: task.into(), family: "F".into(), status, ..Report::default() };
    AddTask { worker: "w".into(), report, ..AddTask::default() }
}

pub fn fail(task: &str, error: &str) -> AddTask {
    AddTask { error: Some(error.into()), ..add(task, Status::Failed) }
}

pub fn work(store: &Store, seconds: f64) -> Option<String> {
    let work = run(store, seconds, GetWork { worker: "w".into(), ..GetWork::default() });
    work.assignment.map(|assignment| assignment.tasks[0].clone())
}

/// Declares and finishes tasks, one after another.
pub fn fill(store: &Store, tasks: std::ops::Range<usize>) {
    for number in tasks {
        let (task, seconds) = (format!("T{number}"), number as f64);
        run(store, seconds, add(&task, Status::Pending));
        assert_eq!(work(store, seconds + 0.1).as_deref(), Some(&*task));
        run(
            store,
            seconds + 0.2,
            if number % 5 == 0 { fail(&task, &format!("E{number}")) } else { add(&task, Status::Done) },
        );
    }
}

pub fn describe(store: &Store) -> String {
    store.read(|model: &Model| {
        let rest = serde_json::to_string(&(&model.runs, &model.catalog, &model.access)).unwrap();
        format!("{}{rest}", model.scheduler.describe())
    })
}

/// A command that goes wrong after it has changed something.
pub struct Panics;

impl Command for Panics {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut bussola_domain::model::Step<'_>) {
        add("half", Status::Pending).execute(step);
        panic!("half way");
    }
}

pub fn error<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    result.err().unwrap_or_else(|| panic!("it should have failed")).to_string()
}
