//! Commands as processes, with real ones. Where a runner has to die, this test binary starts itself again as that runner.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bussola_identity::Secret;
use bussola_worker::process::{
    Chunk, Command, End, Environment, GuardCommand, Output, StartError, Stream, guard_main, start,
};
use bussola_worker::redact::Redaction;

const GRACE: Duration = Duration::from_millis(300);

/// Longer than any test may take: what still sleeps was not ended.
const FOR_EVER: &str = "1000";

type Kept = Arc<Mutex<Vec<(Stream, u64, String)>>>;

fn keep() -> (Output, Kept) {
    let kept = Kept::default();
    let into = Arc::clone(&kept);
    let keep = move |chunk: Chunk<'_>| {
        let text = String::from_utf8_lossy(chunk.bytes).into_owned();
        into.lock().expect("no panic").push((chunk.stream, chunk.offset, text));
    };
    (Output::kept(Box::new(keep)), kept)
}

fn text_of(kept: &Kept, stream: Stream) -> String {
    let kept = kept.lock().expect("no panic");
    let mut text = String::new();
    for (_, offset, chunk) in kept.iter().filter(|(of, _, _)| *of == stream) {
        assert_eq!(*offset, text.len() as u64, "chunks follow each other");
        text.push_str(chunk);
    }
    text
}

/// The tests may use a shell; the crate does not.
fn shell(script: &str) -> Command {
    let arguments = vec!["-c".into(), script.into()];
    Command { arguments, grace: GRACE, ..Command::new("sh", std::env::temp_dir()) }
}

async fn run(command: &Command, redaction: &Redaction) -> (End, Kept) {
    let (output, kept) = keep();
    let running = start(command, redaction, output).await.expect("it starts");
    (running.wait().await.expect("it is waited for"), kept)
}

/// Processes whose command line has a mark, other than this one.
fn alive(mark: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if id != std::process::id() && String::from_utf8_lossy(&line).contains(mark) {
            found.push(id);
        }
    }
    found
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < until, "{what}: not within 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn mark(name: &str) -> String {
    format!("mark-{name}-{}", std::process::id())
}

#[tokio::test]
async fn ends_are_those_of_a_shell() {
    for (script, end, code) in [
        ("true", End::Exited(0), 0),
        ("exit 3", End::Exited(3), 3),
        ("kill -9 $$", End::Signalled(9), 137),
        ("kill -15 $$", End::Signalled(15), 143),
    ] {
        let (ended, _) = run(&shell(script), &Redaction::new()).await;
        assert_eq!((ended, ended.exit_code()), (end, code), "{script}");
    }
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let not_executable = directory.path().join("notes.txt");
    std::fs::write(&not_executable, "hello").expect("a file");
    let missing = directory.path().join("missing");
    for (program, place, message, code) in [
        (OsString::from("no-such-program"), directory.path(), "cannot start `no-such-program`".to_string(), 127),
        (not_executable.clone().into(), directory.path(), format!("cannot start `{}`", not_executable.display()), 126),
        ("true".into(), &missing, format!("cannot start `true` in `{}`: that is no directory", missing.display()), 126),
    ] {
        let (output, _) = keep();
        let error =
            start(&Command::new(program, place), &Redaction::new(), output).await.expect_err("it does not start");
        assert_eq!((error.to_string(), error.exit_code()), (message, code));
    }
    let guard = GuardCommand { program: missing.clone(), arguments: Vec::new() };
    let (output, _) = keep();
    let command = Command { guard: Some(guard), ..shell("true") };
    let error = start(&command, &Redaction::new(), output).await.expect_err("it does not start");
    assert!(matches!(error, StartError::Guard { .. }), "{error}");
}

#[tokio::test]
async fn arguments_are_no_script_and_the_environment_is_what_was_given() {
    let mut command = Command::new("printf", "/");
    command.arguments = ["%s|", "$HOME", "`id`; exit 1", "a b"].map(OsString::from).to_vec();
    let (end, kept) = run(&command, &Redaction::new()).await;
    assert_eq!((end, text_of(&kept, Stream::Out).as_str()), (End::Exited(0), "$HOME|`id`; exit 1|a b|"));

    let path = std::env::var_os("PATH").expect("a path");
    let environment = Environment::empty().set("PATH", path).set("A", "plain").set("B", "replaced");
    let environment = environment.set_secret("B", Secret::new("hunter2-B"));
    assert!(!format!("{environment:?}").contains("hunter2"));
    let command = Command { environment, ..Command::new("env", "/") };
    let redaction = Redaction::new();
    redaction.declare("env:B", &Secret::new("hunter2-B")).expect("a secret that can be hidden");
    let (_, kept) = run(&command, &redaction).await;
    let mut lines: Vec<String> = text_of(&kept, Stream::Out).lines().map(str::to_string).collect();
    lines.retain(|line| !line.starts_with("PATH="));
    lines.sort();
    assert_eq!(lines, ["A=plain", "B=[redacted env:B]"]);
}

