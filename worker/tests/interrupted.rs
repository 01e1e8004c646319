//! A signal before the command is started. By itself, since the whole process gets it.

mod places;

use bussola_worker::process::End;
use bussola_worker::run::RunError;
use places::server::{TestServer, providers, run, signer, variable};

#[tokio::test]
async fn a_signal_on_the_way_undoes_what_was_begun() {
    let directory = tempfile::tempdir().expect("a directory");
    let signer = signer(&directory);
    let parent = directory.path().join("private");
    let password = directory.path().join("password");
    std::fs::write(&password, "hunter2").expect("a file");
    let secrets = vec![variable(&format!("file:{}", password.display()), "PASSWORD")];
    let server = TestServer { signal_at_report: Some("-TERM"), ..TestServer::new(&signer, secrets) };
    let (end, output, _) = run(&server, &providers(), &parent, "echo started").await;
    let error = end.expect_err("it does not start");
    assert!(matches!(error, RunError::Interrupted(15)), "{error}");
    assert_eq!((error.exit_code(), output.as_str()), (143, ""));
    assert_eq!(*server.ends.lock().expect("no panic"), [None::<End>]);
    let left: Vec<_> =
        std::fs::read_dir(&parent).expect("a directory").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["lock"]);
}
