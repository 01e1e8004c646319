//! A run from its beginning to its end, with what can go wrong on the way.

mod places;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bussola_identity::Secret;
use bussola_worker::process::End;
use bussola_worker::run::RunError;
use places::server::{Question, TestServer, check_silent, file, providers, run, signer, told, variable};

#[tokio::test]
async fn a_command_gets_its_run_and_its_secrets_and_nothing_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let (single, several) = (directory.path().join("single"), directory.path().join("several"));
    std::fs::write(&single, "hunter2-single\n").expect("a file");
    std::fs::write(&several, "first line of it\nsecond line of it\n").expect("a file");
    let secrets = vec![
        variable(&format!("file:{}", single.display()), "SINGLE"),
        file(&format!("file:{}", several.display()), "SEVERAL"),
    ];
    let server = TestServer::new(&signer, secrets);
    let script = "echo $BUSSOLA_RUN $LUIGI_SCHEDULER_URL $SINGLE; tail -1 $SEVERAL; ls -l $SEVERAL | cut -c1-10; \
                  wc -l < $SEVERAL; ls -A $(dirname $SEVERAL) | sort | tr '\\n' ' '; exit 5";
    let (end, output, troubles) = run(&server, &providers(), &parent, script).await;
    assert_eq!((end.expect("it runs"), troubles), (End::Exited(5), Vec::<String>::new()));
    let (one, two) = (single.display(), several.display());
    let expected = format!(
        "77 http://localhost:1 [redacted file:{one}]\n[redacted file:{two}]\n-rw-------\n2\n.lock BUSSOLA_TOKEN_FILE SEVERAL "
    );
    assert_eq!(output, expected);
    assert_eq!(*server.ends.lock().expect("no panic"), [Some(End::Exited(5))]);
    assert_eq!(server.reads.lock().expect("no panic").len(), 2);
    let left: Vec<_> =
        std::fs::read_dir(&parent).expect("a directory").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[tokio::test]
async fn nothing_starts_unless_all_is_allowed_read_and_recorded() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let (good, short) = (directory.path().join("good"), directory.path().join("short"));
    std::fs::write(&good, "hunter2").expect("a file");
    std::fs::write(&short, "abc\n").expect("a file");
    let (good, short) = (format!("file:{}", good.display()), format!("file:{}", short.display()));
    let no = |question: &str| format!("{question} is refused by a rule of the test");
    for (secrets, refused, expected) in [
        (vec![], Some(Question::Token), format!("cannot get a token for the run: {}", no("Token"))),
        (
            vec![variable(&good, "A")],
            Some(Question::Read),
            format!("cannot read `{good}`: the server gives no permission: {}", no("Read")),
        ),
        (
            vec![variable(&good, "A")],
            Some(Question::Report),
            format!("cannot record which secrets were read: {}", no("Report")),
        ),
        (
            vec![variable(&short, "A")],
            None,
            format!("cannot redact `{short}`: its value is shorter than 4 bytes without surrounding space"),
        ),
        (vec![variable("env:NOT_SET_HERE", "A")], None, "cannot read `env:NOT_SET_HERE`: it is not set".to_string()),
        (
            vec![variable(&good, "PATH")],
            None,
            format!("cannot hand `{good}` over in `PATH`: that is no name for a secret's variable"),
        ),
        (
            vec![variable(&good, "A"), file(&short, "A")],
            None,
            format!("cannot hand `{short}` over in `A`: another secret has it"),
        ),
        (vec![variable("ssm:/a", "A")], None, "cannot read `ssm:/a`: aws is not configured".to_string()),
    ] {
        let server = TestServer::new(&signer, secrets);
        refused.into_iter().for_each(|question| server.refuse(question));
        let (end, output, _) = run(&server, &providers(), &parent, "echo started").await;
        let error = end.expect_err("it does not start");
        assert_eq!((told(&error), error.exit_code()), (expected, 125));
        assert!(!error.hint().is_empty());
        check_silent(&told(&error), &[&Secret::new("hunter2")]);
        assert_eq!((output.as_str(), server.ends.lock().expect("no panic").as_slice()), ("", &[None][..]));
    }
}

#[tokio::test]
async fn the_token_is_renewed_while_the_server_allows_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    // The token changes under the eyes of the command, which then waits for its end.
    let script = "first=$(cat $BUSSOLA_TOKEN_FILE); while [ \"$first\" = \"$(cat $BUSSOLA_TOKEN_FILE)\" ]; do sleep 0.05; done; \
                  echo $first; cat $BUSSOLA_TOKEN_FILE; echo; sleep 1000";
    let server = TestServer { lifetime_s: 2, ..TestServer::new(&signer, Vec::new()) };
    let refusal = async {
        while server.tokens.load(Ordering::Relaxed) < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.refuse(Question::Token);
    };
    let providers = providers();
    let ((end, output, troubles), ()) = tokio::join!(run(&server, &providers, &parent, script), refusal);
    assert_eq!(end.expect("it runs"), End::Signalled(15));
    assert_eq!(output, "[redacted run token]\n[redacted run token]\n");
    let expected =
        "the server gives the run no token any more: its command is stopped: Token is refused by a rule of the test";
    assert_eq!(troubles, [expected]);
    assert_eq!(*server.ends.lock().expect("no panic"), [Some(End::Signalled(15))]);
}

#[tokio::test]
async fn a_server_that_is_away_does_not_stop_the_command() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let server = TestServer { lifetime_s: 1, ..TestServer::new(&signer, Vec::new()) };
    let absence = async {
        while server.tokens.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.unavailable.lock().expect("no panic").insert(Question::Token);
    };
    let providers = providers();
    let ((end, _, troubles), ()) = tokio::join!(run(&server, &providers, &parent, "sleep 3"), absence);
    assert_eq!(end.expect("it runs"), End::Exited(0));
    assert!(!troubles.is_empty() && troubles.len() <= 3, "{troubles:?}");
    assert!(troubles[0].starts_with("the run token could not be renewed; it is tried again"), "{troubles:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_as_shells_do() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let server = TestServer::new(&signer, Vec::new());
    let (end, output, _) = run(&server, &providers(), &directory.path().join("private"), "exec no-such-program").await;
    assert_eq!(end.expect("the shell runs"), End::Exited(127));
    assert!(output.contains("no-such-program"), "{output}");

    let command = bussola_worker::process::Command::new("no-such-program", "/");
    let request = bussola_worker::server::StartRequest { component: None, command: Vec::new() };
    let runner =
        bussola_worker::run::Runner { providers: &providers(), private_parent: directory.path().join("private") };
    let output = |_: &_| bussola_worker::process::Output::kept(Box::new(|_| {}));
    let error = runner.run(&server, &request, command, output, &|_| {}).await.expect_err("it does not start");
    assert!(matches!(error, RunError::Start(_)));
    assert_eq!(error.exit_code(), 127);
    assert_eq!(server.ends.lock().expect("no panic").last(), Some(&None));
}