#[tokio::test]
async fn output_comes_as_it_is_printed_and_redacted() {
    let redaction = Redaction::new();
    redaction.declare("env:P", &Secret::new("hunter2")).expect("a secret that can be hidden");
    let (output, kept) = keep();
    let script = "echo first; echo problem >&2; read x < gate; printf hun; sleep 0.05; echo ter2";
    let directory = tempfile::tempdir().expect("a directory");
    let gate = directory.path().join("gate");
    assert!(std::process::Command::new("mkfifo").arg(&gate).status().expect("mkfifo").success());
    let command = Command { directory: directory.path().into(), ..shell(script) };
    let running = start(&command, &redaction, output).await.expect("it starts");
    let wait = tokio::spawn(running.wait());
    // The first lines are here while the command waits.
    let until = Instant::now() + Duration::from_secs(20);
    while text_of(&kept, Stream::Out) != "first\n" || text_of(&kept, Stream::Err) != "problem\n" {
        assert!(Instant::now() < until, "output is late: {kept:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::write(&gate, "\n").expect("a gate");
    assert_eq!(wait.await.expect("no panic").expect("it is waited for"), End::Exited(0));
    assert_eq!(text_of(&kept, Stream::Out), "first\n[redacted env:P]\n");
}

#[tokio::test]
async fn a_reader_that_is_gone_does_not_hold_the_command_up() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let (output, kept) = keep();
    let output = Output { out: Some(Box::new(writer)), ..output };
    let command = shell("head -c 3000000 /dev/zero | tr '\\0' x");
    let running = start(&command, &Redaction::new(), output).await.expect("it starts");
    assert_eq!(running.wait().await.expect("it is waited for"), End::Exited(0));
    // All of it was read; of a line without an end, what is kept has a limit.
    assert_eq!(text_of(&kept, Stream::Out).len(), bussola_worker::limits::LINE_BYTES_KEPT_MAX);
}

/// A terminal that nobody reads from, and that is not closed either.
#[tokio::test]
async fn a_command_is_stopped_though_the_terminal_is_stuck() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let (output, _) = keep();
    let output = Output { out: Some(Box::new(writer)), ..output };
    let running = start(&shell("yes"), &Redaction::new(), output).await.expect("it starts");
    let stopper = running.stopper();
    let wait = tokio::spawn(running.wait());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stopper.stop();
    tokio::time::sleep(GRACE).await;
    stopper.stop();
    assert_eq!(wait.await.expect("no panic").expect("it is waited for"), End::Signalled(15));
    drop(reader);
}

#[tokio::test]
async fn the_whole_group_is_ended_also_what_ignores_sigterm() {
    let mark = mark("deaf");
    let deaf = format!("sh -c 'trap \"\" TERM; sh -c \"while :; do sleep 0.05; done # {mark}\" & wait' & ");
    let script = format!("{deaf} sleep {FOR_EVER} & echo ready; wait # {mark}");
    let (output, kept) = keep();
    let running = start(&shell(&script), &Redaction::new(), output).await.expect("it starts");
    let stopper = running.stopper();
    let wait = tokio::spawn(running.wait());
    while text_of(&kept, Stream::Out) != "ready\n" || alive(&mark).len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    stopper.stop();
    assert_eq!(wait.await.expect("no panic").expect("it is waited for"), End::Signalled(15));
    assert!(began.elapsed() >= GRACE, "those that ignore it have their time");
    assert_eq!(alive(&mark), Vec::<u32>::new());
}

#[tokio::test]
async fn what_a_command_leaves_behind_ends_with_it() {
    let mark = mark("left");
    let script = format!("sh -c 'sleep {FOR_EVER}; : {mark}' & echo done");
    let began = Instant::now();
    let (end, kept) = run(&shell(&script), &Redaction::new()).await;
    assert_eq!((end, text_of(&kept, Stream::Out).as_str()), (End::Exited(0), "done\n"));
    assert_eq!(alive(&mark), Vec::<u32>::new());
    assert!(began.elapsed() < Duration::from_secs(20));
    // No zombie of ours either.
    let own = std::process::id().to_string();
    let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
    for child in children.split_whitespace() {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        assert!(!stat.contains("(sh) Z"), "{stat}");
    }
}

#[tokio::test]
async fn a_process_that_left_the_group_does_not_hold_the_end_up() {
    let mark = mark("escaped");
    let script = format!("setsid sh -c 'sleep {FOR_EVER}; : {mark}' & sleep 0.1; echo done");
    let (end, kept) = run(&shell(&script), &Redaction::new()).await;
    assert_eq!((end, text_of(&kept, Stream::Out).as_str()), (End::Exited(0), "done\n"));
    for id in alive(&mark) {
        // Its group is its own; what is said to be impossible is cleaned up here.
        let _ = std::process::Command::new("kill").args(["-9", "--", &format!("-{id}")]).status();
    }
}

