//! A server as a runner sees it, with our own issuer and a rule for each question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bussola_identity::Secret;
use bussola_identity::key::Algorithm;
use bussola_identity::signer::{Signer, TokenRequest};
use bussola_worker::process::End;
use bussola_worker::secrets::{Declared, Handover, Reference, SecretRead};
use bussola_worker::server::{Answer, RunToken, Server, ServerError, StartRequest, Started};
use serde_json::json;

pub const ISSUER: &str = "https://bussola.example.com";

/// Places where secrets are kept live in real time.
pub fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(elapsed.as_secs()).expect("a time before the end of time")
}

/// Of yesterday, so that it can have signed tokens that are old by now.
pub fn signer(directory: &tempfile::TempDir) -> Signer {
    Signer::open(directory.path(), ISSUER, 30 * 86_400, now() - 86_400).expect("a signer")
}

pub fn variable(reference: &str, name: &str) -> Declared {
    Declared { reference: reference.parse().expect(reference), handover: Handover::Variable(name.to_string()) }
}

pub fn file(reference: &str, name: &str) -> Declared {
    Declared { reference: reference.parse().expect(reference), handover: Handover::File(name.to_string()) }
}

/// What a rule says no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Token,
    Read,
    Report,
}

pub struct TestServer<'a> {
    pub signer: &'a Signer,
    pub component: &'static str,
    /// Instead of the audience that is asked for.
    pub audience: Option<&'static str>,
    /// Seconds added to the time at which tokens are minted.
    pub clock_skew_s: i64,
    pub lifetime_s: i64,
    pub secrets: Vec<Declared>,
    pub refused: Mutex<BTreeSet<Question>>,
    pub unavailable: Mutex<BTreeSet<Question>>,
    /// A signal that we get while the reads are recorded.
    pub signal_at_report: Option<&'static str>,
    pub tokens: AtomicUsize,
    pub reads: Mutex<Vec<SecretRead>>,
    pub ends: Mutex<Vec<Option<End>>>,
}

impl TestServer<'_> {
    pub fn new(signer: &Signer, secrets: Vec<Declared>) -> TestServer<'_> {
        TestServer {
            signer,
            component: "payments",
            audience: None,
            clock_skew_s: 0,
            lifetime_s: 300,
            secrets,
            refused: Mutex::default(),
            unavailable: Mutex::default(),
            signal_at_report: None,
            tokens: AtomicUsize::new(0),
            reads: Mutex::default(),
            ends: Mutex::default(),
        }
    }

    pub fn refuse(&self, question: Question) {
        self.refused.lock().expect("no panic").insert(question);
    }

    fn answer<'a, T: Send + 'a>(&self, question: Question, answer: impl FnOnce() -> T) -> Answer<'a, T> {
        let answer = if self.refused.lock().expect("no panic").contains(&question) {
            Err(ServerError::Refused(format!("{question:?} is refused by a rule of the test")))
        } else if self.unavailable.lock().expect("no panic").contains(&question) {
            Err(ServerError::Unavailable(format!("{question:?} cannot be answered now")))
        } else {
            Ok(answer())
        };
        Box::pin(async move { answer })
    }

    pub fn mint(&self, audience: &str) -> RunToken {
        let claims = json!({
            "component": format!("component:default/{}", self.component),
            // OpenBao puts no claim with a `/` into the path of a policy.
            "component_namespace": "default",
            "component_name": self.component,
        });
        let claims = claims.as_object().expect("an object").clone();
        let subject = format!("run:{}", self.component);
        let audience = self.audience.unwrap_or(audience);
        let request = TokenRequest { subject: &subject, audience, lifetime_s: self.lifetime_s, claims };
        let minted = self.signer.mint(&request, Algorithm::Es256, now() + self.clock_skew_s).expect("a token");
        RunToken { token: minted.token, lifetime_s: self.lifetime_s as u64 }
    }
}

impl Server for TestServer<'_> {
    fn start<'a>(&'a self, _: &'a StartRequest) -> Answer<'a, Started> {
        let variables = BTreeMap::from([("LUIGI_SCHEDULER_URL".to_string(), "http://localhost:1".to_string())]);
        let (run, audience) = ("77".to_string(), ISSUER.to_string());
        let started = Started { run, audience, secrets: self.secrets.clone(), variables };
        Box::pin(async move { Ok(started) })
    }

    fn token<'a>(&'a self, run: &'a str, audience: &'a str) -> Answer<'a, RunToken> {
        assert_eq!(run, "77");
        self.tokens.fetch_add(1, Ordering::Relaxed);
        self.answer(Question::Token, || self.mint(audience))
    }

    fn may_read<'a>(&'a self, _: &'a str, _: &'a Reference) -> Answer<'a, ()> {
        self.answer(Question::Read, || ())
    }

    fn report_reads<'a>(&'a self, _: &'a str, reads: &'a [SecretRead]) -> Answer<'a, ()> {
        let answer = self.answer(Question::Report, || self.reads.lock().expect("no panic").extend_from_slice(reads));
        let Some(signal) = self.signal_at_report else { return answer };
        Box::pin(async move {
            let own = std::process::id().to_string();
            assert!(std::process::Command::new("kill").args([signal, &own]).status().expect("kill").success());
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            answer.await
        })
    }

    fn end<'a>(&'a self, _: &'a str, end: Option<End>) -> Answer<'a, ()> {
        self.ends.lock().expect("no panic").push(end);
        Box::pin(async { Ok(()) })
    }
}

/// A shown error with its sources, as people see it.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

pub type Kept = std::sync::Arc<Mutex<String>>;

/// A runner's whole work with a shell script, which the tests may use.
pub async fn run(
    server: &TestServer<'_>,
    providers: &bussola_worker::secrets::Providers,
    parent: &std::path::Path,
    script: &str,
) -> (Result<End, bussola_worker::run::RunError>, String, Vec<String>) {
    use bussola_worker::process::{Command, Output};
    use bussola_worker::run::Runner;

    let command = Command {
        arguments: vec!["-c".into(), script.into()],
        grace: std::time::Duration::from_secs(2),
        ..Command::new("sh", std::env::temp_dir())
    };
    let kept = Kept::default();
    let into = kept.clone();
    let keep = Box::new(move |chunk: bussola_worker::process::Chunk<'_>| {
        into.lock().expect("no panic").push_str(&String::from_utf8_lossy(chunk.bytes));
    });
    let troubles = Mutex::new(Vec::new());
    let tell = |trouble: &bussola_worker::run::Trouble| troubles.lock().expect("no panic").push(told(trouble));
    let request = StartRequest { component: None, command: vec!["sh".to_string()] };
    let runner = Runner { providers, private_parent: parent.to_path_buf() };
    let end = runner.run(server, &request, command, |_| Output::kept(keep), &tell).await;
    let kept = kept.lock().expect("no panic").clone();
    (end, kept, troubles.into_inner().expect("no panic"))
}

pub fn providers() -> bussola_worker::secrets::Providers {
    bussola_worker::secrets::Providers {
        outbound: bussola_identity::outbound::Outbound::new(None).expect("a client"),
        vault: None,
        aws: None,
        clock: std::sync::Arc::new(now),
    }
}

/// What is never to be found in errors.
pub fn check_silent(text: &str, secrets: &[&Secret]) {
    for secret in secrets {
        assert!(!text.contains(secret.expose()), "a secret in: {text}");
    }
}
