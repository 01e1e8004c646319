//! Real places where secrets are kept: OpenBao, PostgreSQL behind it, and an AWS that checks signatures and policies.
//! `scripts/bootstrap --test` installs them; tests say that they are skipped where one is missing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bussola_identity::outbound::{Call, Outbound, Reach};
use bussola_identity::signer::Signer;
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::server::now;

/// Past the test runner's capture, so that nobody takes a skip for a pass.
fn skip(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}: {why}: run `scripts/bootstrap --test`");
}

/// A program of the environment that `scripts/env.sh` names.
fn program(name: &str) -> Option<PathBuf> {
    let environment = match std::env::var_os("BUSSOLA_SECRETS_VENV") {
        Some(place) => PathBuf::from(place),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join("target/secrets"),
    };
    Some(environment.join("bin").join(name)).filter(|path| path.is_file())
}

/// Two ports in a row that nobody has at the moment: OpenBao takes the next one too.
fn free_port() -> u16 {
    loop {
        let one = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = one.local_addr().expect("an address").port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn wait_for(what: &str, port: u16) {
    let until = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "{what} does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Publishes our keys over HTTP on loopback, until the process ends.
pub fn publish(signer: Arc<Signer>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/.well-known/jwks.json", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4_096]);
            let body = signer.jwks(now()).to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
            let _ = write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}");
        }
    });
    Url::parse(&url).expect("a URL")
}

/// OpenBao in memory.
pub struct Bao {
    _process: Process,
    _home: tempfile::TempDir,
    pub address: Url,
    outbound: Outbound,
}

const ROOT_TOKEN: &str = "root-of-the-test";

impl Bao {
    pub async fn start() -> Option<Bao> {
        let Some(bao) = program("bao") else {
            skip("OpenBao", "`bao` is not here");
            return None;
        };
        let (port, home) = (free_port(), tempfile::tempdir().expect("a directory"));
        let child = Command::new(bao)
            .args(["server", "-dev", &format!("-dev-root-token-id={ROOT_TOKEN}")])
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            // It writes the root token there.
            .env("HOME", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("bao starts");
        let address = Url::parse(&format!("http://127.0.0.1:{port}")).expect("a URL");
        let outbound = Outbound::new(None).expect("a client");
        let bao = Bao { _process: Process(child), _home: home, address, outbound };
        wait_for("bao", port).await;
        let until = Instant::now() + Duration::from_secs(60);
        while bao.ask("GET", "sys/mounts/cubbyhole", Value::Null).await.0 != 200 {
            assert!(Instant::now() < until, "bao is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(bao)
    }

    /// A call as its administrator.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = self.address.join(&format!("/v1/{path}")).expect("a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let call = Call::with_body(method, &url, HeaderValue::from_static("application/json"), body);
        let call = call.header(HeaderName::from_static("x-vault-token"), HeaderValue::from_static(ROOT_TOKEN));
        let answer = self.outbound.send(call, Reach::Operator).await.expect("an answer");
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status.as_u16(), body)
    }

    /// The same, which must succeed.
    pub async fn set(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask("POST", path, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Sessions that live: the administrator's own is one.
    pub async fn sessions(&self) -> usize {
        let (_, answer) = self.ask("GET", "auth/token/accessors?list=true", Value::Null).await;
        answer["data"]["keys"].as_array().expect("accessors").len()
    }
}

/// PostgreSQL with an empty data directory.
pub struct Postgres {
    process: Process,
    programs: PathBuf,
    _data: tempfile::TempDir,
    pub port: u16,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its fast shutdown; killed, it would leave its other processes behind for a while.
        let id = self.process.0.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.process.0.wait();
    }
}

impl Postgres {
    pub async fn start() -> Option<Postgres> {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|version| version.path().join("bin"))
            .filter(|programs| programs.join("initdb").is_file() && programs.join("postgres").is_file())
            .collect();
        versions.sort();
        let Some(programs) = versions.pop() else {
            skip("PostgreSQL", "`/usr/lib/postgresql` has no `initdb`");
            return None;
        };
        let data = tempfile::tempdir().expect("a directory");
        // It does not run as root: then as nobody.
        let user = (std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).ok()
            == Some(0))
        .then_some(65_534);
        if let Some(user) = user {
            std::os::unix::fs::chown(data.path(), Some(user), Some(user)).expect("an owner");
        }
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            if let Some(user) = user {
                command.uid(user).gid(user);
            }
            command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let place = data.path().join("data");
        let made = command("initdb").args(["-U", "postgres", "-A", "trust", "-N", "-D"]).arg(&place).status();
        assert!(made.expect("initdb starts").success());
        let port = free_port();
        let child = command("postgres")
            .arg("-D")
            .arg(&place)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F", "-k", ""])
            .spawn()
            .expect("postgres starts");
        let postgres = Postgres { process: Process(child), programs, _data: data, port };
        wait_for("postgres", port).await;
        let until = Instant::now() + Duration::from_secs(60);
        while postgres.ask("select 1") != "1" {
            assert!(Instant::now() < until, "postgres is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(postgres)
    }

    pub fn ask(&self, question: &str) -> String {
        let port = self.port.to_string();
        let answer = Command::new(self.programs.join("psql"))
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-Atc", question])
            .output()
            .expect("psql starts");
        String::from_utf8_lossy(&answer.stdout).trim().to_string()
    }

    pub fn psql(&self) -> PathBuf {
        self.programs.join("psql")
    }
}

/// An AWS in memory, with signatures and policies enforced.
pub struct Aws {
    _process: Process,
    pub endpoint: Url,
}

impl Aws {
    /// Starts it, and makes roles and secrets by AWS's own client library: `aws_setup.py`.
    pub async fn start() -> Option<Aws> {
        let (Some(ministack), Some(python)) = (program("ministack"), program("python")) else {
            skip("AWS", "`ministack` is not here");
            return None;
        };
        let port = free_port();
        let child = Command::new(ministack)
            .envs([("AUTH", "true"), ("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0")])
            .env("GATEWAY_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ministack starts");
        let endpoint = format!("http://127.0.0.1:{port}");
        let aws = Aws { _process: Process(child), endpoint: Url::parse(&endpoint).expect("a URL") };
        wait_for("ministack", port).await;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/places/aws_setup.py");
        let made = Command::new(python).arg(script).arg(&endpoint).output().expect("python starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(aws)
    }
}