#[tokio::test]
async fn a_command_that_is_dropped_is_killed() {
    let mark = mark("dropped");
    let (output, _) = keep();
    let script = format!("sleep {FOR_EVER} & sleep {FOR_EVER}; : {mark}");
    let running = start(&shell(&script), &Redaction::new(), output).await.expect("it starts");
    assert!(!alive(&mark).is_empty());
    drop(running);
    wait_until("it is gone", || alive(&mark).is_empty());
}

/// This test binary as a runner, when it is told to.
#[test]
fn runner_entry() {
    let Ok(script) = std::env::var("TEST_RUNNER_SCRIPT") else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let code = runtime.block_on(async {
        let guard = GuardCommand {
            program: std::env::current_exe().expect("this program"),
            arguments: ["guard_entry", "--exact", "--nocapture", "--"].map(OsString::from).to_vec(),
        };
        let private = std::env::var_os("TEST_RUNNER_PRIVATE").map(Into::into);
        let command = Command { guard: Some(guard), private_directory: private, ..shell(&script) };
        let output = Output::to_terminal(Box::new(|_| {}));
        let running = start(&command, &Redaction::new(), output).await.expect("it starts");
        if std::env::var_os("TEST_RUNNER_PANICS").is_some() {
            panic!("as told");
        }
        running.wait().await.expect("it is waited for").exit_code()
    });
    // The threads of the terminal may be stuck.
    std::process::exit(code.into());
}

/// This test binary as a guard: its arguments come after `--`.
#[test]
fn guard_entry() {
    let arguments: Vec<OsString> = std::env::args_os().skip_while(|argument| argument != "--").skip(1).collect();
    if arguments.is_empty() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(guard_main(&arguments, std::io::stdin()));
}

fn runner(script: &str, private: &Path) -> Child {
    std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["runner_entry", "--exact", "--nocapture"])
        .env("TEST_RUNNER_SCRIPT", script)
        .env("TEST_RUNNER_PRIVATE", private)
        .envs(script.contains("panic").then_some(("TEST_RUNNER_PANICS", "1")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn send(signal: &str, id: u32) {
    let sent = std::process::Command::new("kill").args([signal, &id.to_string()]).status().expect("kill");
    assert!(sent.success());
}

#[test]
fn a_runner_that_is_killed_or_panics_takes_its_command_with_it() {
    for how in ["kill", "panic"] {
        let mark = mark(how);
        let directory = tempfile::tempdir().expect("a directory");
        let private = directory.path().join("private");
        std::fs::create_dir(&private).expect("a directory");
        std::fs::write(private.join("password"), "hunter2").expect("a file");
        let deaf = format!("sh -c 'trap \"\" TERM; while :; do sleep 0.05; done; : {mark}'");
        let mut runner = runner(&format!("{deaf} & sleep {FOR_EVER}; : {how} {mark}"), &private);
        if how == "kill" {
            wait_until("it runs", || alive(&mark).len() >= 2);
            // Until the guard knows the group there is a moment when nobody would end it.
            std::thread::sleep(Duration::from_millis(200));
            send("-9", runner.id());
        }
        assert!(!runner.wait().expect("its end").success());
        wait_until("all are gone", || alive(&mark).is_empty());
        wait_until("secrets are gone", || !private.exists());
    }
}

#[test]
fn signals_reach_the_command_and_its_end_is_ours() {
    let directory = tempfile::tempdir().expect("a directory");
    for (signal, trap, expected) in [
        // It has its own way to end.
        ("-INT", "trap 'exit 7' INT;", 7),
        ("-TERM", "trap 'exit 8' TERM;", 8),
        ("-TERM", "", 143),
        // It does not care: after the grace period nobody asks it.
        ("-TERM", "trap '' TERM;", 137),
        ("-HUP", "trap '' HUP TERM;", 137),
    ] {
        let mark = mark("signal");
        let ready = directory.path().join("ready");
        let script = format!("{trap} : > {}; while :; do sleep 0.05; done; : {mark}", ready.display());
        let private = directory.path().join("private");
        let mut runner = runner(&script, &private);
        wait_until("it runs", || ready.exists());
        send(signal, runner.id());
        let status = runner.wait().expect("its end");
        assert_eq!(status.code(), Some(expected), "{signal} {trap}");
        assert_eq!(alive(&mark), Vec::<u32>::new());
        std::fs::remove_file(&ready).expect("a file");
    }
    let mut out = std::io::stderr();
    let _ = out.flush();
}
