//! A server process under test, and the command line beside it.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// LIMIT: a server that has not listened by then does not start. A debug build that reads a large ledger needs seconds.
const START_MAX: Duration = Duration::from_secs(60);
/// LIMIT: a server asked to end has to be gone by then.
const STOP_MAX: Duration = Duration::from_secs(20);

/// How to start a server: the program, its arguments after the address, and where its output goes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The binary.
    pub binary: PathBuf,
    /// `--data DIR` or `--ephemeral`, and what else.
    pub arguments: Vec<String>,
    /// What is added to the environment.
    pub environment: Vec<(String, String)>,
    /// stdout and stderr, appended.
    pub log: PathBuf,
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    plan: Plan,
}

impl Plan {
    /// `bussola serve --data DIR`, logging beside the data.
    #[must_use]
    pub fn durable(binary: &Path, data: &Path) -> Self {
        Self {
            binary: binary.to_owned(),
            arguments: vec!["--data".to_owned(), data.display().to_string()],
            environment: Vec::new(),
            log: data.with_extension("log"),
        }
    }

    /// Starts it on a free port, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(&self) -> Running {
        self.start_at(free_address())
    }

    /// Starts it on an address that was free before (a restart).
    ///
    /// # Panics
    /// When it does not listen in time; the message holds the end of its log.
    #[must_use]
    pub fn start_at(&self, address: SocketAddr) -> Running {
        let mut running = self.launch(address);
        let begin = Instant::now();
        loop {
            let connected = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            // While nobody listens on a port, a connection to it may come from that very port, and so meet itself.
            let is_other = |stream: &TcpStream| stream.local_addr().ok() != stream.peer_addr().ok();
            if connected.is_ok_and(|stream| is_other(&stream)) {
                return running;
            }
            let ended = running.child.try_wait().expect("a child can be asked");
            assert!(
                ended.is_none() && begin.elapsed() < START_MAX,
                "the server did not start ({ended:?}):\n{}",
                tail(&self.log)
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts it and does not wait.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn launch(&self, address: SocketAddr) -> Running {
        let log = File::options().create(true).append(true).open(&self.log).expect("the log can be written");
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--listen")
            .arg(address.to_string())
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("the binary can be run");
        Running { child, address, plan: self.clone() }
    }
}

impl Running {
    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone: then nothing more can be acknowledged.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits.
    ///
    /// # Panics
    /// When it does not end in time, or not with success.
    pub fn stop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                assert!(status.success(), "asked to end, the server ended with {status}:\n{}", tail(&self.plan.log));
                return;
            }
            assert!(begin.elapsed() < STOP_MAX, "asked to end, the server stays:\n{}", tail(&self.plan.log));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again where it was.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        *self = self.plan.clone().start_at(self.address);
    }

    /// The command line, speaking to this server.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn cli(&self, arguments: &[&str]) -> Output {
        run(&self.plan.binary, &format!("http://{}", self.address), arguments)
    }

    /// The end of its log.
    #[must_use]
    pub fn log(&self) -> String {
        tail(&self.plan.log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The command line, with `BUSSOLA_SERVER` set to `server`.
///
/// # Panics
/// When the program cannot be run.
#[must_use]
pub fn run(binary: &Path, server: &str, arguments: &[&str]) -> Output {
    Command::new(binary)
        .args(arguments)
        .env("BUSSOLA_SERVER", server)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the binary can be run")
}

/// The same in a folder.
///
/// # Panics
/// When the binary cannot be run at all.
pub fn run_in(folder: &Path, binary: &Path, server: &str, arguments: &[&str]) -> Output {
    Command::new(binary)
        .args(arguments)
        .current_dir(folder)
        .env("BUSSOLA_SERVER", server)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the binary can be run")
}

/// stdout of a command that must succeed.
///
/// # Panics
/// When it does not; the message holds what it said.
#[allow(clippy::must_use_candidate)] // often called for the assertion alone
pub fn succeeded(what: &str, output: &Output) -> String {
    assert!(
        output.status.success(),
        "{what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An address on the loopback where nobody listens.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("the loopback has a free port")
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_else(|e: io::Error| e.to_string().into_bytes());
    String::from_utf8_lossy(&text[text.len().saturating_sub(4000)..]).into_owned()
}
